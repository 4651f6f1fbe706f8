import HTTP2
import NIOCore
import RPC
import Synchronization

/// One call on a server: the HTTP/2 stream, the call that the handler sees and its place among the deadlines, in
/// one object.
///
/// Confined to the loop of its connection but for `reply`, `fail` and `isCancelled`, which go through the loop's
/// inbox and an atomic; that is what makes `@unchecked Sendable` safe. `headers` and the rest of what a handler
/// reads on another thread do not change between `admit` and `reply`, with which a handler lets go of the call.
///
///     receiving ──message complete──▶ handling ──reply, fail──▶ answered
///         └──refused, deadline, broken──────────deadline───────────▲
final class ServerStream: HTTP2Stream, ServerCall, Expiring, PipeOwner, @unchecked Sendable {
  enum Phase {
    case receiving
    case handling
    case answered
  }

  let connection: ServerConnection
  private(set) var phase = Phase.receiving
  private(set) var methodIndex = -1
  private(set) var deadline: ContinuousClock.Instant?
  private(set) var deadlineNanoseconds = UInt64.max
  var deadlineSlot = -1
  var hostContext: AnyObject?
  /// Looks of the connection's timer since something last moved.
  var idleChecks = 0
  /// Looks of the connection's timer while the request was incomplete.
  private var receivingChecks = 0

  private let cancelled = Atomic<Bool>(false)
  /// Whether a handler has the call; it counts as the client's work until the handler lets go of it.
  private var isCharged = false
  private var body: [UInt8] = []
  /// Prefix and message, once the prefix is there.
  private var bodyBytes = -1
  private var unconsumedBytes = 0
  private var pipe: MessagePipe?
  private var task: Task<Void, Never>?

  init(id: Int32, connection: ServerConnection) {
    self.connection = connection
    super.init(id: id)
  }

  var loopIndex: Int { connection.loop.index }
  var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
  var peer: String { connection.peer }
  var peerIdentity: PeerIdentity? { connection.peerIdentity }

  var metadata: Metadata {
    var metadata = Metadata()
    metadata.reserveCapacity(headers.count)
    headers.forEach { name, value in
      // What is not base64 was refused when the headers came.
      try? metadata.addReceived(name: name, value: value)
      return true
    }
    return metadata
  }

  func withHeader<Result>(
    _ name: StaticString, _ body: (UnsafeBufferPointer<UInt8>?) throws -> Result
  ) rethrows -> Result {
    try headers.withValue(of: name, body)
  }

  func reply(_ framed: consuming [UInt8], trailers: Metadata) {
    if connection.eventLoop.inEventLoop {
      replyOnLoop(framed, trailers)
    } else {
      connection.loop.inbox.add(.reply(self, framed: framed, trailers: trailers))
    }
  }

  func fail(_ status: Status) {
    if connection.eventLoop.inEventLoop {
      failOnLoop(status)
    } else {
      connection.loop.inbox.add(.fail(self, status))
    }
  }

  // MARK: - Receiving

  /// Decides whether the call goes on.
  override func headersReceived() {
    if isHeaderListTooLarge {
      return refuse(
        Status(
          .resourceExhausted,
          "the request's metadata is over \(connection.session.limits.maxHeaderListBytes) bytes; send less of it"
        ))
    }
    let head = RequestHead(headers, connection.loop.methods)
    // Asked first: a copy of the refusal would cost each call, and hardly any is refused.
    if head.isRefused {
      switch head.refusal {
      case .http(let headers): return refuse(headers)
      case .status(let status): return refuse(status)
      case nil: break
      }
    }
    methodIndex = head.methodIndex ?? -1
    if let timeout = head.timeout {
      if timeout <= .zero { return refuse(.deadlinePassed) }
      setDeadline(timeout)
    }
    guard connection.charge(self) else {
      phase = .answered
      return connection.session.reset(self, .refusedStream)
    }
    isCharged = true
    admit()
  }

  private func admit() {
    let handler = connection.loop.handler
    do throws(Status) {
      try handler.admit(self)
    } catch {
      return refuse(error)
    }
    if connection.loop.methods.isStream(methodIndex) { startStreaming() }
  }

  override func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    idleChecks = 0
    if let pipe { return pipe.receive(bytes) }
    guard phase == .receiving, methodIndex >= 0 else { return }
    unconsumedBytes += bytes.count
    if unconsumedBytes >= connection.session.limits.creditBytes {
      connection.session.consume(self, unconsumedBytes)
      unconsumedBytes = 0
    }
    guard connection.buffer(bytes.count) else {
      return refuse(
        Status(.resourceExhausted, "the connection has too many unfinished requests; send fewer at once"))
    }
    if body.isEmpty { body = connection.takeBody() }
    body.append(contentsOf: bytes)
    if bodyBytes < 0 { readPrefix() }
    if bodyBytes >= 0 && body.count > bodyBytes { refuse(.messageCount("more than one")) }
  }

  private func readPrefix() {
    guard body.count >= MessageFraming.prefixSizeBytes else { return }
    let limit = connection.configuration.maxMessageBytes
    do throws(Status) {
      let length = try body.withUnsafeBufferPointer { bytes throws(Status) in
        try MessageFraming.length(ofPrefix: UnsafeRawBufferPointer(bytes), maxMessageBytes: limit)
      }
      bodyBytes = MessageFraming.prefixSizeBytes + length
      if body.count < bodyBytes { body.reserveCapacity(min(bodyBytes, 64 << 10)) }
    } catch {
      refuse(error)
    }
  }

  /// A look of the connection's timer.
  /// - Returns: how many looks found a request message, or one and the same message of a stream, incomplete.
  func checkRequest() -> Int {
    switch phase {
    case .receiving:
      receivingChecks += 1
      return receivingChecks
    case .handling: return pipe?.checkPartialMessage() ?? 0
    case .answered: return 0
    }
  }

  override func endReceived() {
    idleChecks = 0
    if let pipe { return pipe.receiveEnd() }
    guard phase == .receiving, methodIndex >= 0 else { return }
    if body.isEmpty { return refuse(.messageCount("none")) }
    if body.count != bodyBytes { return refuse(MessageFraming.cutShort) }
    var message: [UInt8] = []
    swap(&message, &body)
    connection.unbuffer(message.count)
    phase = .handling
    message.withUnsafeBytes { bytes in
      connection.loop.handler.unary(
        self, UnsafeRawBufferPointer(rebasing: bytes[MessageFraming.prefixSizeBytes...]))
    }
    connection.giveBack(message)
  }

  // MARK: - Answering

  func replyOnLoop(_ framed: consuming [UInt8], _ trailers: Metadata) {
    letGo()
    guard phase == .handling else { return }
    phase = .answered
    idleChecks = 0
    dropHeaders()
    if trailers.isEmpty {
      connection.session.respond(self, ReplyHeaders.begin, framed, ReplyHeaders.ok)
    } else {
      connection.session.respond(self, ReplyHeaders.begin)
      connection.session.enqueue(self, framed)
      connection.session.finish(self, ReplyHeaders.trailers(trailers))
    }
    connection.scheduleFlush()
  }

  func failOnLoop(_ status: Status) {
    letGo()
    guard phase == .handling else { return }
    refuse(status)
  }

  /// Ends the call with a status, whether a handler has it or not.
  private func refuse(_ status: Status) {
    if phase == .receiving && pipe == nil { letGo() }
    answer()
    if hasSubmittedHeaders {
      connection.session.abort(self, ReplyHeaders.trailers(status))
    } else {
      connection.session.respondWithHeadersOnly(self, ReplyHeaders.only(status))
    }
    connection.scheduleFlush()
  }

  private func refuse(_ headers: HTTP2Headers) {
    letGo()
    answer()
    connection.session.respondWithHeadersOnly(self, headers)
    connection.scheduleFlush()
  }

  private func answer() {
    phase = .answered
    idleChecks = 0
    connection.unbuffer(body.count)
    body = []
  }

  /// The handler is through with the call.
  private func letGo() {
    guard isCharged else { return }
    isCharged = false
    connection.discharge()
  }

  private func setDeadline(_ timeout: Duration) {
    deadline = connection.arrival.advanced(by: timeout)
    deadlineNanoseconds = connection.readAtNanoseconds &+ timeout.wholeNanoseconds
    connection.watchDeadline(of: self)
  }

  /// The deadline has passed.
  func expire() { give(up: .deadlinePassed) }

  /// Ends a call that is not finished.
  func give(up status: Status) {
    cancelled.store(true, ordering: .relaxed)
    pipe?.end(status, dropping: true)
    task?.cancel()
    if !isClosed { refuse(status) }
  }

  /// The client takes nothing of what waits for it.
  func stalled() {
    cancelled.store(true, ordering: .relaxed)
    pipe?.end(.callCancelled, dropping: true)
    task?.cancel()
    connection.session.reset(self, .cancel)
  }

  override func closed(_ code: HTTP2ErrorCode) {
    connection.streamClosed(self)
    connection.unbuffer(body.count)
    body = []
    if phase == .receiving && pipe == nil { letGo() }
    guard phase != .answered || task != nil else { return }
    phase = .answered
    cancelled.store(true, ordering: .relaxed)
    pipe?.end(.callCancelled, dropping: true)
    pipe = nil
    task?.cancel()
    task = nil
  }

  // MARK: - Streaming

  private func startStreaming() {
    phase = .handling
    let pipe = MessagePipe(
      self, connection, maxMessageBytes: connection.configuration.maxMessageBytes,
      maxQueuedBytes: GRPCServerConfiguration.maxQueuedReplyBytes)
    self.pipe = pipe
    let loop = connection.loop
    loop.runningStreams.add(1, ordering: .relaxed)
    task = Task(executorPreference: loop.executor) { [self] in
      var outcome: Status?
      do {
        try await loop.handler.stream(self, pipe, pipe)
      } catch let error as any StatusConvertible {
        outcome = error.status
      } catch is CancellationError {
        outcome = .callCancelled
      } catch {
        outcome = Status(.internalError, "the handler failed")
      }
      finishStreaming(outcome)
      loop.runningStreams.subtract(1, ordering: .releasing)
    }
  }

  private func finishStreaming(_ outcome: Status?) {
    guard connection.eventLoop.inEventLoop else {
      return connection.loop.inbox.add(.run { self.finishStreaming(outcome) })
    }
    letGo()
    task = nil
    guard phase == .handling else { return }
    phase = .answered
    idleChecks = 0
    pipe?.end(outcome ?? .callEnded, dropping: true)
    pipe = nil
    let session = connection.session!
    if !hasSubmittedHeaders {
      session.respondWithHeadersOnly(self, ReplyHeaders.only(outcome ?? Status(.ok, "")))
    } else if let outcome {
      session.finish(self, ReplyHeaders.trailers(outcome))
    } else {
      session.finish(self, ReplyHeaders.ok)
    }
    connection.scheduleFlush()
  }

  func pipeBroke(_ status: Status) { give(up: status) }

  func pipeWillSend() {
    if !hasSubmittedHeaders { connection.session.respond(self, ReplyHeaders.begin) }
  }

  override func outputTaken() {
    idleChecks = 0
    pipe?.outputTaken()
  }
}

extension Status {
  static let deadlinePassed = Status(.deadlineExceeded, "the call's deadline has passed")
  static let callCancelled = Status(.cancelled, "the call was given up by its client")
  static let callEnded = Status(.cancelled, "the call has ended")

  /// Source: gRPC, "Status codes and their use": a cardinality violation is UNIMPLEMENTED.
  static func messageCount(_ count: String) -> Status {
    Status(.unimplemented, "the method takes exactly one request message, and \(count) came")
  }
}
