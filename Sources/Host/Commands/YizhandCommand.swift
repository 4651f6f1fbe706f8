import ArgumentParser
import ModuleKit

/// `yizhand`: the host as a program.
struct YizhandCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "yizhand", abstract: "Runs a Yizhan host: domain modules over gRPC on one SQLite database.",
    discussion: """
      'yizhand serve --development' works at once: it serves 127.0.0.1:7040 with its data in ./yizhan-data and \
      prints an administrator's token when it starts for the first time. With real people's data, give it a key: \
      see 'yizhand make-key'.
      """,
    version: Version.text,
    subcommands: [
      ServeCommand.self, ConfigCommand.self, MigrateCommand.self, ResetAdministratorCommand.self,
      MakeKeyCommand.self, SystemdUnitCommand.self, VersionCommand.self,
    ])

  /// Parses the arguments and runs the command.
  /// - Returns: The program's exit status.
  static func run() async -> Int32 {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return 0
    } catch let error as StartError {
      return refuse(error)
    } catch let error as ConfigurationError {
      return refuse(.configuration(error))
    } catch let error as HostKeyError {
      return refuse(.hostKey(error))
    } catch {
      exit(withError: error)
    }
  }

  private static func refuse(_ error: StartError) -> Int32 {
    LineLogHandler.standardError("yizhand: \(error)\n")
    return error.exitCode
  }
}

/// The configuration that a command line, the environment and the file give.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .customLong("config"),
    help: "The configuration file, also as YIZHAN_CONFIG; unless given, yizhan.json in the data directory.")
  var configurationFile: String?

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp("Settings, as --KEY VALUE; 'yizhand config' prints every key.", valueName: "settings"))
  var settings: [String] = []

  /// Every key with its value and where it comes from.
  func resolve() throws -> ResolvedConfiguration {
    try ConfigurationLoader.load(
      arguments: settings, environment: ProcessEnvironment.variables,
      file: configurationFile ?? ProcessEnvironment.variables["YIZHAN_CONFIG"])
  }
}
