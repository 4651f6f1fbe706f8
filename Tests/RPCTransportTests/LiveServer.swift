import RPC
import RPCTransport

/// A server with the echo handler on a port of its own, for the length of a test.
struct LiveServer {
  let server: GRPCServer
  let handler: EchoHandler
  let address: ListeningAddress

  /// Starts a server, runs the test, stops the server.
  static func run(
    _ configure: (inout GRPCServerConfiguration) -> Void = { _ in },
    _ body: (LiveServer) async throws -> Void
  ) async throws {
    var configuration = GRPCServerConfiguration()
    configure(&configuration)
    let handler = try EchoHandler()
    let server = GRPCServer(configuration, handler: handler)
    let address = try await server.start()
    do {
      try await body(LiveServer(server: server, handler: handler, address: address))
    } catch {
      await server.shutdown(grace: .zero)
      throw error
    }
    await server.shutdown(grace: .seconds(2))
  }

  /// Starts a server with a client, runs the test, closes both.
  static func withClient(
    server configure: (inout GRPCServerConfiguration) -> Void = { _ in },
    client configureClient: (inout GRPCClientConfiguration) -> Void = { _ in },
    _ body: (LiveServer, GRPCClient) async throws -> Void
  ) async throws {
    try await run(configure) { live in
      var configuration = GRPCClientConfiguration(host: live.address.host, port: live.address.port)
      configureClient(&configuration)
      let client = GRPCClient(configuration)
      do {
        try await body(live, client)
      } catch {
        await client.close()
        throw error
      }
      await client.close()
    }
  }
}

extension GRPCClient {
  func call(
    _ method: EchoHandler.Method, _ message: [UInt8] = [], _ options: CallOptions = CallOptions()
  ) async throws -> [UInt8] {
    try await unary(EchoHandler.path(method), message, options).message
  }

  func open(_ method: EchoHandler.Method, _ options: CallOptions = CallOptions()) async throws
    -> any ClientStream
  {
    try await open(EchoHandler.path(method), options)
  }
}

/// The status that an operation throws, or nil if it throws none.
func status(of body: () async throws -> Void) async throws -> Status? {
  do {
    try await body()
    return nil
  } catch let status as Status {
    return status
  }
}

/// Waits until a condition holds, up to twenty seconds.
func eventually(_ condition: () -> Bool) async throws -> Bool {
  for _ in 0..<2_000 {
    if condition() { return true }
    try await Task.sleep(for: .milliseconds(10))
  }
  return condition()
}
