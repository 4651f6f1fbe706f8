import ArgumentParser
import Logging
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
    let configuration = try HostConfiguration(try options.resolve())
    let logger = Logger(label: "yizhan") { _ in LineLogHandler(level: configuration.logLevel) }
    let assembly = try ModuleAssembly([AccessModule()] + YizhanHost.modules.map { $0.init() })
    let storage = try HostCore.open(assembly, configuration, logger, .system)
    storage.database.close()
    for schema in assembly.schemas {
      print("module \(schema.name): schema \(schema.migrations.last?.number ?? 0)")
    }
  }
}
