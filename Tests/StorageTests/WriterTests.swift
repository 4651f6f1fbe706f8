import Synchronization
import Testing

@testable import Storage

@Suite struct WriterTests {
  private let directory = TemporaryDirectory()

  private struct Refused: Error, Equatable {}

  @Test func jobsThatWaitTogetherShareACommit() async throws {
    let database = try open(directory) { $0.maximumBatchDuration = .seconds(60) }
    let before = database.statistics.commits
    let outcomes = await submitTogether(
      database, (0..<300).map { index in body { try $0.insert("\(index)") } })
    #expect(outcomes.count == 300 && outcomes.allSatisfy { $0.error == nil })
    // One for the job that held the writer, one or a few for the three hundred.
    #expect(database.statistics.commits - before <= 10)
    #expect(try await database.titles().count == 300)
  }

  @Test func aReplyIsWhatTheBodyWrote() async throws {
    let database = try open(directory)
    let outcome = await submit(database, [{ $0.body = { _, output in output += [1, 2, 3] } }])
    #expect(try outcome[0].get() == WriteReply(bytes: [1, 2, 3], replayed: false))
  }

  @Test(arguments: [false, true])
  func aJobThatFailsLeavesTheOthers(_ startsProtected: Bool) async throws {
    let database = try open(directory) { $0.maximumBatchDuration = .seconds(60) }
    if startsProtected {
      // A batch with a failure puts the following ones into savepoints from the start.
      _ = await submitTogether(
        database,
        [
          body { try $0.insert("x") },
          body {
            try $0.insert("y")
            throw Refused()
          },
        ])
    }
    let outcomes = await submitTogether(
      database,
      [
        body { try $0.insert("a") },
        body {
          try $0.insert("b")
          try $0.emit("type", subject: "b", [])
          try $0.schedule("later", key: "b", at: .seconds(0))
          throw Refused()
        },
        body { try $0.insert("c") },
        body { try $0.insert("a") },
        body { _ in throw Refused() },
        body {
          try $0.execute("UPDATE wishes_wish SET votes = votes + 1")
          try $0.emit("type", subject: "f", [])
        },
      ])
    #expect(outcomes.map { $0.error == nil } == [true, false, true, false, false, true])
    #expect(outcomes[1].error is Refused)
    #expect(
      outcomes[3].error as? StorageError
        == .constraint(ConstraintViolation(kind: .unique, table: "wishes_wish", columns: ["id"])))
    let votes = try await database.read {
      try $0.all("SELECT id, votes FROM wishes_wish WHERE id <> 'x' ORDER BY id") {
        "\($0.text(0))\($0.int(1))"
      }
    }
    #expect(votes == ["a1", "c1"])
    let events = try await database.kernel {
      try $0.all("SELECT sequence, subject FROM kernel_event") { "\($0.int(0))\($0.text(1))" }
    }
    #expect(events == ["1f"])
    let timers = try await database.kernel { try $0.first("SELECT count(*) FROM kernel_timer") { $0.int(0) } }
    #expect(timers == 0)
    #expect(try await eventually { database.statistics.batchesRepeated == 1 })
  }

  @Test func manyFailuresInABatchEndWell() async throws {
    let database = try open(directory)
    let outcomes = await submitTogether(
      database,
      (0..<200).map { index in
        body {
          try $0.insert("\(index)")
          if index % 3 == 0 { throw Refused() }
        }
      })
    for (index, outcome) in outcomes.enumerated() { #expect((outcome.error == nil) == (index % 3 != 0)) }
    #expect(try await database.titles().count == 133)
  }

  @Test func aHandlerMaySwallowAConstraintAndGoOn() async throws {
    let database = try open(directory)
    try await database.write { try $0.insert("a") }
    let replaced = try await database.write { transaction throws in
      do {
        try transaction.insert("a")
        return false
      } catch StorageError.constraint {
        try transaction.insert("b")
        return true
      }
    }
    #expect(replaced)
    #expect(try await database.titles() == ["a", "b"])
  }

  @Test func aDeferredReferenceIsCheckedAtTheEndOfItsOwnJob() async throws {
    let database = try open(directory)
    let outcomes = await submitTogether(
      database,
      [
        body { try $0.insert("a") },
        body { _ = try $0.execute("INSERT INTO wishes_claim (wish) VALUES ('nothing')") },
        body {
          try $0.execute("INSERT INTO wishes_claim (wish) VALUES ('late')")
          try $0.insert("late")
        },
      ])
    #expect(outcomes.map { $0.error == nil } == [true, false, true])
    #expect(
      outcomes[1].error as? StorageError
        == .constraint(ConstraintViolation(kind: .foreignKey, table: "", columns: [])))
    #expect(try await database.titles() == ["a", "late"])
  }

  @Test func aJobPastItsDeadlineHasNoEffect() async throws {
    let database = try open(directory)
    let outcomes = await submitTogether(
      database,
      [
        { job in
          job.call.deadline = .now - .milliseconds(1)
          job.body = { transaction, _ in try transaction.insert("late") }
        },
        { job in
          job.isCancelled = { true }
          job.body = { transaction, _ in try transaction.insert("cancelled") }
        },
        body { try $0.insert("a") },
      ])
    #expect(outcomes[0].error as? StorageError == .deadlineExceeded)
    #expect(outcomes[1].error as? StorageError == .cancelled)
    #expect(try await database.titles() == ["a"])
  }

  @Test func aTaskCancelledBeforeItsTurnHasNoEffect() async throws {
    let database = try open(directory)
    let gate = WorkQueue<Int>(maximumCount: 1)
    let blocked = Task { try await database.write { _ in _ = gate.takeOne() } }
    while database.statistics.waitingJobs < 1 { await Task.yield() }
    let task = Task { try await database.write { try $0.insert("a") } }
    while database.statistics.waitingJobs < 2 { await Task.yield() }
    task.cancel()
    _ = gate.put(0, bytes: 0)
    try await blocked.value
    await #expect(throws: StorageError.cancelled) { try await task.value }
    #expect(try await database.titles().isEmpty)
  }

  @Test func aFullQueueRefuses() async throws {
    let database = try open(directory) {
      $0.maximumWaitingJobs = 4
      $0.maximumWaitingBytes = 1_000
    }
    let gate = WorkQueue<Int>(maximumCount: 100)
    let done = WorkQueue<Int>(maximumCount: 100)
    let refusals = Mutex(0)
    let submit: @Sendable (Int) -> Void = { size in
      database.writer.submit(
        WriteJob(call: call(), sizeBytes: size) { _, _ in
          _ = gate.takeOne()
          _ = gate.put(0, bytes: 0)
        } completion: { result in
          if result.error as? StorageError == .overloaded(retryAfter: .milliseconds(200)) {
            refusals.withLock { $0 += 1 }
          } else {
            _ = done.put(0, bytes: 0)
          }
        })
    }
    submit(600)
    submit(600)
    #expect(refusals.withLock { $0 } == 1)
    for _ in 0..<4 { submit(100) }
    #expect(refusals.withLock { $0 } == 2)
    #expect(database.statistics.jobsRefused == 2)
    _ = gate.put(0, bytes: 0)
    for _ in 0..<4 { _ = done.takeOne() }
    try await database.write { _ in }
    #expect(
      try await eventually { database.statistics.waitingJobs == 0 && database.statistics.waitingBytes == 0 })
  }

  @Test func aRunawayQueryIsStoppedAtItsDeadline() async throws {
    let database = try open(directory)
    let started = ContinuousClock.now
    await #expect(throws: StorageError.deadlineExceeded) {
      try await database.read(in: call(deadline: started + .milliseconds(100))) { try $0.runaway() }
    }
    let took = ContinuousClock.now - started
    #expect(took >= .milliseconds(100))
    // The reader is as usable as before.
    #expect(try await database.read { try $0.first("SELECT 1") { $0.int(0) } } == 1)
  }

  @Test func aRunawayCallWithoutADeadlineIsStoppedToo() async throws {
    let database = try open(directory) {
      $0.maximumReadDuration = .milliseconds(100)
      $0.maximumWriteDuration = .milliseconds(100)
    }
    await #expect(throws: StorageError.deadlineExceeded) { try await database.read { try $0.runaway() } }
    await #expect(throws: StorageError.deadlineExceeded) { try await database.write { try $0.runaway() } }
  }

  /// An interrupted write makes SQLite roll the whole transaction back, not the statement alone.
  @Test func aRunawayWriteTakesNoOtherJobDown() async throws {
    let database = try open(directory) { $0.maximumWriteDuration = .milliseconds(100) }
    let outcomes = await submitTogether(
      database,
      [
        body { try $0.insert("a") },
        body { try $0.runawayWrite() },
        body {
          try $0.insert("swallowed")
          do { try $0.runawayWrite() } catch {}
          try $0.insert("after")
        },
        body {
          try $0.insert("swallowed at the end")
          do { try $0.runawayWrite() } catch {}
        },
        body { try $0.insert("b") },
      ])
    #expect(outcomes.map { $0.error == nil } == [true, false, false, false, true])
    for index in 1...3 { #expect(outcomes[index].error as? StorageError == .deadlineExceeded) }
    #expect(try await database.titles() == ["a", "b"])
  }

  @Test func timeStandsStillWhileTheClockIsBack() async throws {
    let clock = TestClock()
    let database = try open(directory) { $0.clock = clock.clock }
    let first = try await database.write { $0.now }
    #expect(first == clock.now)
    clock.move(by: .seconds(-3_600))
    #expect(try await database.write { $0.now } == first)
    #expect(try await database.read { $0.now } == first)
    clock.move(by: .seconds(3_601))
    #expect(try await database.read { $0.now } == first + .seconds(1))
  }

  @Test func identifiersOfTransactionsComeFromClockAndSeed() async throws {
    func identifiers() async throws -> [String] {
      let directory = TemporaryDirectory()
      let clock = TestClock(Instant(milliseconds: 0x017f_22e2_79b0))
      let database = try open(directory) {
        $0.clock = clock.clock
        $0.random = .seeded(42)
      }
      return try await database.write { transaction throws in
        (0..<3).map { _ in transaction.makeID() } + ["\(transaction.randomBytes(5))"]
      }
    }
    let first = try await identifiers()
    #expect(try await identifiers() == first)
    #expect(first[0].hasPrefix("017f22e2-79b0-7"))
  }
}

extension Snapshot {
  func runaway() throws {
    _ = try first(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    ) { $0.int(0) }
  }
}

extension Transaction {
  func runawayWrite() throws {
    try execute(
      """
      INSERT INTO wishes_wish (id, title, votes)
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'runaway' || i, 'x', 0 FROM n
      """)
  }
}
