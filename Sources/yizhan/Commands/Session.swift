import RPC
import Wire

/// What a command works with: its console, its options, and the way to a server.
struct Session: Sendable {
  /// Opens a channel to a host.
  typealias Connector = @Sendable (Destination) async throws -> any ClientChannel

  let console: any Console
  let environment: Environment
  let options: GlobalOptions
  let connect: Connector

  /// The server, the token and the files of TLS that options, environment and profile name, in this order.
  /// - Throws: `UsageError` for an address that is none, a profile that does not exist, or files of TLS for a server
  ///   without.
  func target() throws -> (destination: Destination, token: String?) {
    var profile: Profile?
    if let store = try? ProfileStore(environment) {
      let profiles = try store.all()
      profile = profiles[options.profile ?? ProfileStore.defaultName]
      if profile == nil, let name = options.profile {
        throw UsageError(
          "there is no profile \"\(name)\"",
          hint: profiles.isEmpty
            ? "make one: yizhan login --profile \(name)"
            : "profiles: \(profiles.keys.sorted().joined(separator: ", "))")
      }
    }
    let endpoint = try (options.server ?? profile?.server).map { try Endpoint($0) } ?? .local
    // A profile's token belongs to its server: another server must not see it.
    if let known = profile, try Endpoint(known.server) != endpoint { profile = nil }
    let files = try options.tls.files(for: endpoint, known: profile?.tls)
    return (Destination(endpoint: endpoint, files: files), options.token ?? profile?.token)
  }

  /// Opens a channel to the server.
  /// - Throws: `UsageError`, `Status`.
  func server() async throws -> Server {
    let (destination, token) = try target()
    if let token, !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
      throw UsageError("the token has characters that no token has", hint: "copy it again: yizhan login")
    }
    return Server(
      endpoint: destination.endpoint, channel: try await connect(destination), token: token,
      timeout: options.timeout)
  }
}
