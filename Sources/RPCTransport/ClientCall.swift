import HTTP2
import NIOCore
import RPC

/// One call of a client: the HTTP/2 stream, its deadline and, for a streaming call, what the caller holds.
///
/// Confined to the connector's loop but for the functions of `ClientStream`, which go there; that is what makes
/// `@unchecked Sendable` safe.
///
///     new ──▶ waiting for a connection ──▶ open ──trailers, error, deadline, cancel──▶ ended
final class ClientCall: HTTP2Stream, PipeOwner, Expiring, ClientStream, @unchecked Sendable {
  /// The server did not look at the call, so it may be tried again.
  struct Refused: Error {
    let status: Status
  }

  private let path: String
  private let configuration: GRPCClientConfiguration
  private let connector: Connector
  private let metadata: Metadata
  private(set) var deadlineNanoseconds = UInt64.max
  var deadlineSlot = -1

  private var connection: ClientConnection?
  /// Set before the caller gets the call, and never changed.
  private var pipe: MessagePipe?
  private var completion: ((Result<ClientReply, any Error>) -> Void)?
  private var body: [UInt8] = []
  private var unconsumedBytes = 0
  private var outcome: Status?
  /// Holds the call while its deadline is pending or its stream is open.
  private var keptAlive: ClientCall?

  /// - Throws: `Status` INTERNAL for metadata that cannot be sent.
  init(
    _ path: String, _ options: CallOptions, _ configuration: GRPCClientConfiguration, _ connector: Connector,
    since start: ContinuousClock.Instant
  ) throws(Status) {
    self.path = path
    self.configuration = configuration
    self.connector = connector
    var metadata = configuration.metadata
    for field in options.metadata.fields { metadata.removeAll(field.name) }
    metadata.add(options.metadata)
    if let key = options.idempotencyKey { metadata["idempotency-key"] = key }
    self.metadata = metadata
    super.init(id: 0)
    try metadata.encodeForSending { _, _ in }
    if let timeout = options.timeout ?? configuration.defaultTimeout {
      let left = timeout - start.duration(to: .now)
      deadlineNanoseconds = NIODeadline.now().uptimeNanoseconds &+ left.wholeNanoseconds
    }
  }

  // MARK: - Starting

  func startUnary(_ framed: [UInt8], _ completion: @escaping (Result<ClientReply, any Error>) -> Void) {
    self.completion = completion
    start { [self] in
      connection?.session.enqueue(self, framed)
      connection?.session.finish(self)
    }
  }

  func startStreaming(_ opened: @escaping (Result<Void, any Error>) -> Void) {
    completion = { result in if case .failure(let error) = result { opened(.failure(error)) } }
    start { [self] in
      completion = nil
      guard let connection else { return }
      pipe = MessagePipe(
        self, connection, maxMessageBytes: configuration.maxMessageBytes,
        maxQueuedBytes: configuration.maxQueuedRequestBytes)
      opened(.success(()))
    }
  }

  private func start(_ opened: @escaping () -> Void) {
    guard outcome == nil else { return fail(outcome ?? .callEnded) }
    keptAlive = self
    if deadlineNanoseconds != .max {
      if deadlineNanoseconds <= NIODeadline.now().uptimeNanoseconds { return end(.deadlinePassed) }
      connector.deadlines.insert(self)
    }
    connector.withConnection { [self] result in
      guard outcome == nil else { return }
      switch result {
      case .failure(let status): end(status)
      case .success(let connection):
        self.connection = connection
        guard connection.begin(self, requestHeaders()) else {
          return refused(Status(.unavailable, "the connection takes no more calls"))
        }
        opened()
        connection.scheduleFlush()
      }
    }
  }

  private func requestHeaders() -> HTTP2Headers {
    var headers = HTTP2Headers()
    headers.reserveCapacity(512)
    headers.append(":method", "POST")
    headers.append(":scheme", configuration.scheme)
    headers.append(":path", path)
    let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    headers.append(":authority", "\(host):\(configuration.port)")
    headers.append("content-type", "application/grpc")
    headers.append("te", "trailers")
    headers.append("user-agent", configuration.userAgent)
    if deadlineNanoseconds != .max {
      let now = NIODeadline.now().uptimeNanoseconds
      let left = deadlineNanoseconds > now ? Int64(clamping: deadlineNanoseconds - now) : 0
      headers.append("grpc-timeout", CallTimeout.format(.nanoseconds(left)))
    }
    // Checked when the call was made.
    try? metadata.encodeForSending { headers.append($0, $1) }
    return headers
  }

  // MARK: - Receiving

  override func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    if let pipe { return pipe.receive(bytes) }
    guard outcome == nil else { return }
    unconsumedBytes += bytes.count
    if unconsumedBytes >= configuration.limits.creditBytes {
      connection?.session.consume(self, unconsumedBytes)
      unconsumedBytes = 0
    }
    guard body.count + bytes.count <= configuration.maxMessageBytes + MessageFraming.prefixSizeBytes else {
      return pipeBroke(
        Status(
          .resourceExhausted, "the reply is over the client's limit of \(configuration.maxMessageBytes) bytes"
        ))
    }
    body.append(contentsOf: bytes)
  }

  override func endReceived() {
    guard outcome == nil else { return }
    let status = ReplyStatus.read(self)
    if let pipe, status.code == .ok {
      outcome = status
      pipe.finish()
    } else if pipe == nil, status.code == .ok {
      endUnary(status)
    } else {
      end(status)
    }
    // The server has answered before it had everything: what is left need not be sent.
    if !hasFinished { connection?.session.reset(self, .cancel) }
  }

  private func endUnary(_ status: Status) {
    let limit = configuration.maxMessageBytes
    do throws(Status) {
      guard body.count >= MessageFraming.prefixSizeBytes else {
        throw body.isEmpty
          ? Status(.unimplemented, "the server sent no reply message") : MessageFraming.cutShort
      }
      let length = try body.withUnsafeBufferPointer { bytes throws(Status) in
        try MessageFraming.length(ofPrefix: UnsafeRawBufferPointer(bytes), maxMessageBytes: limit)
      }
      let rest = body.count - MessageFraming.prefixSizeBytes - length
      if rest < 0 { throw MessageFraming.cutShort }
      if rest > 0 { throw Status(.unimplemented, "the server sent more than one reply message") }
    } catch {
      return end(error)
    }
    outcome = status
    connector.deadlines.remove(self)
    let completion = self.completion
    self.completion = nil
    completion?(
      .success(
        ClientReply(
          message: Array(body[MessageFraming.prefixSizeBytes...]), headers: ReplyStatus.metadata(headers),
          trailers: ReplyStatus.metadata(trailers))))
    body = []
  }

  override func closed(_ code: HTTP2ErrorCode) {
    connector.deadlines.remove(self)
    if outcome == nil {
      if code == .refusedStream, let connection, connection.hasFailed {
        // Trying again would not help: what the server ended the connection with says why.
        end(connection.lostStatus)
      } else if code == .refusedStream {
        refused(Status(.unavailable, "the server refused the call; try again"))
      } else if let connection, !connection.session.isLive {
        end(connection.lostStatus)
      } else {
        end(ReplyStatus.of(code))
      }
    }
    connection?.closeIfDone()
    connection = nil
    keptAlive = nil
  }

  override func outputTaken() { pipe?.outputTaken() }
  func pipeWillSend() {}

  func pipeBroke(_ status: Status) {
    connection?.session.reset(self, .cancel)
    connection?.scheduleFlush()
    end(status)
  }

  // MARK: - Ending

  private func end(_ status: Status) {
    guard outcome == nil else { return }
    outcome = status
    connector.deadlines.remove(self)
    pipe?.end(status, dropping: false)
    fail(status)
    body = []
    if connection == nil { keptAlive = nil }
  }

  private func refused(_ status: Status) {
    if pipe == nil, completion != nil {
      outcome = status
      connector.deadlines.remove(self)
      fail(Refused(status: status))
      if id == 0 { keptAlive = nil }
    } else {
      end(status)
    }
  }

  private func fail(_ error: any Error) {
    let completion = self.completion
    self.completion = nil
    completion?(.failure(error))
  }

  func expire() { giveUp(.deadlinePassed) }

  private func giveUp(_ status: Status) {
    guard outcome == nil else { return }
    connection?.session.reset(self, .cancel)
    connection?.scheduleFlush()
    end(status)
  }

  // MARK: - ClientStream

  func send(_ message: [UInt8]) async throws {
    guard let pipe else { throw outcome ?? .callEnded }
    var framed = [UInt8](repeating: 0, count: MessageFraming.prefixSizeBytes)
    framed.reserveCapacity(framed.count + message.count)
    framed.append(contentsOf: message)
    MessageFraming.setLength(of: &framed, at: 0)
    try await pipe.send(framed)
  }

  func finishSending() async throws {
    connector.onLoop { [self] in
      connection?.session.finish(self)
      connection?.scheduleFlush()
    }
  }

  func next() async throws -> [UInt8]? {
    guard let pipe else { throw outcome ?? .callEnded }
    return try await pipe.next()
  }

  func cancel() {
    connector.onLoop { self.giveUp(Status(.cancelled, "the call was given up")) }
  }
}
