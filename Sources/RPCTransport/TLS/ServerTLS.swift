public import NIOCore
import NIOSSL
import Synchronization

/// The TLS of a server: certificate, key, and which client certificates are accepted. It can be reloaded while
/// connections come and go; those that are open keep what they were made with.
///
///     let tls = try ServerTLS(ServerTLSConfiguration(certificateFile: "server.pem", keyFile: "server.key"))
///     configuration.preparePipeline = { try tls.prepare($0) }
public final class ServerTLS: Sendable {
  /// The files that it is made of.
  public let configuration: ServerTLSConfiguration
  private let material: Mutex<ServerTLSMaterial>
  private let observe: @Sendable (ServerTLSEvent) -> Void

  /// Reads and checks the files.
  /// - Parameter observe: is told of handshakes, on the connections' loops; it must be quick.
  /// - Throws: `TLSError` for files that are missing, damaged, out of date or do not fit together.
  public init(
    _ configuration: ServerTLSConfiguration, observe: @escaping @Sendable (ServerTLSEvent) -> Void = { _ in }
  ) throws(TLSError) {
    precondition(
      configuration.clientCertificates == .off || configuration.clientAuthorityFile != nil,
      "client certificates need an authority file")
    self.configuration = configuration
    self.observe = observe
    material = Mutex(try ServerTLSMaterial(configuration))
  }

  /// What tells whether one of the files has changed, without reading it.
  public var fileVersions: [TLSFileVersion?] { configuration.files.map { TLSFileVersion($0) } }

  /// The same of what is in use.
  public var loadedFileVersions: [TLSFileVersion?] { current.versions }

  /// What is in use.
  public var status: ServerTLSStatus { current.status }

  var current: ServerTLSMaterial { material.withLock { $0 } }

  /// Reads the files again. New connections use what is in them; nothing changes if that is not in order.
  /// - Returns: what is in use from now on.
  /// - Throws: `TLSError`.
  @discardableResult
  public func reload() throws(TLSError) -> ServerTLSStatus {
    let new = try ServerTLSMaterial(configuration)
    material.withLock { $0 = new }
    return new.status
  }

  /// Puts TLS in front of HTTP/2 on a new connection's pipeline.
  public func prepare(_ channel: any Channel) throws {
    let material = current
    let outcome = HandshakeOutcome()
    let handler: NIOSSLServerHandler
    if let check = material.check {
      handler = NIOSSLServerHandler(context: material.context) { certificates, promise in
        // Building paths and checking signatures takes longer than a loop should be kept from its other calls.
        Task {
          do throws(PeerRefusal) {
            outcome.accept(try await check.verify(certificates))
            promise.succeed(.certificateVerified)
          } catch {
            outcome.refuse(error.description)
            promise.succeed(.failed)
          }
        }
      }
    } else {
      handler = NIOSSLServerHandler(context: material.context)
    }
    let pipeline = channel.pipeline.syncOperations
    let front = PlainTextRefusal(outcome)
    try pipeline.addHandler(front)
    try pipeline.addHandler(handler)
    try pipeline.addHandler(
      ServerTLSGate(
        front, handler, outcome, material,
        isCertificateRequired: configuration.clientCertificates == .required,
        observe))
  }

  /// Why a client that was accepted before no longer is; nil while it is.
  func refusal(of peer: VerifiedPeer) -> String? {
    guard let check = current.check else { return nil }
    do throws(PeerRefusal) {
      try check.recheck(peer)
      return nil
    } catch {
      return error.description
    }
  }
}

/// What the check of a client's certificate has brought, handed from its task to the connection's loop.
final class HandshakeOutcome: Sendable {
  private let state = Mutex<(peer: VerifiedPeer?, refusal: String?)>((nil, nil))

  func accept(_ peer: VerifiedPeer) { state.withLock { $0.peer = peer } }
  func refuse(_ reason: String) { state.withLock { $0.refusal = reason } }
  var peer: VerifiedPeer? { state.withLock { $0.peer } }
  var refusal: String? { state.withLock { $0.refusal } }
}
