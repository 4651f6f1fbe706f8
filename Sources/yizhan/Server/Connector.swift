import RPC
import RPCTransport

/// How the program reaches a server: gRPC over HTTP/2.
enum Connector {
  static let connect: Session.Connector = { endpoint in
    GRPCClient(GRPCClientConfiguration(host: endpoint.host, port: endpoint.port))
  }
}
