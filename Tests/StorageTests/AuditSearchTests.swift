import Audit
import Testing

@testable import Storage

/// Looking records up: by which index, and from when to when.
@Suite struct AuditSearchTests {
  private let directory = TemporaryDirectory()

  /// What the engine does for a filter.
  private func plan(_ database: Database, _ change: (inout AuditFilter) -> Void) async throws -> [String] {
    var filter = AuditFilter()
    change(&filter)
    var query = filter.query(in: 1..<100, limit: 10)
    query.text = "EXPLAIN QUERY PLAN " + query.text
    let explained = query
    return try await database.kernel { try $0.all(explained) { $0.text(3) } }
  }

  @Test func everyFilterGoesByAnIndexAndSortsNothing() async throws {
    let database = try open(directory)
    let plans: [((inout AuditFilter) -> Void, String)] = [
      ({ _ in }, "SEARCH a USING INTEGER PRIMARY KEY"),
      ({ $0.subject = "s" }, "SEARCH a USING INDEX kernel_audit_subject (subject=? AND rowid>? AND rowid<?)"),
      (
        { $0.principal = "p" },
        "SEARCH a USING INDEX kernel_audit_principal (principal=? AND rowid>? AND rowid<?)"
      ),
      ({ $0.hasPurpose = true }, "SEARCH a USING INDEX kernel_audit_purpose (sequence>? AND sequence<?)"),
      ({ $0.lookedAt = "w" }, "SEARCH p USING PRIMARY KEY (person=? AND sequence>? AND sequence<?)"),
      ({ $0.method = "m" }, "SEARCH a USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
      (
        {
          $0.subject = "s"
          $0.principal = "p"
          $0.hasPurpose = true
        }, "SEARCH a USING INDEX kernel_audit_subject"
      ),
      (
        {
          $0.principal = "p"
          $0.hasPurpose = true
          $0.module = "m"
          $0.from = .seconds(1)
        }, "SEARCH a USING INDEX kernel_audit_principal"
      ),
      (
        {
          $0.lookedAt = "w"
          $0.subject = "s"
          $0.principal = "p"
          $0.hasPurpose = true
        }, "SEARCH p USING PRIMARY KEY"
      ),
    ]
    for (filter, expected) in plans {
      let plan = try await plan(database, filter)
      #expect(plan.first?.hasPrefix(expected) == true, "\(plan)")
      #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
    }
  }

  /// The sequences that a filter lets through, page by page.
  private func found(
    _ database: Database, limit: Int = 1_000, walk: Int64 = .max, _ change: (inout AuditFilter) -> Void
  ) async throws -> (sequences: [Int64], pages: Int) {
    var filter = AuditFilter()
    change(&filter)
    let fixed = filter
    var sequences: [Int64] = []
    var before: Int64?
    for page in 1...1_000 {
      let from = before
      let answer = try await database.read {
        try $0.auditRecords(fixed, before: from, limit: limit, walk: walk)
      }
      sequences += answer.records.map(\.record.sequence)
      guard let next = answer.next else { return (sequences, page) }
      before = next
    }
    Issue.record("the pages do not end")
    return (sequences, 0)
  }

  @Test func findsByTimeAlsoWhereTheClockWasSetBack() async throws {
    let clock = TestClock(.seconds(1_000))
    var times: [Int64] = []
    // Three starts; before the second the clock is set back by 25 s, before the third by 5 s.
    for setback in [25, 5, 0] {
      let database = try open(directory) { $0.clock = clock.clock }
      for number in 0..<10 {
        if number % 3 != 2 { clock.move(by: .seconds(2)) }
        times.append(clock.now.milliseconds)
        try await database.write { _ in }
      }
      database.close()
      clock.move(by: .seconds(-setback))
    }
    #expect(times[10] < times[0] && times[20] < times[19], "the clock was set back twice")
    let database = try open(directory) { $0.clock = clock.clock }
    let marks = Set(times + times.map { $0 + 1 } + [0, Int64.max]).sorted()
    for from in marks {
      for until in marks {
        let expected = times.enumerated().filter { $0.element >= from && $0.element < until }
          .map { Int64($0.offset + 1) }
        let found = try await found(database, limit: 7) {
          $0.from = Instant(milliseconds: from)
          $0.until = Instant(milliseconds: until)
        }
        #expect(found.sequences == expected.reversed(), "from \(from) until \(until)")
      }
    }
  }

  @Test func aWalkThroughTheChainIsBroughtToAnEndPageByPage() async throws {
    let database = try open(directory)
    let methods = (1...100).map { $0 % 40 == 3 ? "rare" : "common" }
    for method in methods { try await database.write(in: call(method: method)) { $0.subject = method } }
    let rare: [Int64] = [83, 43, 3]
    #expect(try await found(database) { $0.method = "rare" } == (rare, 1))
    let walked = try await found(database, walk: 10) { $0.method = "rare" }
    #expect(walked.sequences == rare && walked.pages == 10)
    // By what it is about no page is short.
    #expect(try await found(database, walk: 10) { $0.subject = "rare" } == (rare, 1))
    let large = try await database.read {
      try $0.auditRecords(AuditFilter(), before: nil, limit: 50, sizeBytes: 1)
    }
    #expect(large.records.map(\.record.sequence) == [100] && large.next == 100)
  }
}
