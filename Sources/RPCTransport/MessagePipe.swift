import HTTP2
import NIOCore
import RPC

/// The call that a pipe belongs to.
protocol PipeOwner: HTTP2Stream {
  /// The peer's messages cannot be read on.
  func pipeBroke(_ status: Status)
  /// The first message is about to be queued.
  func pipeWillSend()
}

/// The messages of a streaming call in both directions, with flow control that follows the reader: the peer gets
/// its window back when a message is taken, and a writer waits while the peer's window is closed.
///
/// All state belongs to the connection's loop, and every function reaches it there; that is what makes
/// `@unchecked Sendable` safe. A handler that runs on the loop's executor pays for no hop.
///
/// Invariants:
/// 1. At most one reader waits, and only while no message is queued.
/// 2. Writers wait only while more than half of `maxQueuedBytes` is queued.
/// 3. Once `failure` is set nobody waits. It is set once, when the stream ends at the latest.
final class MessagePipe: IncomingMessages, OutgoingMessages, @unchecked Sendable {
  private typealias Reader = CheckedContinuation<[UInt8]?, any Error>
  private typealias Writer = CheckedContinuation<Void, any Error>

  private let connection: HTTP2Connection
  private let maxQueuedBytes: Int
  private unowned(unsafe) var owner: (any PipeOwner)?
  private var deframer: MessageDeframer
  private var messages: [[UInt8]] = []
  private var taken = 0
  private var unconsumedBytes = 0
  private var hasRemoteEnded = false
  /// Looks of the connection's timer since the message that is arriving began, as far as its rest could come.
  private var partialChecks = 0
  private(set) var failure: Status?
  private var reader: (ticket: Ticket, continuation: Reader)?
  private var writers: [(ticket: Ticket, continuation: Writer)] = []

  /// Tells one wait from another, so that a task that is cancelled gives up its own wait only.
  private final class Ticket: @unchecked Sendable {
    /// Read and written on the loop only, which makes `@unchecked Sendable` safe.
    var isCancelled = false
  }

  /// - Parameter owner: kept without a reference until `end` is called, which it must be before it goes.
  init(_ owner: any PipeOwner, _ connection: HTTP2Connection, maxMessageBytes: Int, maxQueuedBytes: Int) {
    self.owner = owner
    self.connection = connection
    self.maxQueuedBytes = maxQueuedBytes
    deframer = MessageDeframer(maxMessageBytes: maxMessageBytes)
  }

  // MARK: - The loop's side

  func receive(_ bytes: UnsafeRawBufferPointer) {
    guard failure == nil, let owner else { return }
    unconsumedBytes += bytes.count
    let before = messages.count
    do throws(Status) {
      try deframer.append(bytes) { messages.append($0) }
    } catch {
      return owner.pipeBroke(error)
    }
    if messages.count > before { partialChecks = 0 }
    // While the reader has nothing else, the rest of a message may come, however large it is.
    if messages.count == taken { consume(unconsumedBytes) }
    serveReader()
  }

  /// A look of the connection's timer.
  /// - Returns: how many looks in succession found the same message incomplete while nothing kept its rest from
  ///   coming: the peer has no window as long as the reader leaves other messages.
  func checkPartialMessage() -> Int {
    partialChecks = deframer.isInMessage && taken == messages.count ? partialChecks + 1 : 0
    return partialChecks
  }

  func receiveEnd() {
    guard failure == nil, let owner else { return }
    do throws(Status) {
      try deframer.finish()
    } catch {
      return owner.pipeBroke(error)
    }
    hasRemoteEnded = true
    serveReader()
  }

  /// The peer has ended the call with OK: the reader gets what is queued, then the end.
  func finish() {
    do throws(Status) {
      try deframer.finish()
      end(Status(.ok, ""), dropping: false)
    } catch {
      end(error, dropping: false)
    }
  }

  /// Ends the call for both sides.
  /// - Parameter dropping: whether messages not read yet are lost; otherwise the reader gets them first.
  func end(_ status: Status, dropping: Bool) {
    guard failure == nil else { return }
    failure = status
    owner = nil
    if dropping {
      messages = []
      taken = 0
    }
    serveReader()
    let writers = self.writers
    self.writers = []
    for writer in writers { writer.continuation.resume(throwing: sendFailure ?? .callEnded) }
  }

  func outputTaken() {
    guard !writers.isEmpty, let owner, owner.queuedBytes <= maxQueuedBytes / 2 else { return }
    let writers = self.writers
    self.writers = []
    for writer in writers { writer.continuation.resume() }
  }

  private func serveReader() {
    guard let reader else { return }
    do {
      guard let outcome = try takeReady() else { return }
      self.reader = nil
      reader.continuation.resume(returning: outcome.message)
    } catch {
      self.reader = nil
      reader.continuation.resume(throwing: error)
    }
  }

  /// The next message or the end, if either is there.
  private func takeReady() throws -> (message: [UInt8]?, Void)? {
    if taken < messages.count { return (take(), ()) }
    if let failure {
      if failure.code == .ok { return (nil, ()) }
      throw failure
    }
    return hasRemoteEnded ? (nil, ()) : nil
  }

  private func take() -> [UInt8] {
    var message: [UInt8] = []
    swap(&message, &messages[taken])
    taken += 1
    if taken == messages.count {
      messages.removeAll(keepingCapacity: taken <= 256)
      taken = 0
      consume(unconsumedBytes)
    } else {
      consume(min(unconsumedBytes, message.count + MessageFraming.prefixSizeBytes))
      if taken >= 1_024 {
        messages.removeFirst(taken)
        taken = 0
      }
    }
    return message
  }

  private func consume(_ sizeBytes: Int) {
    guard sizeBytes > 0, let owner else { return }
    unconsumedBytes -= sizeBytes
    connection.session.consume(owner, sizeBytes)
    connection.scheduleFlush()
  }

  /// What a writer is told once the call has ended, OK or not.
  private var sendFailure: Status? {
    failure.map { $0.code == .ok ? .callEnded : $0 }
  }

  // MARK: - The handler's side

  func next() async throws -> [UInt8]? {
    if connection.eventLoop.inEventLoop, reader == nil, let outcome = try takeReady() {
      return outcome.message
    }
    let ticket = Ticket()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: Reader) in
        connection.onLoop { self.wait(ticket, continuation) }
      }
    } onCancel: {
      connection.onLoop { self.giveUpReading(ticket) }
    }
  }

  func send(_ framed: [UInt8]) async throws {
    if connection.eventLoop.inEventLoop, try enqueue(framed) { return }
    let isQueued = connection.eventLoop.inEventLoop
    let ticket = Ticket()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: Writer) in
        connection.onLoop { self.wait(ticket, isQueued ? nil : framed, continuation) }
      }
    } onCancel: {
      connection.onLoop { self.giveUpWriting(ticket) }
    }
  }

  /// Queues a message; false if the writer should wait before it sends another.
  func enqueue(_ framed: [UInt8]) throws(Status) -> Bool {
    if let sendFailure { throw sendFailure }
    guard let owner else { throw .callEnded }
    owner.pipeWillSend()
    connection.session.enqueue(owner, framed)
    connection.scheduleFlush()
    return owner.queuedBytes <= maxQueuedBytes
  }

  private func wait(_ ticket: Ticket, _ continuation: Reader) {
    if ticket.isCancelled { return continuation.resume(throwing: CancellationError()) }
    guard reader == nil else {
      return continuation.resume(
        throwing: Status(.internalError, "two tasks read the messages of one call at the same time"))
    }
    reader = (ticket, continuation)
    serveReader()
  }

  private func wait(_ ticket: Ticket, _ framed: [UInt8]?, _ continuation: Writer) {
    if ticket.isCancelled { return continuation.resume(throwing: CancellationError()) }
    if let framed {
      do throws(Status) {
        if try enqueue(framed) { return continuation.resume() }
      } catch {
        return continuation.resume(throwing: error)
      }
    }
    if let sendFailure { return continuation.resume(throwing: sendFailure) }
    writers.append((ticket, continuation))
    outputTaken()
  }

  private func giveUpReading(_ ticket: Ticket) {
    ticket.isCancelled = true
    guard let reader, reader.ticket === ticket else { return }
    self.reader = nil
    reader.continuation.resume(throwing: CancellationError())
  }

  private func giveUpWriting(_ ticket: Ticket) {
    ticket.isCancelled = true
    guard let index = writers.firstIndex(where: { $0.ticket === ticket }) else { return }
    writers.remove(at: index).continuation.resume(throwing: CancellationError())
  }
}
