import Synchronization
import Testing

@testable import Storage

@Suite struct TimerTests {
  private let directory = TemporaryDirectory()
  private let clock = TestClock()

  private struct Broken: Error {}

  private func reopen() throws -> Database { try open(directory) { $0.clock = clock.clock } }

  /// Writes each firing down as a wish.
  private let recorder = TimerRegistration(module: wishes, name: "lapse") { transaction, firing in
    try transaction.insert(
      transaction.makeID(), title: "\(firing.key) \(firing.payload) \(firing.scheduledAt <= transaction.now)",
      votes: firing.attempt)
  }

  private func move(_ database: Database, by duration: Duration) {
    clock.move(by: duration)
    database.lookAtClock()
  }

  @Test func aTimerFiresOnceAtItsTimeAndNotBefore() async throws {
    let database = try reopen()
    try database.start(timers: [recorder])
    let at = clock.now + .seconds(60)
    try await database.write { try $0.schedule("lapse", key: "a", at: at, payload: [1]) }
    move(database, by: .milliseconds(59_999))
    try await database.write { _ in }
    try await Task.sleep(for: .milliseconds(50))
    #expect(try await database.titles().isEmpty)
    move(database, by: .milliseconds(1))
    #expect(try await eventually { try await database.titles() == ["a [1] true"] })
    move(database, by: .seconds(3_600))
    try await database.write { _ in }
    #expect(try await database.titles() == ["a [1] true"])
    #expect(database.statistics.timersFired == 1)
  }

  @Test func withoutAWakeUpTheClockIsLookedAtEachSecond() async throws {
    let database = try reopen()
    try database.start(timers: [recorder])
    let at = clock.now + .seconds(86_400)
    try await database.write { try $0.schedule("lapse", key: "a", at: at) }
    // The wall clock jumps; nobody tells the writer.
    clock.move(by: .seconds(86_400))
    #expect(try await eventually { try await database.titles().count == 1 })
  }

  @Test func aClockThatJumpsBackFiresNothingEarly() async throws {
    let database = try reopen()
    try database.start(timers: [recorder])
    let start = clock.now
    try await database.write { try $0.schedule("lapse", key: "a", at: start + .seconds(10)) }
    move(database, by: .seconds(-100))
    move(database, by: .seconds(105))
    try await Task.sleep(for: .milliseconds(50))
    #expect(try await database.titles().isEmpty)
    move(database, by: .seconds(5))
    #expect(try await eventually { try await database.titles().count == 1 })
  }

  @Test func timersSurviveReopeningAndFireInOrder() async throws {
    let database = try reopen()
    let start = clock.now
    try await database.write { transaction throws in
      for (key, seconds) in [("c", 30), ("a", 10), ("b", 20), ("never", 10_000)] {
        try transaction.schedule(
          "lapse", key: key, at: start + .seconds(seconds), payload: [UInt8(key.utf8.count)])
      }
    }
    database.close()
    clock.move(by: .seconds(3_600))
    let again = try reopen()
    let order = Mutex<[String]>([])
    try again.start(timers: [
      TimerRegistration(module: wishes, name: "lapse") { transaction, firing in
        order.withLock { $0.append(firing.key) }
        try transaction.insert(firing.key)
      }
    ])
    #expect(try await eventually { try await again.titles() == ["a", "b", "c"] })
    #expect(order.withLock { $0 } == ["a", "b", "c"])
    again.close()
    let third = try reopen()
    try third.start(timers: [recorder])
    try await third.write { _ in }
    #expect(try await third.titles() == ["a", "b", "c"])
  }

  @Test func settingAgainReplacesAndCancellingTakesBack() async throws {
    let database = try reopen()
    try database.start(timers: [recorder])
    let start = clock.now
    try await database.write { transaction throws in
      try transaction.schedule("lapse", key: "moved", at: start + .seconds(10), payload: [1])
      try transaction.schedule("lapse", key: "moved", at: start + .seconds(20), payload: [2])
      try transaction.schedule("lapse", key: "cancelled", at: start + .seconds(10))
      try transaction.cancel("lapse", key: "cancelled")
      try transaction.cancel("lapse", key: "unknown")
      // Another module's timer of the same name and key is another timer.
      try transaction.entering(workers).cancel("lapse", key: "moved")
    }
    move(database, by: .seconds(15))
    try await Task.sleep(for: .milliseconds(50))
    #expect(try await database.titles().isEmpty)
    move(database, by: .seconds(5))
    #expect(try await eventually { try await database.titles() == ["moved [2] true"] })
  }

  @Test func aHandlerMaySetItsOwnTimerAgain() async throws {
    let database = try reopen()
    try database.start(timers: [
      TimerRegistration(module: wishes, name: "lapse") { transaction, firing in
        try transaction.insert(transaction.makeID(), title: "\(firing.payload[0])")
        if firing.payload[0] < 3 {
          try transaction.schedule(
            "lapse", key: firing.key, at: transaction.now, payload: [firing.payload[0] + 1])
        }
      }
    ])
    try await database.write { try $0.schedule("lapse", key: "a", at: $0.now, payload: [1]) }
    #expect(try await eventually { try await database.titles() == ["1", "2", "3"] })
  }

  @Test func aFailingTimerIsTriedAgainWithGrowingPauses() async throws {
    let database = try reopen()
    let attempts = Mutex<[Int]>([])
    try database.start(timers: [
      TimerRegistration(module: wishes, name: "lapse") { transaction, firing in
        attempts.withLock { $0.append(firing.attempt) }
        try transaction.insert(transaction.makeID(), title: "attempt \(firing.attempt)")
        if firing.attempt < 3 { throw Broken() }
      },
      TimerRegistration(module: wishes, name: "other") { transaction, _ in try transaction.insert("other") },
    ])
    try await database.write { transaction throws in
      try transaction.schedule("lapse", key: "a", at: transaction.now)
      try transaction.schedule("other", key: "a", at: transaction.now)
    }
    // The failing one holds nothing up.
    #expect(try await eventually { try await database.titles() == ["other"] })
    #expect(try await eventually { database.statistics.timersFailed == 1 })
    let (error, pause) = try #require(
      try await database.kernel {
        try $0.first("SELECT last_error, not_before - at FROM kernel_timer") { ($0.text(0), $0.int(1)) }
      })
    #expect(error == "Broken()")
    #expect((500...1_001).contains(pause))
    move(database, by: .milliseconds(1_001))
    #expect(try await eventually { database.statistics.timersFailed == 2 })
    move(database, by: .milliseconds(2_001))
    #expect(try await eventually { try await database.titles() == ["attempt 3", "other"] })
    #expect(attempts.withLock { $0.filter { $0 == 3 } }.count == 1)
    #expect(
      try await database.kernel { try $0.first("SELECT count(*) FROM kernel_timer") { $0.int(0) } } == 0)
  }

  @Test func aTimerWithoutAHandlerWaitsForOne() async throws {
    let database = try reopen()
    try database.start(timers: [])
    try await database.write { try $0.schedule("lapse", key: "a", at: $0.now) }
    #expect(try await eventually { database.statistics.timersFailed == 1 })
    database.close()
    let again = try reopen()
    try again.start(timers: [recorder])
    #expect(try await eventually { try await again.titles().count == 1 })
  }

  @Test func manyTimersFireWhileJobsGoOn() async throws {
    let database = try reopen()
    try database.start(timers: [recorder])
    try await database.write { transaction throws in
      for index in 0..<500 { try transaction.schedule("lapse", key: "\(index)", at: transaction.now) }
    }
    for index in 0..<20 { try await database.write { try $0.insert("job \(index)") } }
    #expect(try await eventually { try await database.titles().count == 520 })
    #expect(try await eventually { database.statistics.timersFired == 500 })
    #expect(try await eventually { database.statistics.timersDue == 0 })
  }

  @Test func pausesDoubleUpToTheirLimit() {
    let random = SeededRandomSource(seed: 3)
    for (attempt, longest) in [
      (1, 1_000), (2, 2_000), (5, 16_000), (9, 256_000), (10, 300_000), (1_000, 300_000),
    ] {
      for _ in 0..<50 {
        let pause = Backoff.pause(
          attempt: attempt, first: .seconds(1), longest: .seconds(300), random: random
        ).wholeMilliseconds
        #expect(pause <= longest && pause > longest / 2)
      }
    }
  }

  @Test func timersHaveLimits() async throws {
    let database = try reopen()
    await #expect(throws: StorageError.self) {
      try await database.write { try $0.schedule(String(repeating: "n", count: 129), key: "", at: $0.now) }
    }
    await #expect(throws: StorageError.self) {
      try await database.write {
        try $0.schedule("n", key: "", at: $0.now, payload: [UInt8](repeating: 0, count: 65_537))
      }
    }
  }
}
