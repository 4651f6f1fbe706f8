import Foundation

/// A set of protos that is generated into one Swift target and its C target.
struct Unit {
  /// The Swift target: "Wire", "Wishes".
  let name: String
  /// The folder that holds `Generated/`, relative to the package's.
  let folder: String
  /// The protos to generate, by the path they are imported by.
  let files: [String]
  /// Protos that only go into the descriptors: another version of what `files` has.
  var describedFiles: [String] = []
  /// Whether the unit's services are generated; they need ModuleKit.
  var hasServices = true
  /// What the generated Swift imports publicly.
  var publicImports: [String] = ["ModuleKit"]
  /// The protos' own folders when they do not lie in `Proto/`, relative to the package's.
  var protoFolder = "Proto"

  /// The C target with the codecs.
  var codecTarget: String { "C\(name)Messages" }
  /// Where generated files go, relative to the package's folder.
  var generatedFolder: String { "\(folder)/Generated" }
  /// Everything that the descriptors hold, without what it imports.
  var allFiles: [String] { files + describedFiles }
}

extension Unit {
  /// The standard messages that Wire offers to everyone; protoc brings their protos along.
  static let wellKnownFiles = ["any", "duration", "empty", "field_mask", "timestamp", "wrappers"]
    .map { "google/protobuf/\($0).proto" }

  /// The units of a package, found by its folders.
  static func all(root: URL) throws -> [Unit] {
    var units: [Unit] = []
    let has = { (path: String) in FileManager.default.fileExists(atPath: root.appending(path: path).path) }
    if has("Sources/Wire") {
      let standard = protos(under: "google", root) + protos(under: "grpc", root)
      units.append(
        Unit(
          name: "Wire", folder: "Sources/Wire",
          files: wellKnownFiles + standard.filter { !$0.contains("/v1alpha/") },
          describedFiles: standard.filter { $0.contains("/v1alpha/") }, hasServices: false, publicImports: [])
      )
    }
    if has("Sources/ModuleKit") {
      units.append(
        Unit(
          name: "ModuleKit", folder: "Sources/ModuleKit",
          files: protos(under: "yizhan/bulk", root) + protos(under: "yizhan/events", root),
          hasServices: false,
          publicImports: ["Wire"]))
    }
    if has("Sources/Host") {
      units.append(
        Unit(
          name: "Host", folder: "Sources/Host",
          files: ["access", "privacy", "audit", "limits"].flatMap { protos(under: "yizhan/\($0)", root) }))
    }
    let plugins =
      (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Plugins").path)) ?? []
    for name in plugins.sorted() {
      let files = protos(under: "yizhan/\(name.lowercased())", root)
      if !files.isEmpty { units.append(Unit(name: name, folder: "Plugins/\(name)", files: files)) }
    }
    if has("Tests/WireTests/Protos") {
      units.append(
        Unit(
          name: "WireTest", folder: "Tests/WireTests",
          files: protos(under: "", root, folder: "Tests/WireTests/Protos"), hasServices: false,
          publicImports: ["Wire"], protoFolder: "Tests/WireTests/Protos"))
    }
    if units.isEmpty {
      throw GenerationError(
        "\(root.path) has neither Sources/Wire nor Plugins/<Name> with Proto/yizhan/<name>; name the package's "
          + "folder with --root")
    }
    return units
  }

  private static func protos(under path: String, _ root: URL, folder: String = "Proto") -> [String] {
    let base = root.appending(path: folder)
    let start = path.isEmpty ? base : base.appending(path: path)
    guard let found = FileManager.default.enumerator(atPath: start.path) else { return [] }
    return found.compactMap { $0 as? String }.filter { $0.hasSuffix(".proto") }
      .map { path.isEmpty ? $0 : "\(path)/\($0)" }.sorted()
  }
}
