import HTTP2
import NIOCore

/// What client and server connections have in common: bytes between a NIO channel and an HTTP/2 session.
///
/// Confined to its event loop, which is what makes `@unchecked Sendable` safe: other threads reach it through
/// `eventLoop.execute` and `LoopInbox` alone. All that becomes ready while a batch of bytes is worked through, or
/// while the loop's inbox is, leaves in one write.
class HTTP2Connection: ChannelInboundHandler, HTTP2SessionDelegate, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Bytes collected before they are handed to NIO.
  private static let writeBytes = 256 << 10

  let eventLoop: any EventLoop
  private let role: HTTP2Session.Role
  private let limits: HTTP2Limits
  private let memory: HTTP2Memory?
  private(set) var context: ChannelHandlerContext?
  private(set) var session: HTTP2Session!
  private var outgoing = ByteBuffer()
  /// Whether the end of the current work will flush.
  final var isHoldingFlush = false
  private var isFlushScheduled = false
  private var isClosing = false
  /// When bytes last came, on NIO's clock.
  private(set) final var readAtNanoseconds: UInt64 = 0
  /// Changes whenever the peer reads on or stops; it standing still while `isBlocked` means a stalled peer.
  private(set) final var writeProgress: UInt64 = 0
  /// Why the connection was lost, for the calls on it.
  final var closeReason: String?

  /// - Parameter memory: the loop's, for all of its connections; nil for the system's allocator.
  init(
    _ eventLoop: any EventLoop, role: HTTP2Session.Role, limits: HTTP2Limits, memory: HTTP2Memory? = nil
  ) {
    self.eventLoop = eventLoop
    self.role = role
    self.limits = limits
    self.memory = memory
  }

  /// The connection is up and `session` can be used.
  func connected() {}
  /// The connection is gone; every stream has been reported closed.
  func disconnected() {}
  /// Does something on the connection's loop: at once if this is its thread.
  func onLoop(_ body: @escaping @Sendable () -> Void) {
    if eventLoop.inEventLoop { body() } else { eventLoop.execute(body) }
  }
  /// Something in front of HTTP/2 broke; the connection is closed after this.
  func failed(_ error: any Error) {
    if closeReason == nil { closeReason = "\(error)" }
  }
  /// The peer sent what is not HTTP/2.
  func protocolBroken(_ error: HTTP2Error, by bytes: UnsafeRawBufferPointer) {
    if closeReason == nil { closeReason = error.description }
  }
  /// Something in front of HTTP/2 has a message.
  func eventReceived(_ event: Any) {}
  /// A batch of bytes has been worked through.
  func batchEnded() {}

  final func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    session = HTTP2Session(role: role, limits: limits, memory: memory, delegate: self)
    if context.channel.isActive { begin() }
  }

  final func handlerRemoved(context: ChannelHandlerContext) { end() }

  final func channelActive(context: ChannelHandlerContext) {
    begin()
    context.fireChannelActive()
  }

  final func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  final func errorCaught(context: ChannelHandlerContext, error: any Error) {
    failed(error)
    context.close(promise: nil)
  }

  final func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    guard !isClosing else { return }
    readAtNanoseconds = NIODeadline.now().uptimeNanoseconds
    isHoldingFlush = true
    buffer.withUnsafeReadableBytes { bytes in
      do throws(HTTP2Error) {
        try session.receive(bytes, nowNanoseconds: readAtNanoseconds)
      } catch {
        protocolBroken(error, by: bytes)
      }
    }
    batchEnded()
    isHoldingFlush = false
  }

  final func channelReadComplete(context: ChannelHandlerContext) { flush() }

  final func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    eventReceived(event)
    context.fireUserInboundEventTriggered(event)
  }

  final func channelWritabilityChanged(context: ChannelHandlerContext) {
    writeProgress &+= 1
    if context.channel.isWritable { flush() }
    context.fireChannelWritabilityChanged()
  }

  /// Whether the peer leaves bytes unread that we have sent.
  final var isBlocked: Bool { context.map { !$0.channel.isWritable } ?? false }

  /// Sends what is ready, unless the work at hand will do so at its end.
  final func flush() {
    guard let context, !isHoldingFlush, !isClosing else { return }
    // Submissions made by the code below find their way out in the same loop.
    isHoldingFlush = true
    // Taken out of the object, so that a frame is appended without a check of exclusive access.
    var buffer = ByteBuffer()
    swap(&buffer, &outgoing)
    while context.channel.isWritable {
      buffer.clear()
      session.send { bytes in
        buffer.writeBytes(bytes)
        return buffer.readableBytes < Self.writeBytes
      }
      let size = buffer.readableBytes
      if size == 0 { break }
      context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
      if size < Self.writeBytes { break }
    }
    isHoldingFlush = false
    if buffer.capacity <= Self.writeBytes { outgoing = buffer }
    if !session.isLive { close() }
  }

  /// Flushes soon, once for all that is submitted until then.
  final func scheduleFlush() {
    guard !isHoldingFlush, !isFlushScheduled else { return }
    isFlushScheduled = true
    eventLoop.execute { [self] in
      isFlushScheduled = false
      flush()
    }
  }

  /// Closes the connection at once; what has been written still leaves.
  final func close(_ reason: String? = nil) {
    if closeReason == nil { closeReason = reason }
    guard !isClosing else { return }
    isClosing = true
    // Closing frees the session, which has to return from its callbacks first.
    if session.isBusy {
      eventLoop.execute { [self] in context?.close(promise: nil) }
    } else {
      context?.close(promise: nil)
    }
  }

  private func begin() {
    readAtNanoseconds = NIODeadline.now().uptimeNanoseconds
    connected()
    flush()
  }

  private func end() {
    guard context != nil else { return }
    isClosing = true
    session.close()
    disconnected()
    context = nil
  }

  func makeStream(id: Int32) -> HTTP2Stream { HTTP2Stream(id: id) }
  func goAwayReceived(lastStreamID: Int32, errorCode: HTTP2ErrorCode, reason: String) {}
  func pingAcknowledged() {}
}
