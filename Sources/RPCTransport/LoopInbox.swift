import NIOCore
import RPC
import Synchronization

/// What other threads have for a loop: replies of the writer thread above all. However many come while the loop
/// is busy, the loop is woken once, takes them all, and writes once to each connection. A thread that gathers what it
/// has (`Gathering`) wakes the loop when it is through.
final class LoopInbox: Sendable {
  enum Work: Sendable {
    case reply(ServerStream, framed: [UInt8], trailers: Metadata)
    case fail(ServerStream, Status)
    case run(@Sendable () -> Void)
  }

  private struct State {
    var work: [Work] = []
    var isScheduled = false
    var isClosed = false
  }

  private let eventLoop: any EventLoop
  private let state = Mutex(State())

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  func add(_ work: Work) {
    let mustSchedule = state.withLock { state in
      if state.isClosed { return false }
      state.work.append(work)
      if state.isScheduled { return false }
      state.isScheduled = true
      return true
    }
    if mustSchedule { Gathering.wake { self.eventLoop.execute { self.drain() } } }
  }

  /// Takes nothing more, because the loop is about to end: what a handler answers then comes too late.
  func close() { state.withLock { $0.isClosed = true } }

  private func drain() {
    let work = state.withLock { state in
      state.isScheduled = false
      var work: [Work] = []
      swap(&work, &state.work)
      return work
    }
    for item in work {
      switch item {
      case .reply(let stream, let framed, let trailers): stream.replyOnLoop(framed, trailers)
      case .fail(let stream, let status): stream.failOnLoop(status)
      case .run(let body): body()
      }
    }
  }
}
