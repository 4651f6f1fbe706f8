import ModuleKit
import RPCTransport

@testable import Host

/// A connection to a host's socket, with a token.
struct TestChannel: ClientChannel {
  private let client: GRPCClient

  init(_ address: HostAndPort, token: String) {
    client = GRPCClient(GRPCClientConfiguration(host: address.host, port: address.port, token: token))
  }

  func unary(_ path: String, _ message: [UInt8], _ options: CallOptions) async throws -> ClientReply {
    try await client.unary(path, message, options)
  }

  func open(_ path: String, _ options: CallOptions) async throws -> any ClientStream {
    try await client.open(path, options)
  }

  func close() async { await client.close() }
}
