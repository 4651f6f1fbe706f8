import HTTP2
import NIOCore
import RPC

/// One client's connection: its streams become calls of the handler, and its clocks are watched.
final class ServerConnection: HTTP2Connection, @unchecked Sendable {
  let loop: ServerLoop
  let configuration: GRPCServerConfiguration
  let peer: String
  /// The client, if it has shown a certificate; set before the first byte of HTTP/2 comes.
  private(set) var verifiedPeer: VerifiedPeer?
  var peerIdentity: PeerIdentity? { verifiedPeer?.identity }
  /// Whether it is ending because the client's certificate is no longer accepted.
  var isEnding = false
  private let onClose: (ServerConnection) -> Void
  private let deadlines: DeadlineQueue
  /// Calls of this batch that have a deadline; the ones still open at its end go into `deadlines`.
  private var watched: [ServerStream] = []
  /// Calls that a handler has, answered or not: a client that cancels does not get free of their cost.
  private var chargedCount = 0
  private var bufferedBytes = 0
  /// Memory of a request that is through, for the next one: most come whole, one after the other.
  private var spareBody: [UInt8] = []
  private var arrivalOfBatch: ContinuousClock.Instant?
  let watch = ConnectionWatch()

  private static let spareBodyBytes = 4 << 10

  init(
    _ loop: ServerLoop, _ configuration: GRPCServerConfiguration, peer: String,
    onClose: @escaping (ServerConnection) -> Void
  ) {
    self.loop = loop
    self.configuration = configuration
    self.peer = peer
    self.onClose = onClose
    deadlines = DeadlineQueue(loop.eventLoop)
    super.init(loop.eventLoop, role: .server, limits: configuration.limits, memory: loop.memory)
  }

  override func onLoop(_ body: @escaping @Sendable () -> Void) {
    if eventLoop.inEventLoop { body() } else { loop.inbox.add(.run(body)) }
  }

  override func connected() { watch.connected(self) }

  override func eventReceived(_ event: Any) {
    if let peer = event as? VerifiedPeer { verifiedPeer = peer }
  }

  override func disconnected() {
    deadlines.close()
    onClose(self)
  }

  override func batchEnded() {
    arrivalOfBatch = nil
    loop.handler.batchEnded(loopIndex: loop.index)
    if !watched.isEmpty { watchDeadlines() }
  }

  private func watchDeadlines() {
    for stream in watched where stream.phase != .answered && stream.deadlineSlot < 0 {
      deadlines.insert(stream)
    }
    watched.removeAll(keepingCapacity: true)
  }

  /// When the calls of this batch came.
  var arrival: ContinuousClock.Instant {
    if let arrivalOfBatch { return arrivalOfBatch }
    let now = ContinuousClock.now
    arrivalOfBatch = now
    return now
  }

  func watchDeadline(of stream: ServerStream) { watched.append(stream) }

  /// Counts a call in; false if the client has too many under way.
  func charge(_ stream: ServerStream) -> Bool {
    guard chargedCount < configuration.limits.maxConcurrentStreams else { return false }
    chargedCount += 1
    return true
  }

  /// Counts a call out, once its handler is through with it.
  func discharge() { chargedCount -= 1 }

  /// Counts bytes of an unfinished request; false if there are too many.
  func buffer(_ sizeBytes: Int) -> Bool {
    guard bufferedBytes + sizeBytes <= configuration.maxBufferedBytes else { return false }
    bufferedBytes += sizeBytes
    return true
  }

  /// Counts the bytes of a request that is finished or given up.
  func unbuffer(_ sizeBytes: Int) { bufferedBytes -= sizeBytes }

  /// An empty body to collect a request in.
  func takeBody() -> [UInt8] {
    var body: [UInt8] = []
    swap(&body, &spareBody)
    return body
  }

  /// Keeps the memory of a request that is through, unless it is much.
  func giveBack(_ body: consuming [UInt8]) {
    guard body.capacity <= Self.spareBodyBytes else { return }
    body.removeAll(keepingCapacity: true)
    spareBody = body
  }

  /// Ends what is still open with UNAVAILABLE.
  func giveUpCalls() {
    session.forEachStream { stream in
      unsafeDowncast(stream, to: ServerStream.self).give(
        up: Status(.unavailable, "the server is shutting down; try again"))
    }
    flush()
  }

  override func makeStream(id: Int32) -> HTTP2Stream { ServerStream(id: id, connection: self) }

  /// A stream is gone.
  func streamClosed(_ stream: ServerStream) {
    deadlines.remove(stream)
    watch.streamClosed(self)
  }

  override func pingAcknowledged() { watch.pingAcknowledged(self) }
}
