import RPC
import Wire

/// A command that is there whatever the server serves.
struct StaticCommand: Sendable {
  typealias Body = @Sendable (Session, ParsedArguments, Program) async throws -> ExitCode

  let name: String
  /// One line for the overview.
  let about: String
  /// What else its own help says.
  var details = ""
  /// What stands for its words in the help.
  var words: [String] = []
  var specs: [OptionSpec] = []
  let run: Body

  static let all: [StaticCommand] = [
    StaticCommand(
      name: "login", about: "Keep a server and a token, so that commands need neither.",
      details: """
        Asks for the token without showing it, or reads it from standard input where that is no terminal; \
        tries it; then keeps both in a file that only you can read. Administrators make tokens with \
        "yizhan access create-token"; the first one is printed when yizhand starts for the first time.
        """,
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
        session.console.line(ProgramVersion.line)
        return .ok
      }),
  ]
}
