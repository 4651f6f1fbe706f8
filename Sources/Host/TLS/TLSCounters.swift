import Logging
import RPCTransport
import Synchronization

/// Counts handshakes, and logs those that are refused: all of them while they are few, else how many.
final class TLSCounters: Sendable {
  /// Refusals that are logged one by one, between two calls of `flush`.
  private static let linesLimit = 10

  let connected = Atomic<Int>(0)
  let identified = Atomic<Int>(0)
  let refused = Atomic<Int>(0)
  let ended = Atomic<Int>(0)
  let reloaded = Atomic<Int>(0)
  let reloadsFailed = Atomic<Int>(0)
  private let refusedSinceFlush = Atomic<Int>(0)
  private let logger: Logger

  init(_ logger: Logger) { self.logger = logger }

  func count(_ event: ServerTLSEvent) {
    switch event {
    case .connected(let isIdentified):
      connected.add(1, ordering: .relaxed)
      if isIdentified { identified.add(1, ordering: .relaxed) }
    case .refused(let peer, let reason):
      refused.add(1, ordering: .relaxed)
      guard refusedSinceFlush.add(1, ordering: .relaxed).newValue <= Self.linesLimit else { return }
      logger.warning("TLS connection refused", metadata: ["peer": "\(peer)", "reason": "\(reason)"])
    }
  }

  /// Begins a new period, and logs how many refusals of the one before were not logged.
  func flush() {
    let unlogged = refusedSinceFlush.exchange(0, ordering: .relaxed) - Self.linesLimit
    if unlogged > 0 { logger.warning("further TLS connections refused", metadata: ["count": "\(unlogged)"]) }
  }
}
