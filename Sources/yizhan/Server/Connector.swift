import RPC
import RPCTransport

/// How the program reaches a server: gRPC over HTTP/2, with TLS where the address says https.
enum Connector {
  static let connect: Session.Connector = { destination in
    let endpoint = destination.endpoint
    var configuration = GRPCClientConfiguration(host: endpoint.host, port: endpoint.port)
    if endpoint.isSecure {
      let files = destination.files
      do throws(TLSError) {
        configuration.use(
          try ClientTLS(
            ClientTLSConfiguration(
              authorityFile: files.authority, certificateFile: files.certificate, keyFile: files.key)))
      } catch {
        throw UsageError(error.description)
      }
    }
    return GRPCClient(configuration)
  }
}
