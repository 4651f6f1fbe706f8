import Foundation

/// The files of a new module.
struct Scaffold {
  private let root: URL
  private let module: String
  private let templates: ScaffoldTemplates

  /// - Throws: `GenerationError` when a name is not one or the module exists.
  init(module: String, resource: String, root: URL) throws {
    guard module.wholeMatch(of: /[A-Z][A-Za-z0-9]{1,30}/) != nil else {
      throw GenerationError(
        "\(module) is not a module's name: 2 to 31 letters and digits, the first a capital letter")
    }
    guard resource.wholeMatch(of: /[A-Z][A-Za-z0-9]{1,30}/) != nil else {
      throw GenerationError(
        "\(resource) is not a resource's name: 2 to 31 letters and digits, the first a capital letter")
    }
    if Names.reservedModules.contains(module.lowercased()) {
      throw GenerationError(
        "a module cannot be called \(module): the host or a library has that name; choose another")
    }
    if Names.reservedTypes.contains(resource) || Names.scaffoldTypes.contains(resource) || resource == module
    {
      throw GenerationError(
        "a resource cannot be called \(resource): code that a module uses has that name; choose another")
    }
    self.root = root
    self.module = module
    templates = ScaffoldTemplates(module: module, resource: resource)
    for path in ["Plugins/\(module)", "Sources/\(module)", "Proto/yizhan/\(module.lowercased())"]
    where FileManager.default.fileExists(atPath: root.appending(path: path).path) {
      throw GenerationError("\(path) exists already")
    }
  }

  /// Writes the files and enters the module where modules are listed.
  /// - Returns: what was written or changed.
  func write() throws -> [String] {
    // All lists are looked at before anything is written, so that a failure leaves nothing behind.
    let changes = [
      try change("Package.swift", templates.enteredInManifest),
      try change("Sources/yizhand/Modules.swift", templates.enteredInModules),
      try change("README.md", templates.enteredInMap),
    ].compactMap { $0 }
    var made: [String] = []
    for (path, text) in templates.files {
      let file = root.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
      made.append(path)
    }
    try Toolchain.format(
      made.filter { $0.hasSuffix(".swift") }.map { root.appending(path: $0) },
      configuration: root.appending(path: ".swift-format"))
    for (path, text) in changes {
      try text.write(to: root.appending(path: path), atomically: true, encoding: .utf8)
      made.append(path)
    }
    return made
  }

  /// A changed list; nil where the package has no such file, as an integrator's has not.
  private func change(_ path: String, _ edit: (String) -> String?) throws -> (String, String)? {
    guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else { return nil }
    // An integrator's manifest lists its targets one by one.
    if path == "Package.swift", !text.contains("let modules = [") { return nil }
    guard let changed = edit(text) else {
      throw GenerationError("\(path) does not list modules as expected; enter \(module) by hand")
    }
    return (path, changed)
  }
}
