import RPC
import Wire

/// The program: reads the command line, finds the command, runs it, reports what went wrong.
struct Program: Sendable {
  let console: any Console
  let environment: Environment
  let connect: Session.Connector

  /// Runs one command line.
  /// - Parameter arguments: the words behind the program's name.
  func run(_ arguments: [String]) async -> ExitCode {
    if arguments.first == CompletionEngine.command {
      await CompletionEngine(console: console, environment: environment, connect: connect)
        .run(Array(arguments.dropFirst()))
      console.flush()
      return .ok
    }
    var failure = Failure(prefersChinese: environment.prefersChinese)
    let code: ExitCode
    do {
      code = try await dispatch(arguments, &failure)
    } catch {
      console.flush()
      // A cancelled call may end with a status of its own; what the user did is what counts.
      let error = Task.isCancelled ? CancellationError() : error
      code = ErrorReport(console: console, prefersChinese: failure.prefersChinese)
        .report(error, server: failure.server, hasToken: failure.hasToken, command: failure.command)
    }
    console.flush()
    return code
  }

  /// What an error's report needs to know of the command that failed.
  struct Failure {
    var prefersChinese: Bool
    var server: Endpoint?
    var hasToken = false
    var command: CallCommand?
  }

  private func dispatch(_ arguments: [String], _ failure: inout Failure) async throws -> ExitCode {
    var reader = ArgumentReader(arguments)
    var parsed = ParsedArguments()
    let version = OptionSpec(name: "version", about: "Show the version.")
    let word = try reader.nextWord(GlobalOptions.specs + [version], into: &parsed, command: "yizhan")
    guard let word else {
      if parsed.has("version") {
        console.line("yizhan \(Version.text)")
        return .ok
      }
      let session = try session(parsed)
      guard parsed.has("help") || arguments.isEmpty else {
        throw UsageError("which command?", hint: "see: yizhan help")
      }
      console.write(StaticHelp.overview(session))
      return .ok
    }
    if let command = StaticCommand.all.first(where: { $0.name == word }) {
      return try await run(command, &reader, &parsed, &failure)
    }
    return try await call(module: word, &reader, &parsed, &failure)
  }

  private func run(
    _ command: StaticCommand, _ reader: inout ArgumentReader, _ parsed: inout ParsedArguments,
    _ failure: inout Failure
  ) async throws -> ExitCode {
    try reader.finish(command.allSpecs, into: &parsed, command: "yizhan \(command.path)")
    let session = try session(parsed)
    if let (destination, token) = try? session.target() {
      failure.server = destination.endpoint
      failure.hasToken = token != nil
    }
    if parsed.has("help") {
      console.write(StaticHelp.page(command, session))
      return .ok
    }
    try Self.check(parsed.words, command)
    return try await command.run(session, parsed, self)
  }

  private static func check(_ words: [String], _ command: StaticCommand) throws {
    guard words.count <= command.words.count else {
      throw UsageError(
        "\"\(words[command.words.count])\" is one word too many", hint: "see: yizhan \(command.path) --help")
    }
  }

  private func session(_ parsed: ParsedArguments) throws -> Session {
    let options = try GlobalOptions(parsed, environment: environment, console: console)
    try LocalTime.setZone(options.timeZone)
    return Session(console: console, environment: environment, options: options, connect: connect)
  }

  // MARK: Commands from the server's schema

  private func call(
    module name: String, _ reader: inout ArgumentReader, _ parsed: inout ParsedArguments,
    _ failure: inout Failure
  ) async throws -> ExitCode {
    let commandName = try reader.nextWord(GlobalOptions.specs, into: &parsed, command: "yizhan \(name)")
    if let commandName, let command = StaticCommand.inModule(name, commandName) {
      return try await run(command, &reader, &parsed, &failure)
    }
    let session = try session(try peek(reader, parsed))
    let (destination, token) = try session.target()
    failure.server = destination.endpoint
    failure.hasToken = token != nil
    let server = try await session.server()
    let catalogue = Catalogue(try await ReflectionClient(server).schema())
    guard let module = catalogue.module(name) else { throw Self.unknown(name, catalogue) }
    guard let commandName else {
      console.write(ModuleHelp.page(module, session))
      return .ok
    }
    guard let command = module.command(commandName) else {
      let names =
        module.commands.map(\.name) + StaticCommand.inModules.filter { $0.module == name }.map(\.name)
      throw UsageError(
        "\(module.name) has no command \"\(commandName)\"",
        hint: Suggestions.nearest(to: commandName, among: names).map {
          "did you mean: yizhan \(module.name) \($0)"
        }
          ?? "see: yizhan \(module.name) --help")
    }
    failure.command = command
    let layout = CommandLayout(command, module: module, schema: catalogue.schema)
    try reader.finish(layout.specs, into: &parsed, command: layout.title)
    if parsed.has("help") {
      console.write(CallHelp.page(layout, session))
      return .ok
    }
    try layout.settleWords(&parsed)
    if let bulk = layout.bulk {
      return try await ImportCommand(session: session, server: server, layout: layout, bulk: bulk).run(parsed)
    }
    let asking = server.asking(for: parsed.value("unmask-for"))
    return try await CallRunner(session: session, server: asking, layout: layout).run(parsed)
  }

  /// The program's own options wherever they stand: the server must be known before the rest can be
  /// understood.
  private func peek(_ reader: ArgumentReader, _ parsed: ParsedArguments) throws -> ParsedArguments {
    var reader = reader
    var parsed = parsed
    reader.collect(GlobalOptions.specs, into: &parsed)
    return parsed
  }

  static func unknown(_ name: String, _ catalogue: Catalogue) -> UsageError {
    let names = StaticCommand.all.map(\.name) + catalogue.modules.map(\.name)
    return UsageError(
      "there is no command or module \"\(name)\"",
      hint: Suggestions.nearest(to: name, among: names).map { "did you mean: yizhan \($0)" }
        ?? "see: yizhan help, yizhan modules")
  }
}
