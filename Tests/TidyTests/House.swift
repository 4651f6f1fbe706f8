import Foundation

/// The repository as a folder of files: what the tidy rules read.
struct House {
  /// The folder that holds Package.swift.
  let root: URL

  init() {
    root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  /// A text file's content, by its path from the root.
  func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
  }

  /// The names in a folder, without dot-files, sorted.
  func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
      .filter { !$0.hasPrefix(".") }.sorted()
  }

  func folders(in folder: String) throws -> [String] {
    try names(in: folder).filter { name in
      var isFolder: ObjCBool = false
      let path = root.appendingPathComponent(folder).appendingPathComponent(name).path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
  }

  /// All files below a folder whose name ends so, as paths from the root, without build folders.
  func files(below folder: String, ending suffix: String) -> [String] {
    let base = root.appendingPathComponent(folder)
    guard let walker = FileManager.default.enumerator(atPath: base.path) else { return [] }
    var found: [String] = []
    for case let path as String in walker where path.hasSuffix(suffix) {
      if path.split(separator: "/").contains(where: { $0.hasPrefix(".") }) { continue }
      found.append("\(folder)/\(path)")
    }
    return found.sorted()
  }

  /// The modules that a Swift file imports, wherever in it.
  func imports(of path: String) throws -> [String] {
    var names: [String] = []
    for line in try text(path).split(separator: "\n") {
      // An import stands at the beginning of its line; what is indented may be the text of a template.
      if line.first == " " { continue }
      let words = line.split(separator: " ").map(String.init)
      // Attributes and an access level may stand before it, nothing else.
      let levels: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
      guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
        words[..<position].allSatisfy({ $0.hasPrefix("@") || levels.contains($0) })
      else { continue }
      let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      let name = kinds.contains(words[position + 1]) ? words[position + 2] : words[position + 1]
      names.append(String(name.split(separator: ".")[0]))
    }
    return names
  }

  /// The modules of the registry, in its order.
  func registeredModules() throws -> [String] {
    try text("Sources/yizhand/Modules.swift").split(separator: "\n")
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.hasPrefix("//") && $0.hasSuffix("Module.self,") }
      .map { String($0.dropLast("Module.self,".count)) }
  }

  /// The `modules` array of Package.swift.
  func declaredModules() throws -> [String] {
    let manifest = try text("Package.swift")
    guard let start = manifest.range(of: "let modules = ["),
      let end = manifest.range(of: "]", range: start.upperBound..<manifest.endIndex)
    else { return [] }
    return manifest[start.upperBound..<end.lowerBound].split(separator: "\n")
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { $0.hasPrefix("\"") && $0.hasSuffix("\",") }
      .map { String($0.dropFirst().dropLast(2)) }
  }
}
