import NIOCore
import NIOSSL
import NIOTLS

/// Stands between TLS and HTTP/2 on a server's connection: lets HTTP/2 begin only where it was agreed on, and says
/// whose connection it is.
final class ServerTLSGate: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// Source: RFC 9113, section 3.2.
  static let applicationProtocol = "h2"

  private enum State {
    case handshaking
    case open
    case refused
  }

  private let front: PlainTextRefusal
  private let tls: NIOSSLServerHandler
  private let outcome: HandshakeOutcome
  private let material: ServerTLSMaterial
  private let isCertificateRequired: Bool
  private let observe: @Sendable (ServerTLSEvent) -> Void
  private var state = State.handshaking

  init(
    _ front: PlainTextRefusal, _ tls: NIOSSLServerHandler, _ outcome: HandshakeOutcome,
    _ material: ServerTLSMaterial,
    isCertificateRequired: Bool, _ observe: @escaping @Sendable (ServerTLSEvent) -> Void
  ) {
    self.front = front
    self.tls = tls
    self.outcome = outcome
    self.material = material
    self.isCertificateRequired = isCertificateRequired
    self.observe = observe
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case TLSUserEvent.handshakeCompleted(let negotiated)? = event as? TLSUserEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    do throws(PeerRefusal) {
      guard negotiated == Self.applicationProtocol else {
        throw PeerRefusal("it does not offer HTTP/2 (ALPN \"h2\")")
      }
      let peer = try identify()
      state = .open
      observe(.connected(isIdentified: peer != nil))
      if let peer { context.fireUserInboundEventTriggered(peer) }
    } catch {
      refuse(context, error.description)
      context.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // What came behind a handshake that was refused is dropped.
    if case .open = state { context.fireChannelRead(data) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .handshaking = state, front.hasBegun {
      refuse(context, outcome.refusal ?? TLSFailure.text(error))
    }
    context.fireErrorCaught(error)
  }

  /// The client behind the connection; nil for one without a certificate.
  private func identify() throws(PeerRefusal) -> VerifiedPeer? {
    guard let check = material.check else { return nil }
    guard let certificate = tls.peerCertificate else {
      if isCertificateRequired { throw PeerRefusal("it presents no certificate") }
      return nil
    }
    if let peer = outcome.peer {
      material.resumable.remember(peer, for: certificate)
      return peer
    }
    // A session was resumed: TLS takes the certificate from it and asks nobody. What may have changed since is
    // looked at here.
    guard let peer = material.resumable.peer(for: certificate) else {
      throw PeerRefusal("it resumes a session that is no longer known; it has to connect anew")
    }
    try check.recheck(peer)
    return peer
  }

  private func refuse(_ context: ChannelHandlerContext, _ reason: String) {
    state = .refused
    observe(.refused(peer: context.remoteAddress?.hostAndPort ?? "unknown", reason: reason))
  }
}
