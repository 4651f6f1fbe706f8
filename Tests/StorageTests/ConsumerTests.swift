import Synchronization
import Testing

@testable import Storage

@Suite struct ConsumerTests {
  private let directory = TemporaryDirectory()

  private struct Broken: Error {}

  private func consumer(
    _ module: ModuleScope = wishes, _ type: String = "fulfilled", start: ConsumerRegistration.Start = .now,
    before: @escaping @Sendable (StoredEvent) throws -> Void = { _ in }
  ) -> ConsumerRegistration {
    ConsumerRegistration(module: module, type: type, start: start) { transaction, event in
      if module == wishes {
        try transaction.insert("\(event.sequence)", title: "\(event.subject) \(event.payload)")
      } else {
        try transaction.execute(
          "INSERT INTO workers_worker VALUES (?, ?)", "\(event.sequence)", event.subject)
      }
      try before(event)
    }
  }

  private func workersSeen(_ database: Database) async throws -> [String] {
    try await database.read(in: call(workers)) {
      try $0.all("SELECT name FROM workers_worker ORDER BY name") { $0.text(0) }
    }
  }

  @Test func everyConsumerOfATypeGetsEachEventOnce() async throws {
    let database = try open(directory)
    try database.start(consumers: [consumer(), consumer(workers), consumer(wishes, "lapsed")])
    try await database.write { transaction throws in
      try transaction.emit("fulfilled", subject: "a", [1])
      try transaction.entering(workers).emit("fulfilled", subject: "b", [2])
      try transaction.emit("unheard", subject: "c", [3])
      try transaction.emit("lapsed", subject: "d", [4])
    }
    #expect(try await eventually { try await database.titles() == ["a [1]", "b [2]", "d [4]"] })
    #expect(try await eventually { try await self.workersSeen(database) == ["a", "b"] })
    let emitters = try await database.kernel {
      try $0.all("SELECT module FROM kernel_event ORDER BY sequence") { $0.text(0) }
    }
    #expect(emitters == ["wishes", "workers", "wishes", "wishes"])
    #expect(try await eventually { database.statistics.consumers.map(\.consumed) == [2, 2, 1] })
    #expect(database.statistics.consumers.allSatisfy { $0.lag == 0 })
  }

  @Test func eventsSurviveReopeningAndComeOnceInOrder() async throws {
    let database = try open(directory)
    try database.start(consumers: [consumer()])
    for index in 0..<20 {
      try await database.write { try $0.emit("fulfilled", subject: "\(index)", []) }
    }
    #expect(try await eventually { try await database.titles().count == 20 })
    database.close()

    // Emitted while no consumer runs.
    let silent = try open(directory)
    for index in 20..<200 {
      try await silent.write { try $0.emit("fulfilled", subject: "\(index)", []) }
    }
    silent.close()

    let order = Mutex<[Int64]>([])
    let gate = WorkQueue<Int>(maximumCount: 1)
    let again = try open(directory)
    try again.start(consumers: [
      consumer { event in
        order.withLock { $0.append(event.sequence) }
        if event.sequence == 21 { _ = gate.takeOne() }
      }
    ])
    #expect(again.statistics.consumers[0].lag == 180)
    _ = gate.put(0, bytes: 0)
    #expect(try await eventually { try await again.titles().count == 200 })
    #expect(order.withLock { $0 } == Array(21...200))
    again.close()

    let last = try open(directory)
    try last.start(consumers: [consumer()])
    #expect(last.statistics.consumers[0].lag == 0)
    try await last.write { try $0.emit("fulfilled", subject: "last", []) }
    #expect(try await eventually { try await last.titles().count == 201 })
  }

  @Test func aNewConsumerBeginsWhereItSays() async throws {
    let database = try open(directory)
    try await database.write { try $0.emit("fulfilled", subject: "old", []) }
    try database.start(consumers: [consumer(), consumer(workers, start: .beginning)])
    try await database.write { try $0.emit("fulfilled", subject: "new", []) }
    #expect(try await eventually { try await self.workersSeen(database) == ["new", "old"] })
    #expect(try await eventually { try await database.titles() == ["new []"] })
  }

  @Test func aFailingConsumerHoldsNobodyUpAndKeepsTheOrder() async throws {
    let lines = Mutex<[String]>([])
    let database = try open(directory) { $0.log = { line in lines.withLock { $0.append(line.message) } } }
    let failures = Mutex(0)
    try database.start(consumers: [
      consumer { event in
        guard event.subject == "b" else { return }
        let count = failures.withLock { failures in
          failures += 1
          return failures
        }
        // The first failure may be seen twice: a batch with other effects in it runs again.
        if count < 3 { throw Broken() }
      },
      consumer(workers),
    ])
    for subject in ["a", "b", "c"] {
      try await database.write { try $0.emit("fulfilled", subject: subject, []) }
    }
    #expect(try await eventually { try await self.workersSeen(database) == ["a", "b", "c"] })
    #expect(try await eventually { try await database.titles() == ["a []", "b []", "c []"] })
    let rows = try await database.read {
      try $0.all("SELECT id FROM wishes_wish ORDER BY id") { $0.text(0) }
    }
    #expect(rows == ["1", "2", "3"])
    #expect(lines.withLock { $0.contains { $0.contains("consumer wishes/fulfilled failed on event 2") } })
    #expect(
      try await eventually {
        let figures = database.statistics.consumers[0]
        return figures.consumed == 3 && figures.lastError.isEmpty
      })
  }

  /// However often a later event fails, and although so many batches come between its attempts that the writer
  /// runs units without savepoints again: the events before it then run twice, in a batch where it has failed.
  @Test func anEventAheadOfAFailingOneIsConsumed() async throws {
    let clock = StillClock()
    let database = try open(directory) { $0.clock = clock.clock }
    let isBroken = Mutex(true)
    try database.start(consumers: [
      consumer { event in
        if event.subject == "b", isBroken.withLock({ $0 }) { throw Broken() }
      }
    ])
    try await database.write { transaction throws in
      for subject in ["a", "b", "c"] { try transaction.emit("fulfilled", subject: subject, []) }
    }
    for attempt in 1...3 {
      #expect(try await eventually { database.statistics.consumers[0].attempt == attempt })
      #expect(try await database.titles() == ["a []"])
      #expect(database.statistics.consumers[0].consumed == 1)
      for _ in 0..<40 { try await database.write { _ in } }
      clock.move(by: ConsumerService.longestPause)
      database.lookAtClock()
    }
    isBroken.withLock { $0 = false }
    #expect(
      try await eventually {
        clock.move(by: ConsumerService.longestPause)
        database.lookAtClock()
        return try await database.titles() == ["a []", "b []", "c []"]
      })
    let rows = try await database.read {
      try $0.all("SELECT id FROM wishes_wish ORDER BY title") { $0.text(0) }
    }
    #expect(rows == ["1", "2", "3"])
  }

  @Test func aConsumerMayEmit() async throws {
    let database = try open(directory)
    try database.start(consumers: [
      ConsumerRegistration(module: wishes, type: "fulfilled") { transaction, event in
        try transaction.emit("thanked", subject: event.subject, event.payload)
      },
      consumer(wishes, "thanked"),
    ])
    try await database.write { try $0.emit("fulfilled", subject: "a", [5]) }
    #expect(try await eventually { try await database.titles() == ["a [5]"] })
  }

  @Test func anEventOfAFailedJobIsNeverSeen() async throws {
    let database = try open(directory)
    try database.start(consumers: [consumer()])
    _ = await submitTogether(
      database,
      [
        body { try $0.emit("fulfilled", subject: "kept", []) },
        body {
          try $0.emit("fulfilled", subject: "lost", [])
          throw Broken()
        },
        body { try $0.emit("fulfilled", subject: "kept too", []) },
      ])
    #expect(try await eventually { try await database.titles() == ["kept []", "kept too []"] })
    #expect(try await eventually { database.statistics.consumers[0].consumed == 2 })
    #expect(database.statistics.consumers[0].lag == 0)
  }

  @Test func backgroundWorkIsAudited() async throws {
    let database = try open(directory)
    try database.start(
      timers: [
        TimerRegistration(module: wishes, name: "lapse") { transaction, _ in
          transaction.subject = "w"
          try transaction.insert("w")
        }
      ],
      consumers: [consumer()])
    try await database.write { transaction throws in
      try transaction.emit("fulfilled", subject: "a", [])
      try transaction.schedule("lapse", key: "k", at: transaction.now)
    }
    #expect(
      try await eventually {
        try await database.kernel {
          try $0.all("SELECT principal, method, subject FROM kernel_audit ORDER BY method") {
            "\($0.text(0)) \($0.text(1)) \($0.text(2))"
          }
        } == [
          "system event/wishes/fulfilled ", "system timer/wishes/lapse w", "caller wishes.v1.Wishes/Do ",
        ]
      })
  }

  @Test func eventsHaveLimits() async throws {
    let database = try open(directory)
    await #expect(throws: StorageError.self) {
      try await database.write { try $0.emit("t", subject: "", [UInt8](repeating: 0, count: 1 << 20 + 1)) }
    }
    await #expect(throws: StorageError.self) {
      try await database.write { try $0.emit("t", subject: String(repeating: "s", count: 513), []) }
    }
  }
}
