import ModuleKit
import Synchronization

/// A call that goes from a test straight into the host's handler, without sockets.
///
/// Sendable because what changes is behind a lock, but for `hostContext`, which the handler sets in `admit`, before
/// anything else sees the call.
final class MemoryCall: ServerCall, @unchecked Sendable {
  /// How a unary call ended.
  typealias Outcome = Result<ClientReply, any Error>

  private struct State {
    var outcome: Outcome?
    var waiter: CheckedContinuation<ClientReply, any Error>?
    var isCancelled = false
  }

  let methodIndex: Int
  let loopIndex = 0
  let deadline: ContinuousClock.Instant?
  let metadata: Metadata
  let peer = "memory"
  let peerIdentity: PeerIdentity?
  var hostContext: AnyObject?
  private let state = Mutex(State())

  init(methodIndex: Int, options: CallOptions, peerIdentity: PeerIdentity? = nil) {
    self.methodIndex = methodIndex
    self.peerIdentity = peerIdentity
    deadline = options.timeout.map { .now + $0 }
    var metadata = options.metadata
    if let key = options.idempotencyKey { metadata.add("idempotency-key", key) }
    self.metadata = metadata
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func withHeader<Result>(
    _ name: StaticString, _ body: (UnsafeBufferPointer<UInt8>?) throws -> Result
  ) rethrows -> Result {
    guard let text = metadata[name.description] else { return try body(nil) }
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBufferPointer { try body($0) }
  }

  func reply(_ framed: consuming [UInt8], trailers: Metadata) {
    let message = MemoryCall.message(framed)
    finish(.success(ClientReply(message: message, headers: [:], trailers: trailers)), isHandlers: true)
  }

  func fail(_ status: Status) { finish(.failure(status), isHandlers: true) }

  /// The caller no longer waits: it gets CANCELLED or DEADLINE_EXCEEDED, whatever the handler says later.
  func giveUp(_ status: Status) {
    state.withLock { $0.isCancelled = true }
    finish(.failure(status), isHandlers: false)
  }

  /// Waits for the outcome.
  func result() async throws -> ClientReply {
    try await withCheckedThrowingContinuation { continuation in
      let outcome = state.withLock { state -> Outcome? in
        if state.outcome == nil { state.waiter = continuation }
        return state.outcome
      }
      if let outcome { continuation.resume(with: outcome) }
    }
  }

  private func finish(_ outcome: Outcome, isHandlers: Bool) {
    let waiter = state.withLock { state -> CheckedContinuation<ClientReply, any Error>? in
      if state.outcome != nil {
        precondition(!isHandlers || state.isCancelled, "the host answered a call twice")
        return nil
      }
      state.outcome = outcome
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(with: outcome)
  }

  /// The message behind a prefix, which must say what is there.
  static func message(_ framed: [UInt8]) -> [UInt8] {
    let prefix = framed.prefix(MessageFraming.prefixSizeBytes)
    let length = prefix.dropFirst().reduce(0) { $0 << 8 | Int($1) }
    precondition(
      prefix.count == MessageFraming.prefixSizeBytes && prefix[0] == 0
        && length == framed.count - prefix.count,
      "the host sent a message with a wrong prefix")
    return Array(framed.dropFirst(MessageFraming.prefixSizeBytes))
  }
}
