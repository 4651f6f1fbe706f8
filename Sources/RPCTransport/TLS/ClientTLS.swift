public import NIOCore
import NIOSSL
import RPC
import X509

/// The TLS of a client.
///
///     var configuration = GRPCClientConfiguration(host: "yizhan.example", port: 7040)
///     configuration.use(try ClientTLS(ClientTLSConfiguration(authorityFile: "ca.pem")))
public final class ClientTLS: Sendable {
  private let context: NIOSSLContext
  private let check: ServerCertificateCheck

  /// Reads the files.
  /// - Throws: `TLSError`.
  public init(_ configuration: ClientTLSConfiguration) throws(TLSError) {
    var tls = TLSConfiguration.makeClientConfiguration()
    // The name is compared by the check below too, which can say what is wrong with it.
    tls.certificateVerification = .fullVerification
    if let path = configuration.authorityFile {
      let authorities = try TLSFile.certificates(path)
      tls.trustRoots = .certificates(authorities.map(\.0))
      check = ServerCertificateCheck(
        authorities: CertificateStore(authorities.map(\.1)), place: path)
    } else {
      check = ServerCertificateCheck(
        authorities: .systemTrustRoots, place: "what this machine trusts (the package ca-certificates)")
    }
    if let path = configuration.certificateFile {
      tls.certificateChain = try TLSFile.certificates(path).map { .certificate($0.0) }
      let keyPath = configuration.keyFile ?? path
      tls.privateKey = .privateKey(try TLSFile.key(keyPath))
    }
    context = try TLSContext.make(
      tls, certificatePath: configuration.certificateFile ?? "no file",
      keyPath: configuration.keyFile ?? configuration.certificateFile ?? "no file")
  }

  /// Puts TLS in front of HTTP/2 on a new connection's pipeline.
  /// - Parameters:
  ///   - host: the name or the IP address that the server's certificate has to be for.
  ///   - timeout: for the handshake.
  public func prepare(_ channel: any Channel, host: String, timeout: Duration) throws {
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    let outcome = ServerCheckOutcome()
    let check = check
    let handler = try NIOSSLClientHandler(
      context: context, serverHostname: isAddress ? nil : host,
      customVerificationCallback: { certificates, promise in
        Task {
          do throws(Status) {
            try await check.verify(certificates, host: host, isAddress: isAddress)
            promise.succeed(.certificateVerified)
          } catch {
            outcome.refuse(error)
            promise.succeed(.failed)
          }
        }
      })
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(handler)
    try pipeline.addHandler(ClientTLSGate(outcome, timeout: timeout))
  }
}

extension GRPCClientConfiguration {
  /// Connects with TLS.
  public mutating func use(_ tls: ClientTLS) {
    scheme = "https"
    let (host, timeout) = (host, connectTimeout)
    preparePipeline = { try tls.prepare($0, host: host, timeout: timeout) }
  }
}
