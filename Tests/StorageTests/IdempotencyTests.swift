import Foundation
import Testing

@testable import Storage

@Suite struct IdempotencyTests {
  private let directory = TemporaryDirectory()

  private func keyed(
    _ key: String, digest: [UInt8] = [1], caller: String = "caller", method: String = "wishes.v1.Wishes/Do",
    reply: [UInt8], fails: Bool = false
  ) -> Setup {
    {
      $0.call = call(caller: caller, method: method)
      $0.idempotencyKey = key
      $0.digest = digest
      $0.body = { transaction, output in
        try transaction.insert(transaction.makeID(), title: "effect")
        output += reply
        if fails { throw StorageError.busy }
      }
    }
  }

  private func effects(_ database: Database) async throws -> Int { try await database.titles().count }

  @Test func aRepeatedCallHasOneEffectAndTheSameReply() async throws {
    let database = try open(directory)
    let first = try await submit(database, [keyed("k", reply: [7])])[0].get()
    let second = try await submit(database, [keyed("k", reply: [8])])[0].get()
    #expect(first == WriteReply(bytes: [7], replayed: false))
    #expect(second == WriteReply(bytes: [7], replayed: true))
    #expect(try await effects(database) == 1)
    #expect(try await eventually { database.statistics.jobsReplayed == 1 })
  }

  @Test func theReplySurvivesReopening() async throws {
    let database = try open(directory)
    _ = await submit(database, [keyed("k", reply: [7])])
    database.close()
    let again = try open(directory)
    #expect(
      try await submit(again, [keyed("k", reply: [8])])[0].get() == WriteReply(bytes: [7], replayed: true))
  }

  @Test(arguments: [false, true])
  func twoUsesInOneBatchAreOneEffect(_ withFailure: Bool) async throws {
    let database = try open(directory)
    var jobs = (0..<64).map { keyed("k", reply: [UInt8($0)]) }
    if withFailure { jobs.insert(keyed("other", reply: [], fails: true), at: 10) }
    let outcomes = await submitTogether(database, jobs)
    let replies = outcomes.compactMap { try? $0.get() }
    #expect(replies.count == 64)
    #expect(replies.allSatisfy { $0.bytes == [0] })
    #expect(replies.filter { !$0.replayed }.count == 1)
    #expect(try await effects(database) == 1)
  }

  @Test func aKeyForAnotherRequestOrMethodIsRefused() async throws {
    let database = try open(directory)
    _ = await submit(database, [keyed("k", reply: [])])
    let outcomes = await submitTogether(
      database,
      [
        keyed("k", digest: [2], reply: []), keyed("k", method: "wishes.v1.Wishes/Other", reply: []),
        keyed("k", caller: "another", reply: []), keyed("k2", reply: []),
      ])
    #expect(outcomes[0].error as? StorageError == .idempotencyMismatch(key: "k"))
    #expect(outcomes[1].error as? StorageError == .idempotencyMismatch(key: "k"))
    #expect(outcomes[2].error == nil && outcomes[3].error == nil)
    #expect(try await effects(database) == 3)
  }

  /// Callers may write anything into a key: no file has it.
  @Test func aKeyIsNotKept() async throws {
    let database = try open(directory)
    let key = "zhang-san-13800000000"
    #expect(try await submit(database, [keyed(key, reply: [7])])[0].get().replayed == false)
    #expect(try await submit(database, [keyed(key, reply: [8])])[0].get().replayed)
    database.close()
    var isEffectFound = false
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.path) {
      let bytes = try Data(contentsOf: URL(filePath: directory.path + "/" + name))
      #expect(bytes.range(of: Data(key.utf8)) == nil, "\(name) holds the key")
      if bytes.range(of: Data("effect".utf8)) != nil { isEffectFound = true }
    }
    #expect(isEffectFound)
  }

  @Test func aFailedCallLeavesItsKeyFree() async throws {
    let database = try open(directory)
    let failed = await submit(database, [keyed("k", reply: [], fails: true)])
    #expect(failed[0].error != nil)
    #expect(
      try await submit(database, [keyed("k", reply: [9])])[0].get() == WriteReply(bytes: [9], replayed: false)
    )
    #expect(try await effects(database) == 1)
  }

  @Test func keysExpire() async throws {
    let clock = TestClock()
    let database = try open(directory) { $0.clock = clock.clock }
    _ = await submit(database, (0..<1_200).map { keyed("k\($0)", reply: [1]) })
    clock.move(by: .seconds(7 * 24 * 3_600))
    #expect(try await submit(database, [keyed("k70", reply: [2])])[0].get().replayed)
    clock.move(by: .milliseconds(1))
    // Past its time a key is new again, whether or not its row is gone.
    let reply = try await submit(database, [keyed("k70", reply: [2])])[0].get()
    #expect(reply == WriteReply(bytes: [2], replayed: false))
    database.close()

    // Expiry runs at the start, a bounded number at a time, also where a key that was used anew left a gap.
    let again = try open(directory) { $0.clock = clock.clock }
    #expect(
      try await eventually {
        try await again.kernel { try $0.first("SELECT count(*) FROM kernel_idempotency") { $0.int(0) } } == 1
      })
    #expect(try await submit(again, [keyed("k70", reply: [3])])[0].get().replayed)
  }

  @Test func aKeyHasALength() async throws {
    let database = try open(directory)
    let outcomes = await submit(
      database, [keyed(String(repeating: "k", count: 257), reply: []), keyed("", reply: [])])
    #expect(
      outcomes[0].error as? StorageError
        == .limitExceeded(what: "an idempotency key in bytes", limit: 256, actual: 257))
  }

  /// What is kept is masked, so that nobody looks at anything.
  @Test func aRepeatedCallWithAPurposeIsNoLook() async throws {
    let database = try open(directory)
    let keyed: Setup = { job in
      job.call.purpose = "care"
      job.idempotencyKey = "k"
      job.body = { transaction, output in
        transaction.concerns(person: "p1")
        output = [7]
      }
    }
    for isReplayed in [false, true, true] {
      #expect(
        try await submit(database, [keyed])[0].get() == WriteReply(bytes: [7], replayed: isReplayed))
    }
    let count = try await database.kernel {
      try $0.first("SELECT count(*) FROM kernel_audit_person WHERE person = 'p1'") { $0.int(0) }
    }
    #expect(count == 1)
  }

  @Test func eachWriteLeavesAnAuditRecord() async throws {
    let database = try open(directory)
    let outcomes = await submitTogether(
      database,
      [
        { job in
          job.call = call(caller: "staff", method: "wishes.v1.Wishes/Claim")
          job.idempotencyKey = "k"
          job.digest = [1, 2]
          job.body = { transaction, _ in
            transaction.subject = "wish-1"
            try transaction.insert("a")
          }
        },
        body { _ in throw StorageError.busy },
        { job in
          job.call = call(workers)
          job.digest = [3]
        },
        { job in
          job.call = call(caller: "staff", method: "wishes.v1.Wishes/Claim")
          job.idempotencyKey = "k"
          job.digest = [1, 2]
        },
      ])
    #expect(outcomes.map { $0.error == nil } == [true, false, true, true])
    let records = try await database.kernel {
      try $0.all(
        """
        SELECT sequence, principal, method, module, request_id, subject, digest FROM kernel_audit
        ORDER BY sequence
        """
      ) { row in
        "\(row.int(0)) \(row.text(1)) \(row.text(2)) \(row.text(3)) \(row.text(4)) \(row.text(5)) \(row.bytes(6))"
      }
    }
    // The first is that of the job that held the writer. The replay adds none.
    #expect(
      records == [
        "1 caller wishes.v1.Wishes/Do wishes request  []",
        "2 staff wishes.v1.Wishes/Claim wishes request wish-1 [1, 2]",
        "3 caller wishes.v1.Wishes/Do workers request  [3]",
      ])
  }
}
