import NIOCore
import NIOSSL
import NIOTLS
import RPC

/// Why a connection did not come about or was lost, as its calls shall end.
struct ConnectionFailure: Error {
  let status: Status
}

/// Stands between TLS and HTTP/2 on a client's connection: keeps HTTP/2 waiting until the server has proved who it
/// is, and says in words what goes wrong.
final class ClientTLSGate: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let outcome: ServerCheckOutcome
  private let timeout: Duration
  private var isOpen = false
  private var timer: Scheduled<Void>?

  init(_ outcome: ServerCheckOutcome, timeout: Duration) {
    self.outcome = outcome
    self.timeout = timeout
  }

  /// Not passed on: for HTTP/2 the connection begins when the handshake is through.
  func channelActive(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let delay = TimeAmount.nanoseconds(Int64(clamping: timeout.wholeNanoseconds))
    timer = context.eventLoop.scheduleTask(in: delay) {
      let (gate, context) = bound.value
      gate.fail(
        context, Status(tls: ClientTLSReason.failed, "the server did not answer the TLS handshake in time"))
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case TLSUserEvent.handshakeCompleted(let negotiated)? = event as? TLSUserEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    timer?.cancel()
    guard negotiated == ServerTLSGate.applicationProtocol else {
      return fail(
        context,
        Status(tls: ClientTLSReason.failed, "the server speaks TLS, but no HTTP/2 over it (ALPN \"h2\")"))
    }
    isOpen = true
    context.fireChannelActive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    timer?.cancel()
    context.fireErrorCaught(ConnectionFailure(status: outcome.refusal ?? Self.status(error, isOpen: isOpen)))
  }

  private func fail(_ context: ChannelHandlerContext, _ status: Status) {
    context.fireErrorCaught(ConnectionFailure(status: status))
    context.close(promise: nil)
  }

  private static func status(_ error: any Error, isOpen: Bool) -> Status {
    let text = "\(error)"
    for (code, reason, words) in known where text.contains(code) { return Status(tls: reason, words) }
    if isOpen { return Status(.unavailable, "the connection was lost: \(text.prefix(400))") }
    return Status(tls: ClientTLSReason.failed, "the TLS handshake failed: \(text.prefix(400))")
  }

  /// Names of BoringSSL's errors. The alerts come from the server; those about certificates are about ours.
  private static let known: [(code: String, reason: String, words: String)] = [
    ("WRONG_VERSION_NUMBER", ClientTLSReason.notSpoken, "the server does not speak TLS on this port"),
    (
      "ALERT_CERTIFICATE_REQUIRED", ClientTLSReason.clientCertificateRequired,
      "the server wants the client to show a certificate"
    ),
    (
      "ALERT_CERTIFICATE_", ClientTLSReason.clientCertificateRefused,
      "the server does not accept the client's certificate; its log says why"
    ),
    (
      "ALERT_BAD_CERTIFICATE", ClientTLSReason.clientCertificateRefused,
      "the server does not accept the client's certificate; its log says why"
    ),
    (
      "ALERT_UNKNOWN_CA", ClientTLSReason.clientCertificateRefused,
      "the server does not know the authority of the client's certificate"
    ),
    ("ALERT_PROTOCOL_VERSION", ClientTLSReason.failed, "the server speaks no TLS from 1.2 on"),
    (
      "EOF during handshake", ClientTLSReason.failed,
      "the server broke the TLS handshake off; its log says why"
    ),
  ]
}
