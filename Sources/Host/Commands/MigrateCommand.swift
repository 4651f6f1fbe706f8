import ArgumentParser
import ModuleKit

/// `yizhand migrate`: brings the database's schema up to this program's, without serving.
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Brings the schema of the data directory up to this program's, and ends.",
    discussion: """
      'serve' does the same when it starts. Run it beforehand to see whether an upgrade's migrations pass: on a \
      copy of the data directory, because migrations are not undone.
      """)

  @OptionGroup var options: ConfigurationOptions

  func run() async throws {
    let (assembly, database) = try options.openDatabase()
    database.close()
    for schema in assembly.schemas {
      print("module \(schema.name): schema \(schema.migrations.last?.number ?? 0)")
    }
  }
}
