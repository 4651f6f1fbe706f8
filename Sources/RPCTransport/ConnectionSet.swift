import NIOCore

/// The open connections of one loop, and the timer that looks at their clocks.
///
/// Confined to its loop, which is what makes `@unchecked Sendable` safe.
final class ConnectionSet: @unchecked Sendable {
  private let eventLoop: any EventLoop
  private var connections: [ObjectIdentifier: ServerConnection] = [:]
  private var isDraining = false

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// Begins to look at the connections' clocks; it ends with the loop.
  func watch(every interval: Duration) {
    let interval = TimeAmount.nanoseconds(Int64(clamping: max(interval.wholeNanoseconds, 1_000_000)))
    eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [self] _ in
      for connection in connections.values { connection.watch.check(connection) }
    }
  }

  func add(_ connection: ServerConnection) {
    connections[ObjectIdentifier(connection)] = connection
    // A connection that was accepted just before the listener closed.
    if isDraining { eventLoop.execute { connection.watch.beginDrain(connection) } }
  }

  func remove(_ connection: ServerConnection) { connections[ObjectIdentifier(connection)] = nil }

  func beginDrain() {
    isDraining = true
    for connection in connections.values { connection.watch.beginDrain(connection) }
  }

  /// Ends the connections of clients whose certificate is no longer accepted: in order, and after a while at once.
  func endRefused(closingAfter grace: TimeAmount, _ refusal: (VerifiedPeer) -> String?) -> [PeerEnded] {
    connections.values.compactMap { connection in
      guard !connection.isEnding, let peer = connection.verifiedPeer, let reason = refusal(peer) else {
        return nil
      }
      connection.isEnding = true
      connection.watch.beginDrain(connection)
      let bound = NIOLoopBound(connection, eventLoop: eventLoop)
      eventLoop.scheduleTask(in: grace) { bound.value.close(reason) }
      return PeerEnded(peer: connection.peer, reason: reason)
    }
  }

  func giveUpCalls() {
    for connection in connections.values { connection.giveUpCalls() }
  }

  func closeAll() {
    for connection in connections.values { connection.close("the server was shut down") }
  }
}
