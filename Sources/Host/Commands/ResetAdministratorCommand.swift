import ArgumentParser
import ModuleKit

/// `yizhand reset-administrator`: a new administrator's token for an operator who has none left.
struct ResetAdministratorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset-administrator",
    abstract: "Makes another administrator's token in the data directory of a host that is not running.",
    discussion: """
      For when every administrator's token is lost. Whoever can write to the data directory and has the host's key \
      can do this, with the configuration that 'serve' has. Tokens made before stay valid; revoke them with \
      'yizhan access revoke-token'.
      """)

  @Option(
    name: .customLong("token-file"),
    help: "Writes the token to this file, readable by its owner only, instead of printing it.")
  var tokenFile: String?

  @OptionGroup var options: ConfigurationOptions

  func run() async throws {
    if let tokenFile { try TokenFile.check(tokenFile) }
    let database = try await options.openUnlockedDatabase()
    defer { database.close() }
    let call = CallContext.host("reset", in: AccessModule.scope)
    let token = try await database.writer.perform(call: call) { try FirstToken.make($0) }
    if let tokenFile {
      try TokenFile.write(token, to: tokenFile)
      print("A new administrator's token is in \(tokenFile).")
    } else {
      print(token)
    }
  }
}
