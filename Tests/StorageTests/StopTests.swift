import Foundation
import Synchronization
import Testing

@testable import Storage

/// What a stop finishes, and what it leaves to the next start.
@Suite struct StopTests {
  private let directory = TemporaryDirectory()

  /// Closes a database on a thread of its own; returns once nothing is taken in any more.
  private func beginClosing(_ database: Database) async throws -> WorkQueue<Int> {
    let closed = WorkQueue<Int>(maximumCount: 1)
    Thread.detachNewThread {
      database.close()
      _ = closed.put(0, bytes: 0)
    }
    #expect(try await eventually { database.writer.queue.isClosed })
    return closed
  }

  /// What `start` throws. It is called on a thread of its own, so that a call which never returns fails a test
  /// and does not hold it.
  private func errorOfStart(_ database: Database) async throws -> (any Error)? {
    let answer = WorkQueue<Result<Void, any Error>>(maximumCount: 1)
    Thread.detachNewThread {
      let result = Result { try database.start() }
      _ = answer.put(result, bytes: 0)
    }
    guard try await eventually({ answer.load.count == 1 }) else { return nil }
    return answer.takeOne()?.error
  }

  @Test func aTimerThatSetsItselfAgainDoesNotHoldTheStop() async throws {
    let database = try open(directory)
    let gate = WorkQueue<Int>(maximumCount: 1)
    let fired = Mutex(0)
    try database.start(timers: [
      TimerRegistration(module: wishes, name: "again") { transaction, firing in
        let count = fired.withLock { fired in
          fired += 1
          return fired
        }
        if count == 1 { _ = gate.takeOne() }
        // It ends some time, lest a test that fails never does.
        if count < 500 { try transaction.schedule("again", key: firing.key, at: transaction.now) }
      }
    ])
    try await database.write { try $0.schedule("again", key: "a", at: $0.now) }
    #expect(try await eventually { fired.withLock { $0 } == 1 })
    let closed = try await beginClosing(database)
    _ = gate.put(0, bytes: 0)
    #expect(try await eventually { closed.load.count == 1 })
    #expect(fired.withLock { $0 } == 1)

    let again = try open(directory)
    try again.start(timers: [
      TimerRegistration(module: wishes, name: "again") { transaction, firing in
        try transaction.insert(firing.key)
      }
    ])
    #expect(try await eventually { try await again.titles() == ["a"] })
  }

  @Test func aStopFinishesCallsAndLeavesEvents() async throws {
    let database = try open(directory)
    let gate = WorkQueue<Int>(maximumCount: 1)
    let seen = Mutex<[Int64]>([])
    try database.start(consumers: [
      ConsumerRegistration(module: wishes, type: "fulfilled") { _, event in
        seen.withLock { $0.append(event.sequence) }
        if event.sequence == 1 { _ = gate.takeOne() }
      }
    ])
    try await database.write { transaction throws in
      for _ in 0..<500 { try transaction.emit("fulfilled", subject: "", []) }
    }
    #expect(try await eventually { seen.withLock { $0 } == [1] })
    async let outcomes = submit(database, ["a", "b", "c"].map { id in body { try $0.insert(id) } })
    #expect(try await eventually { database.statistics.waitingJobs == 3 })
    let closed = try await beginClosing(database)
    _ = gate.put(0, bytes: 0)
    let finished = await outcomes
    #expect(finished.allSatisfy { $0.error == nil })
    #expect(try await eventually { closed.load.count == 1 })
    #expect(seen.withLock { $0.count } < 500)

    let again = try open(directory)
    try again.start(consumers: [
      ConsumerRegistration(module: wishes, type: "fulfilled") { _, event in
        seen.withLock { $0.append(event.sequence) }
      }
    ])
    #expect(try await eventually { seen.withLock { $0.count } >= 500 })
    #expect(seen.withLock { $0 } == Array(1...500))
    #expect(try await again.titles() == ["a", "b", "c"])
  }

  @Test func aStartAfterTheStopIsRefused() async throws {
    let database = try open(directory)
    database.close()
    let error = try await errorOfStart(database)
    #expect(error as? StorageError == .closed)
  }

  @Test func aStartDuringTheStopIsRefused() async throws {
    let database = try open(directory)
    let gate = WorkQueue<Int>(maximumCount: 1)
    let started = WorkQueue<Int>(maximumCount: 1)
    database.writer.submit(
      WriteJob(call: call()) { _, _ in
        _ = started.put(0, bytes: 0)
        _ = gate.takeOne()
      } completion: { _ in
      })
    #expect(try await eventually { started.load.count == 1 })
    let closed = try await beginClosing(database)
    async let answer = errorOfStart(database)
    try await Task.sleep(for: .milliseconds(50))
    _ = gate.put(0, bytes: 0)
    let error = try await answer
    #expect(error as? StorageError == .closed)
    #expect(try await eventually { closed.load.count == 1 })
  }
}
