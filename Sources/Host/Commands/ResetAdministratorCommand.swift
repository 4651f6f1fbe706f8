import ArgumentParser
import Logging
import ModuleKit

/// `yizhand reset-administrator`: a new administrator's token for an operator who has none left.
struct ResetAdministratorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset-administrator",
    abstract: "Makes another administrator's token in the data directory of a host that is not running.",
    discussion: """
      For when every administrator's token is lost. Whoever can write to the data directory can do this. Tokens \
      made before stay valid; revoke them with 'yizhan access revoke-token'.
      """)

  @Option(
    name: .customLong("token-file"),
    help: "Writes the token to this file, readable by its owner only, instead of printing it.")
  var tokenFile: String?

  @OptionGroup var options: ConfigurationOptions

  func run() async throws {
    let configuration = try HostConfiguration(try options.resolve())
    let logger = Logger(label: "yizhan") { _ in LineLogHandler(level: configuration.logLevel) }
    let assembly = try ModuleAssembly([AccessModule()] + YizhanHost.modules.map { $0.init() })
    let storage = try HostCore.open(assembly, configuration, logger, .system)
    defer { storage.database.close() }
    let call = CallContext(
      module: ModuleScope(name: AccessModule.name), caller: .system, requestID: "reset", method: "reset")
    let token = try await storage.database.writer.perform(call: call) { try FirstToken.make($0) }
    if let tokenFile {
      try TokenFile.write(token, to: tokenFile)
      print("A new administrator's token is in \(tokenFile).")
    } else {
      print(token)
    }
  }
}
