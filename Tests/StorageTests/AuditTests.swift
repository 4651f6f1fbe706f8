import Audit
import Testing

@testable import Storage

@Suite struct AuditTests {
  let directory = TemporaryDirectory()

  /// The chain as it is kept, checked link by link.
  private func chain(_ database: Database) async throws -> [AuditRecord] {
    let stored = try await database.write {
      try $0.auditRecords(after: 0, limit: 1_000)
    }
    var previous = AuditRecord.firstPreviousHash
    for (index, entry) in stored.enumerated() {
      #expect(entry.record.sequence == Int64(index + 1))
      #expect(entry.hash == entry.record.hash(after: previous))
      previous = entry.hash
    }
    return stored.map(\.record)
  }

  @Test func changesHoldOldAndNewValuesOfEveryRow() async throws {
    let database = try open(directory)
    try await database.write { transaction in
      try transaction.execute("INSERT INTO wishes_wish (id, title, votes, code) VALUES ('a', '电饭锅', 1, NULL)")
      try transaction.execute("INSERT INTO wishes_claim (id, wish) VALUES (7, 'a')")
    }
    try await database.write { transaction in
      try transaction.execute("UPDATE wishes_wish SET votes = votes + 1, title = title WHERE id = 'a'")
    }
    try await database.write { transaction in
      try transaction.execute("DELETE FROM wishes_claim")
    }
    let records = try await chain(database)
    let shapes = try await database.read { try $0.auditShapes() }
    func named(_ shape: [UInt8]) -> String { shapes.first { $0.identifier == shape }?.table ?? "?" }

    let first = try RowChange.decode(records[0].changes)
    #expect(first.map(\.operation) == [.insert, .insert])
    #expect(first.map { named($0.shape) } == ["wishes_wish", "wishes_claim"])
    #expect(first[0].columns.map(\.new) == [.text("a"), .text("电饭锅"), .integer(1), .null])
    #expect(shapes.first { $0.table == "wishes_wish" }?.columns == ["id", "title", "votes", "code"])

    // The key, unchanged, says which row; of the others only what changed is there.
    let second = try RowChange.decode(records[1].changes)
    #expect(second.map(\.operation) == [.update])
    #expect(
      second[0].columns == [
        .init(index: 0, old: .text("a"), new: .text("a")),
        .init(index: 2, old: .integer(1), new: .integer(2)),
      ])
    let third = try RowChange.decode(records[2].changes)
    #expect(third.map(\.operation) == [.delete])
    #expect(third[0].columns.map(\.old) == [.integer(7), .text("a")])
  }

  @Test func theChainGoesOnAcrossFailuresAndRestarts() async throws {
    var database = try open(directory)
    for round in 0..<3 {
      let outcomes = await submitTogether(
        database,
        [
          { job in job.body = { transaction, _ in try transaction.insert("a\(round)") } },
          // Fails after it has written, so the batch is undone and repeated.
          { job in
            job.body = { transaction, _ in
              try transaction.insert("b\(round)")
              throw StorageError.busy
            }
          },
          { job in job.body = { transaction, _ in try transaction.insert("c\(round)") } },
        ])
      #expect(outcomes.map { $0.error == nil } == [true, false, true])
      database.close()
      database = try open(directory)
    }
    let records = try await chain(database)
    let changed = try records.flatMap { try RowChange.decode($0.changes) }.compactMap(\.columns.first?.new)
    #expect(changed == ["a0", "c0", "a1", "c1", "a2", "c2"].map { .text($0) })
  }

  /// Each is a reason for which the record of a write cannot be made.
  @Test func aCallWithoutARecordFailsAndLeavesNothing() async throws {
    let database = try open(directory)
    try await database.write { try $0.insert("before") }
    let large = String(repeating: "x", count: 1 << 20)
    let calls: [@Sendable (Transaction) throws -> Void] = [
      { $0.subject = String(repeating: "s", count: 513) },
      { transaction in for person in 0...10_000 { transaction.concerns(person: "p\(person)") } },
      { transaction in for number in 0..<17 { try transaction.insert("large\(number)", title: large) } },
    ]
    for body in calls {
      await #expect(throws: StorageError.self) {
        try await database.write { transaction in
          try transaction.insert("never")
          try body(transaction)
        }
      }
    }
    var context = call()
    context.purpose = String(repeating: "p", count: 65)
    await #expect(throws: StorageError.self) {
      try await database.write(in: context) { try $0.insert("never") }
    }
    try await database.write { try $0.insert("after") }
    #expect(try await database.titles() == ["after", "before"])
    #expect(try await chain(database).count == 2)
  }

  @Test func aReadWithAPurposeIsFoundByThePerson() async throws {
    let database = try open(directory)
    var context = call(caller: "staff")
    context.purpose = "fulfilment"
    context.credentialID = "token-1"
    try await database.write(in: context) { transaction in
      for person in ["p1", "p2", "p2", "p1"] { transaction.concerns(person: person) }
    }
    try await database.write { $0.concerns(person: "p1") }
    let looks = try await database.read { transaction in
      var filter = AuditFilter()
      filter.lookedAt = "p1"
      return try transaction.auditRecords(filter, before: nil, limit: 10).records
    }
    #expect(looks.map(\.record.principal) == ["staff"])
    #expect(looks.first?.record.persons == ["p1", "p2"])
    #expect(looks.first?.record.purpose == "fulfilment")
    #expect(looks.first?.record.credential == "token-1")
    // The second call had no purpose: it is on record, and no look.
    #expect(try await chain(database).map(\.persons) == [["p1", "p2"], ["p1"]])
  }

  /// Turns bytes around, and knows no erased person's replies.
  struct Turner: StorageSealer {
    func seal(
      changes: [UInt8], of sequence: Int64, concerning persons: [String], in transaction: Transaction
    ) -> [UInt8] { changes.reversed() }
    func open(
      changes: [UInt8], of sequence: Int64, concerning persons: [String], in snapshot: Snapshot
    ) -> [UInt8]? { changes.reversed() }
    func seal(reply: [UInt8], of persons: [String], in transaction: Transaction) -> [UInt8] {
      reply.reversed()
    }
    func open(reply: [UInt8], of persons: [String], in transaction: Transaction) -> [UInt8]? {
      persons.contains("erased") ? nil : reply.reversed()
    }
  }

  @Test func whatIsKeptIsSealed() async throws {
    let database = try open(directory) { $0.sealer = Turner() }
    func keyed(_ key: String, _ person: String?) -> Setup {
      { job in
        job.idempotencyKey = key
        job.digest = [1]
        job.body = { transaction, output in
          if let person { transaction.concerns(person: person) }
          try transaction.insert(key)
          output = [1, 2, 3]
        }
      }
    }
    for _ in 0..<2 {
      let outcomes = await submit(database, [keyed("k1", "alive"), keyed("k2", nil)])
      #expect(outcomes.map { try? $0.get().bytes } == [[1, 2, 3], [1, 2, 3]])
    }
    let made = await submit(database, [keyed("k3", "erased")])
    #expect(try made[0].get().bytes == [1, 2, 3])
    #expect(await submit(database, [keyed("k3", "erased")])[0].error as? StorageError == .replyErased)
    let kept = try await database.kernel {
      try $0.all("SELECT reply FROM kernel_idempotency ORDER BY sequence") { $0.bytes(0) }
    }
    #expect(kept == [[3, 2, 1], [1, 2, 3], [3, 2, 1]])
    let first = try #require(try await chain(database).first?.changes)
    #expect(try RowChange.decode(first.reversed()).first?.operation == .insert)
  }
}
