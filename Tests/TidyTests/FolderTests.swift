import Testing

/// Folders, module list, registry and protos have to agree.
@Suite struct FolderTests {
  let house = House()

  @Test func theTopLevelIsTheOneThatWasOrdered() throws {
    let expected: Set = [
      "Package.swift", "Sources", "Plugins", "Tests", "Proto", "README.md", "Package.resolved",
    ]
    // What following the README leaves there is in no commit.
    let left = Set(
      try house.text(".gitignore").split(separator: "\n").filter { $0.hasPrefix("/") }.map {
        String($0.drop { $0 == "/" }.prefix { $0 != "/" })
      })
    #expect(left.contains("yizhan-data"))
    for name in try house.names(in: "") where !expected.contains(name) && !left.contains(name) {
      Issue.record("\(name) stands at the top level; only \(expected.sorted()) may")
    }
  }

  @Test func modulesAreTheSameInManifestFoldersRegistryAndProtos() throws {
    let declared = try house.declaredModules()
    #expect(!declared.isEmpty)
    #expect(try house.folders(in: "Plugins") == declared.sorted(), "Plugins/ and `modules` in Package.swift")
    #expect(
      try house.registeredModules().sorted() == declared.sorted(),
      "Sources/yizhand/Modules.swift and `modules` in Package.swift")
    for module in declared {
      #expect(house.exists("Proto/yizhan/\(module.lowercased())/v1"), "\(module) has no Proto/yizhan folder")
      #expect(house.exists("Tests/\(module)Tests"), "\(module) has no tests")
    }
    let shared: Set = ["access", "audit", "bulk", "events", "limits", "privacy"]
    for folder in try house.folders(in: "Proto/yizhan") where !shared.contains(folder) {
      #expect(
        declared.contains { $0.lowercased() == folder }, "Proto/yizhan/\(folder) belongs to no module")
    }
  }

  @Test func everyModuleFolderLooksLikeEveryOther() throws {
    for module in try house.declaredModules() {
      for file in [
        "README.md", "\(module)Module.swift", "\(module)Error.swift", "Migrations.swift", "Generated",
      ] {
        #expect(house.exists("Plugins/\(module)/\(file)"), "Plugins/\(module) has no \(file)")
      }
      let readme = try house.text("Plugins/\(module)/README.md")
      let sections = readme.split(separator: "\n").filter { $0.hasPrefix("## ") }.map {
        String($0.dropFirst(3))
      }
      #expect(
        sections == [
          "What it owns", "Calls", "Tables", "Events", "Capabilities", "Timers", "Try it",
        ], "sections of Plugins/\(module)/README.md")
    }
  }

  @Test func aProtoStandsInTheFolderOfItsPackage() throws {
    for file in house.files(below: "Proto", ending: ".proto") {
      let package = try #require(
        try house.text(file).split(separator: "\n").first { $0.hasPrefix("package ") },
        "\(file) has no package")
      let folder = package.dropFirst("package ".count).dropLast().split(separator: ".").joined(separator: "/")
      #expect(file.hasPrefix("Proto/\(folder)/"), "\(file) says \(package)")
    }
  }

  @Test func theReadmeMapsEveryFolder() throws {
    let readme = try house.text("README.md")
    for parent in ["Sources", "Plugins"] {
      for folder in try house.folders(in: parent) {
        #expect(readme.contains("`\(parent)/\(folder)`"), "README.md does not map \(parent)/\(folder)")
      }
    }
  }
}
