import Synchronization
import Testing

@testable import Storage

@Suite struct BackgroundPauseTests {
  private let directory = TemporaryDirectory()

  @Test func pausesDoubleUpToAMinuteAndACommitEndsThem() {
    var now = ContinuousClock.now
    var pause = BackgroundPause()
    #expect(pause.remaining(at: now) == nil)
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
      let length = pause.begin(at: now)
      #expect(length == .seconds(seconds))
      #expect(pause.remaining(at: now) == .seconds(seconds))
      // One failure that is met twice is one.
      #expect(pause.begin(at: now) == .seconds(seconds))
      now += .seconds(seconds)
      #expect(pause.remaining(at: now) == nil)
    }
    #expect(pause.begin(at: now) == .seconds(60))
    #expect(pause.remaining(at: now + .seconds(59)) == .seconds(1))
    pause.reset()
    #expect(pause.remaining(at: now) == nil)
    let length = pause.begin(at: now)
    #expect(length == .seconds(1))
  }

  /// The engine refuses a database that grows past its limit with the error of a full disk.
  private func limit(_ database: Database, toPages count: Int64) async throws {
    try await database.write { transaction throws in
      try transaction.connection.pragma("max_page_count = \(count)")
    }
  }

  /// A timer's own error, that of a full disk, undoes its batch, and with it that the timer is put off.
  @Test func aTimerThatFindsTheDiskFullPausesAndCallsGoOn() async throws {
    let clock = StillClock()
    let lines = Mutex<[String]>([])
    let database = try open(directory) { options in
      options.clock = clock.clock
      options.log = { line in lines.withLock { $0.append(line.message) } }
    }
    let attempts = Mutex(0)
    try database.start(timers: [
      TimerRegistration(module: wishes, name: "large") { transaction, _ in
        attempts.withLock { $0 += 1 }
        try transaction.insert("large", title: String(repeating: "x", count: 2 << 20))
      }
    ])
    let pages = try await database.kernel { try $0.connection.pragmaValue("page_count") }
    try await limit(database, toPages: pages + 200)
    try await database.write { try $0.schedule("large", key: "a", at: $0.now) }
    for attempt in 1...3 {
      #expect(try await eventually { attempts.withLock { $0 } == attempt })
      let pause: Duration = .seconds(1 << (attempt - 1))
      // The pause begins with the end of the batch, of which the log tells.
      #expect(
        try await eventually {
          lines.withLock { $0.contains { $0.contains("are tried again in \(pause): the disk is full") } }
        })
      // Each of these calls has a batch of its own, which a timer that is tried would share.
      for index in 0..<5 { try await database.write { try $0.insert("call \(attempt) \(index)") } }
      clock.move(by: pause - .milliseconds(1))
      database.lookAtClock()
      try await database.write { _ in }
      #expect(attempts.withLock { $0 } == attempt)
      if attempt < 3 {
        clock.move(by: .milliseconds(1))
        database.lookAtClock()
      }
    }
    try await limit(database, toPages: 1 << 30)
    clock.move(by: .milliseconds(1))
    database.lookAtClock()
    #expect(try await eventually { database.statistics.timersFired == 1 })
    #expect(try await database.titles().count == 16)
  }
}
