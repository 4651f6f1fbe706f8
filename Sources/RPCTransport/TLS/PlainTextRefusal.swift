import NIOCore

/// Tells a client that speaks HTTP without TLS on a TLS port what to do, in its own protocol.
///
/// It stands in front of TLS and looks at the first byte of a connection alone: a TLS record that begins a handshake
/// has 22 there, a method of HTTP a capital letter.
final class PlainTextRefusal: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case undecided
    case tls
    case refused
  }

  static let explanation = "this port speaks TLS only; use https://"
  /// For the client to read the answer before the connection is cut.
  private static let lingering = TimeAmount.seconds(1)

  private let outcome: HandshakeOutcome
  private var state = State.undecided

  /// Whether the client has sent anything: balancers and port scanners connect and leave.
  var hasBegun: Bool { state != .undecided }

  init(_ outcome: HandshakeOutcome) { self.outcome = outcome }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch state {
    case .tls: context.fireChannelRead(data)
    case .refused: break
    case .undecided:
      let bytes = unwrapInboundIn(data)
      guard let first = bytes.readableBytesView.first else { return }
      if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) {
        refuse(context, isHTTP2: bytes.readableBytesView.starts(with: "PRI".utf8))
      } else {
        state = .tls
        context.fireChannelRead(data)
      }
    }
  }

  private func refuse(_ context: ChannelHandlerContext, isHTTP2: Bool) {
    state = .refused
    outcome.refuse("it speaks HTTP without TLS")
    let answer = ByteBuffer(bytes: isHTTP2 ? Self.goAway : Self.badRequest)
    context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
    context.close(mode: .output, promise: nil)
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.lingering) { bound.value.close(promise: nil) }
  }

  /// Empty SETTINGS, then GOAWAY with INADEQUATE_SECURITY and the explanation.
  /// Source: RFC 9113, sections 4.1, 6.5, 6.8 and 7.
  static var goAway: [UInt8] {
    let text = Array(explanation.utf8)
    return [0, 0, 0, 4, 0, 0, 0, 0, 0] + [0, 0, UInt8(8 + text.count), 7, 0, 0, 0, 0, 0]
      + [0, 0, 0, 0, 0, 0, 0, 12] + text
  }

  static var badRequest: [UInt8] {
    Array(
      ("HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: \(explanation.utf8.count + 1)\r\n"
        + "connection: close\r\n\r\n\(explanation)\n").utf8)
  }
}
