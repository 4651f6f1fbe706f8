import Foundation
import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// A package with protos, and the generation of all its units.
struct Workspace {
  private let root: URL
  private let imports: [String]
  private let units: [Unit]
  /// Units of the packages whose protos are imported: their types exist, but are not generated here.
  private let importedUnits: [Unit]
  private let toolchain: Toolchain

  init(root: String, imports: [String]) throws {
    self.root = URL(filePath: root).standardizedFileURL
    self.imports = imports
    units = try Unit.all(root: self.root)
    importedUnits = try imports.flatMap {
      try Unit.all(root: URL(filePath: $0).standardizedFileURL.deletingLastPathComponent())
    }
    toolchain = try Toolchain()
  }

  /// Replaces the `Generated/` folders.
  func generate(only names: [String]) throws {
    for name in names where !units.contains(where: { $0.name == name }) {
      throw GenerationError(
        "there is no unit \(name); there are \(units.map(\.name).joined(separator: ", "))")
    }
    try inTemporaryFolder { folder in
      let written = try write(to: folder, only: names)
      for unit in written {
        try replace(
          root.appending(path: unit.generatedFolder), with: folder.appending(path: unit.generatedFolder))
        print("\(unit.generatedFolder): \(unit.files.count) protos")
      }
    }
  }

  /// One line for each generated file that is missing, left over or different.
  func differences() throws -> [String] {
    var lines: [String] = []
    try inTemporaryFolder { folder in
      for unit in try write(to: folder, only: []) {
        let fresh = try contents(of: folder.appending(path: unit.generatedFolder))
        let there = try contents(of: root.appending(path: unit.generatedFolder))
        for path in Set(fresh.keys).union(there.keys).sorted() where fresh[path] != there[path] {
          let problem = there[path] == nil ? "missing" : fresh[path] == nil ? "left over" : "different"
          lines.append("\(unit.generatedFolder)/\(path): \(problem)")
        }
      }
    }
    return lines
  }

  /// Writes the units below a folder, as they would lie below the package's.
  private func write(to folder: URL, only names: [String]) throws -> [Unit] {
    let chosen = names.isEmpty ? units : units.filter { names.contains($0.name) }
    var swiftFiles: [URL] = []
    // Test protos may have any names, so that each unit with a folder of its own is compiled for itself.
    for (protoFolder, _) in Dictionary(grouping: units, by: \.protoFolder).sorted(by: { $0.key < $1.key }) {
      let together = units.filter { $0.protoFolder == protoFolder && !$0.allFiles.isEmpty }
      let folders = ([protoFolder] + (protoFolder == "Proto" ? [] : ["Proto"])).map {
        root.appending(path: $0).path
      }
      let set =
        together.isEmpty
        ? Data() : try toolchain.describe(together.flatMap(\.allFiles), folders: folders + imports)
      let library = try Library(encoded: set, units: units + importedUnits)
      if !together.isEmpty { try Rules(library).check(together) }
      for unit in units
      where unit.protoFolder == protoFolder && chosen.contains(where: { $0.name == unit.name }) {
        let output = folder.appending(path: unit.generatedFolder)
        swiftFiles += try UnitWriter(unit, library, toolchain).write(to: output)
      }
    }
    try Toolchain.format(swiftFiles, configuration: root.appending(path: ".swift-format"))
    return chosen
  }

  private func replace(_ folder: URL, with fresh: URL) throws {
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(
      at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: fresh, to: folder)
  }

  private func contents(of folder: URL) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for case let path as String in FileManager.default.enumerator(atPath: folder.path) ?? .init() {
      var isFolder: ObjCBool = false
      let file = folder.appending(path: path)
      if FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder), !isFolder.boolValue {
        contents[path] = try Data(contentsOf: file)
      }
    }
    return contents
  }

  private func inTemporaryFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "protogen-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }
}
