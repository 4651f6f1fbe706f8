import RPC
import Wire

/// A command that is there whatever the server serves.
struct StaticCommand: Sendable {
  typealias Body = @Sendable (Session, ParsedArguments, Program) async throws -> ExitCode

  /// The module of the server among whose commands it stands; nil for one that stands by itself.
  var module: String?
  let name: String
  /// One line for the overview.
  let about: String
  /// What else its own help says.
  var details = ""
  /// What stands for its words in the help.
  var words: [String] = []
  var specs: [OptionSpec] = []
  let run: Body

  /// Every option it takes: one of its own stands for that of every command which has the same name.
  var allSpecs: [OptionSpec] {
    specs.filter { own in !GlobalOptions.specs.contains { $0.name == own.name } }
      + GlobalOptions.specs.map { shared in specs.first { $0.name == shared.name } ?? shared }
  }

  /// What it is called by: "login", "audit verify".
  var path: String { module.map { "\($0) \(name)" } ?? name }

  /// Commands that stand among those of a module and are more than a call of it.
  static let inModules: [StaticCommand] = AuditCommands.all

  /// The command of a module that has this name.
  static func inModule(_ module: String, _ name: String) -> StaticCommand? {
    inModules.first { $0.module == module.lowercased() && $0.name == name.lowercased() }
  }

  static let all: [StaticCommand] = [
    StaticCommand(
      name: "login", about: "Keep a server and a token, so that commands need neither.",
      details: """
        Asks for the token without showing it, or reads it from standard input where that is no terminal; \
        tries it; then keeps both in a file that only you can read. Administrators make tokens with \
        "yizhan access create-token"; the first one is printed when yizhand starts for the first time.
        """,
      specs: LoginCommand.specs,
      run: { session, _, _ in try await LoginCommand(session: session).login() }),
    StaticCommand(
      name: "logout", about: "Forget a profile's server and token.",
      details: "The token itself stays valid; \"yizhan access revoke-token\" ends it.",
      run: { session, _, _ in try LoginCommand(session: session).logout() }),
    StaticCommand(
      name: "modules", about: "List what the server serves.",
      run: { session, _, _ in try await InspectCommands(session: session).modules() }),
    StaticCommand(
      name: "status", about: "Show whether the server is well.",
      details:
        "Asks the server's health service, which takes no token. Ends with 69 unless everything is serving.",
      run: { session, _, _ in try await InspectCommands(session: session).status() }),
    StaticCommand(
      name: "policy", about: "Show who may call what, and why somebody can or cannot.",
      details: """
        Without a word it lists every method with the roles that may call it and what they reach; administrators may \
        call every method. "yizhan policy explain --principal NAME --method METHOD" goes the way of a call step by \
        step: credential, role, scope, and with --target-area or --target-organisation whether a thing is reached.
        """,
      words: ["explain"], specs: PolicyCommand.specs,
      run: { session, parsed, _ in try await PolicyCommand(session: session).run(parsed) }),
    StaticCommand(
      name: "completions", about: "Print a completion script for a shell.",
      details: """
        bash: yizhan completions bash > ~/.local/share/bash-completion/completions/yizhan

        zsh: yizhan completions zsh > "${fpath[1]}/_yizhan"

        fish: yizhan completions fish > ~/.config/fish/completions/yizhan.fish
        """,
      words: ["bash|zsh|fish"],
      run: { session, parsed, _ in try CompletionScripts.print(parsed.words.first, session.console) }),
    StaticCommand(
      name: "help", about: "Show help: yizhan help [MODULE [COMMAND]], yizhan help exit-codes.",
      words: ["MODULE", "COMMAND"],
      run: { session, parsed, program in try await StaticHelp.help(parsed.words, session, program) }),
    StaticCommand(
      name: "version", about: "Show the program's version.",
      run: { session, _, _ in
        session.console.line("yizhan \(Version.text)")
        return .ok
      }),
  ]
}
