import RPC
import Wire

/// Keeps and forgets profiles.
struct LoginCommand {
  private static let tokenLimitBytes = 4096

  static let specs: [OptionSpec] = [
    OptionSpec(
      name: "token", placeholder: "TOKEN",
      about: "The bearer token to keep. Default: it is asked for, or read from standard input; never that of "
        + "YIZHAN_TOKEN, which is for single commands. Other users of this machine can see it on the command "
        + "line.")
  ]

  let session: Session

  private var name: String { session.options.profile ?? ProfileStore.defaultName }
  private var console: any Console { session.console }

  /// Tries a token and keeps it.
  /// - Throws: `UsageError`; `Status` if the server refuses the token or cannot be reached.
  func login() async throws -> ExitCode {
    guard ProfileStore.isValidName(name) else {
      throw UsageError(
        "\"\(name)\" is not a name for a profile", hint: "use letters, digits, \"-\", \"_\" and \".\"")
    }
    let store = try ProfileStore(session.environment)
    let known = try store.all()[name]
    let endpoint = try (session.options.server ?? known?.server).map { try Endpoint($0) } ?? .local
    let kept = try known.flatMap { try Endpoint($0.server) == endpoint ? $0.tls : nil }
    let files = try session.options.tls.files(for: endpoint, known: kept).absolute
    let token = try self.token(for: endpoint)
    guard !token.isEmpty else {
      throw UsageError("no token was given", hint: "type it, pipe it in, or give --token TOKEN")
    }
    guard token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw UsageError("the token has characters that no token has", hint: "copy it again")
    }
    let server = Server(
      endpoint: endpoint, channel: try await session.connect(Destination(endpoint: endpoint, files: files)),
      token: token,
      timeout: session.options.timeout)
    let caller = try await identity(server)
    try store.set(name, Profile(server: endpoint.description, token: token, tls: files))
    let who = caller.map { " as \($0)" } ?? ""
    console.errorLine(
      "logged in at \(endpoint)\(DisplayWidth.safe(who)); kept as profile \"\(name)\" in \(store.path)")
    return .ok
  }

  private func token(for endpoint: Endpoint) throws -> String {
    // The environment's token is for single commands; logging in is asked for a new one unless it is given.
    if let token = session.options.givenToken { return token.trimmed }
    if console.isInputTerminal {
      return (console.ask("Token for \(endpoint): ", isSecret: true) ?? "").trimmed
    }
    return String(decoding: try console.readInput(limitBytes: Self.tokenLimitBytes), as: UTF8.self).trimmed
  }

  /// Who the token acts for, if the server says it; a token that the server refuses throws.
  ///
  /// Any method will do that takes nothing and answers with an identity: `GetCaller`.
  private func identity(_ server: Server) async throws -> String? {
    let schema = try await ReflectionClient(server).schema()
    for service in schema.services {
      for method in service.methods where method.name == "GetCaller" {
        let request = DynamicMessage(schema.messages[method.inputIndex], in: schema)
        let reply = try await server.call(method.path, request.encoded())
        let caller = try DynamicMessage(
          decoding: reply.message, as: schema.messages[method.outputIndex], in: schema)
        if case .string(let name)? = caller["principal_name"] { return name }
        return nil
      }
    }
    return nil
  }

  /// Forgets a profile.
  /// - Throws: `UsageError` if there is none of that name.
  func logout() throws -> ExitCode {
    let store = try ProfileStore(session.environment)
    guard try store.all()[name] != nil else { throw UsageError("there is no profile \"\(name)\"") }
    try store.set(name, nil)
    console.errorLine("the profile \"\(name)\" is forgotten")
    return .ok
  }
}
