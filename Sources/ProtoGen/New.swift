import ArgumentParser
import Foundation

/// Makes a module that builds, serves and is tested, to be changed into the one that is wanted.
struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Makes a new module: proto, Swift, tests, and its name in Package.swift, Modules.swift and README.md.",
    discussion: """
      Example: swift run ProtoGen new Lending --resource Bicycle
      makes Plugins/Lending, Proto/yizhan/lending/v1/bicycle.proto and Tests/LendingTests, with a table of bicycles \
      and calls that create, get and list them.
      """)

  @Argument(help: "The module's name, capitalised: Lending.")
  var name: String

  @Option(help: "What the module keeps, singular and capitalised: Bicycle.")
  var resource = "Entry"

  @OptionGroup var layout: Layout

  func run() throws {
    let scaffold = try Scaffold(module: name, resource: resource, root: URL(filePath: layout.root))
    let made = try scaffold.write()
    let workspace = try Workspace(root: layout.root, imports: layout.imports)
    try workspace.generate(only: [name])
    for path in made { print(path) }
    print(
      """

      Next: change the proto, run `swift run ProtoGen`, change the handler; then `swift test --filter \(name)Tests`.
      Say in the map of README.md what it is for.
      """)
  }
}
