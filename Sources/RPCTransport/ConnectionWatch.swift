import HTTP2
import NIOCore
import RPC

/// The clocks of a server connection, looked at a few times a second: handshake, header blocks, bodies, stalled
/// replies, idleness, keepalive, age, and the steps of an orderly end.
///
///     open ──drain──▶ announced ──PING answered, or a second later──▶ final ──no calls left──▶ closed
///
/// A class, because what it brings about (a close, say) can come back to it.
final class ConnectionWatch {
  private enum Drain {
    case none
    case announced(sinceNanoseconds: UInt64)
    case final
  }

  private var beganAtNanoseconds: UInt64 = 0
  private var emptySinceNanoseconds: UInt64 = 0
  private var agesAtNanoseconds = UInt64.max
  private var pingedAtNanoseconds: UInt64?
  private var partialFrame: (count: UInt64, sinceNanoseconds: UInt64)?
  private var blocked: (progress: UInt64, sinceNanoseconds: UInt64)?
  private var drain = Drain.none

  func connected(_ connection: ServerConnection) {
    let now = NIODeadline.now().uptimeNanoseconds
    beganAtNanoseconds = now
    emptySinceNanoseconds = now
    if let age = connection.configuration.maxConnectionAge?.wholeNanoseconds {
      // A tenth either way, so that clients that came together do not all come back together.
      agesAtNanoseconds = now + age / 10 * 9 + UInt64.random(in: 0...(age / 5))
    }
  }

  /// Begins an orderly end: no call is lost that the client opened before it heard of it.
  func beginDrain(_ connection: ServerConnection) {
    guard case .none = drain else { return }
    drain = .announced(sinceNanoseconds: NIODeadline.now().uptimeNanoseconds)
    connection.session.announceShutdown()
    connection.session.ping()
    connection.scheduleFlush()
  }

  func pingAcknowledged(_ connection: ServerConnection) {
    pingedAtNanoseconds = nil
    finishDrain(connection)
  }

  func streamClosed(_ connection: ServerConnection) {
    guard connection.session.openStreamCount == 0 else { return }
    emptySinceNanoseconds = connection.readAtNanoseconds
    closeIfDrained(connection)
  }

  private func finishDrain(_ connection: ServerConnection) {
    guard case .announced = drain else { return }
    drain = .final
    connection.session.goAway()
    connection.scheduleFlush()
    closeIfDrained(connection)
  }

  private func closeIfDrained(_ connection: ServerConnection) {
    guard case .final = drain, connection.session.openStreamCount == 0 else { return }
    // Not here: nghttp2 may be at work, and the last replies still have to be written.
    connection.eventLoop.execute {
      connection.flush()
      connection.close("shut down")
    }
  }

  /// Looks at every clock.
  func check(_ connection: ServerConnection) {
    let now = NIODeadline.now().uptimeNanoseconds
    let configuration = connection.configuration
    // Before `connected` the clocks have not been started.
    guard beganAtNanoseconds > 0, let session = connection.session, session.isLive else { return }
    func isOver(_ since: UInt64, _ limit: Duration) -> Bool {
      now > since && now - since >= limit.wholeNanoseconds
    }
    if !session.isSettingsAcknowledged, isOver(beganAtNanoseconds, configuration.handshakeTimeout) {
      return connection.close("the client did not complete the HTTP/2 handshake")
    }
    if isFrameLate(session, now, isOver, configuration) {
      return connection.close("a frame stopped half-way")
    }
    if isPeerStalled(connection, now, isOver) {
      return connection.close("the client does not read")
    }
    if case .announced(let since) = drain, isOver(since, .seconds(1)) { finishDrain(connection) }
    if session.openStreamCount == 0, isOver(emptySinceNanoseconds, configuration.idleTimeout) {
      beginDrain(connection)
    }
    if now >= agesAtNanoseconds { beginDrain(connection) }
    checkKeepalive(connection, isOver, now)
    checkStreams(connection)
  }

  private func isFrameLate(
    _ session: HTTP2Session, _ now: UInt64, _ isOver: (UInt64, Duration) -> Bool,
    _ configuration: GRPCServerConfiguration
  ) -> Bool {
    guard session.isInControlFrame else {
      partialFrame = nil
      return false
    }
    if let partial = partialFrame, partial.count == session.receivedFrameCount {
      return isOver(partial.sinceNanoseconds, GRPCServerConfiguration.headerTimeout)
    }
    partialFrame = (session.receivedFrameCount, now)
    return false
  }

  private func isPeerStalled(
    _ connection: ServerConnection, _ now: UInt64, _ isOver: (UInt64, Duration) -> Bool
  ) -> Bool {
    guard connection.isBlocked else {
      blocked = nil
      return false
    }
    if let blocked, blocked.progress == connection.writeProgress {
      return isOver(blocked.sinceNanoseconds, connection.configuration.stallTimeout)
    }
    blocked = (connection.writeProgress, now)
    return false
  }

  private func checkKeepalive(
    _ connection: ServerConnection, _ isOver: (UInt64, Duration) -> Bool, _ now: UInt64
  ) {
    if let pinged = pingedAtNanoseconds {
      if connection.readAtNanoseconds > pinged {
        pingedAtNanoseconds = nil
      } else if isOver(pinged, GRPCServerConfiguration.keepaliveTimeout) {
        connection.close("the client did not answer a PING")
      }
    } else if connection.session.openStreamCount > 0,
      isOver(connection.readAtNanoseconds, connection.configuration.keepaliveTime)
    {
      pingedAtNanoseconds = now
      connection.session.ping()
      connection.scheduleFlush()
    }
  }

  /// Streams on which nothing has moved for too long.
  private func checkStreams(_ connection: ServerConnection) {
    let configuration = connection.configuration
    let interval = max(configuration.timeoutCheckInterval.wholeNanoseconds, 1)
    let bodyChecks = Int(configuration.bodyTimeout.wholeNanoseconds / interval) + 1
    let stallChecks = Int(configuration.stallTimeout.wholeNanoseconds / interval) + 1
    connection.session.forEachStream { stream in
      let stream = unsafeDowncast(stream, to: ServerStream.self)
      if stream.checkRequest() > bodyChecks {
        return stream.give(up: Status(.deadlineExceeded, "the request message did not arrive in time"))
      }
      switch stream.phase {
      case .receiving: break
      case .handling where stream.queuedBytes == 0:
        stream.idleChecks = 0
      case .handling, .answered:
        stream.idleChecks += 1
        if stream.idleChecks > stallChecks {
          stream.stalled()
        }
      }
    }
    connection.scheduleFlush()
  }
}
