import ArgumentParser

/// Regenerates everything that is made from `Proto/`: C codecs, Swift types, service protocols, descriptors.
@main
struct ProtoGen: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ProtoGen",
    abstract: "Makes C codecs, Swift types, services and descriptors from Proto/.",
    subcommands: [Generate.self, Check.self, New.self],
    defaultSubcommand: Generate.self)
}

/// Where to read protos and where to write.
struct Layout: ParsableArguments {
  @Option(help: "The package's folder: it has Proto/ and, for each module, Plugins/<Name>/.")
  var root = "."

  @Option(
    name: .customLong("import"),
    help: "A folder with protos that are imported but not generated here: another package's Proto/.")
  var imports: [String] = []
}

/// Writes the generated files.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Regenerates everything (the default).")

  @OptionGroup var layout: Layout
  @Option(help: "Only these units: Wire, ModuleKit, Host or a module's name.")
  var only: [String] = []

  func run() throws {
    let workspace = try Workspace(root: layout.root, imports: layout.imports)
    try workspace.generate(only: only)
  }
}

/// Fails when what is committed is not what would be generated.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Regenerates into a temporary folder and fails when anything differs from what is there.")

  @OptionGroup var layout: Layout

  func run() throws {
    let workspace = try Workspace(root: layout.root, imports: layout.imports)
    let differences = try workspace.differences()
    if differences.isEmpty { return print("generated code is up to date") }
    for difference in differences { print(difference) }
    throw GenerationError("generated code is out of date: run `swift run ProtoGen` and commit the result")
  }
}

/// Why nothing was generated, in a sentence that says what to do.
struct GenerationError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
