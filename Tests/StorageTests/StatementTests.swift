import Testing

@testable import Storage

@Suite struct StatementTests {
  private let directory = TemporaryDirectory()

  @Test func valuesOfEveryTypeComeBackAsTheyWere() async throws {
    let database = try open(directory)
    let text = "驿站\u{0}🛵 with a text that is long enough for the heap"
    let found = try await database.write { transaction throws in
      try transaction.first(
        "SELECT ?, ?2, ?, ?, ?, ?, ?, ?, ?, ?", text, Substring("short"), Int64.min, 0.1, true, [UInt8](),
        [UInt8]([0, 255]), Instant(milliseconds: -1), String?.none, Int?.some(7)
      ) { row in
        #expect(row.text(0) == text)
        #expect(row.text(1) == "short")
        #expect(row.int64(2) == .min)
        #expect(row.double(3) == 0.1)
        #expect(row.bool(4))
        #expect(!row.isNull(5) && row.bytes(5).isEmpty)
        #expect(row.bytes(6) == [0, 255])
        #expect(row.instant(7) == Instant(milliseconds: -1))
        #expect(row.optionalText(8) == nil)
        #expect(row.optionalInt64(9) == 7)
        return true
      }
    }
    #expect(found == true)
  }

  @Test func anEmptyStringIsNotNull() async throws {
    let database = try open(directory)
    let isNull = try await database.read { try $0.first("SELECT ? IS NULL, ?", "", "") { $0.bool(0) } }
    #expect(isNull == false)
  }

  @Test func valuesLargerThanTheScratchMemoryAreBound() async throws {
    let database = try open(directory)
    let large = String(repeating: "x", count: 50_000)
    let lengths = try await database.read { snapshot throws in
      try snapshot.first("SELECT length(?), length(?), length(?)", large, large, large) {
        [$0.int(0), $0.int(1), $0.int(2)]
      }
    }
    #expect(lengths == [50_000, 50_000, 50_000])
  }

  @Test func aNumberedPlaceholderTakesOneValueForAllItsPlaces() async throws {
    let database = try open(directory)
    let sum = try await database.read { try $0.first("SELECT ?1 + ?1 + ?2", 20, 2) { $0.int(0) } }
    #expect(sum == 42)
  }

  @Test func valuesMustMatchThePlaceholders() async throws {
    let database = try open(directory)
    await #expect(throws: StorageError.self) {
      try await database.read { try $0.first("SELECT ?, ?", 1) { $0.int(0) } }
    }
    // The connection is as usable as before.
    #expect(try await database.read { try $0.first("SELECT ?, ?", 1, 2) { $0.int(1) } } == 2)
  }

  @Test func aWalkMayRunItsOwnStatementAgain() async throws {
    let database = try open(directory)
    let pairs = try await database.write { transaction throws in
      for id in ["a", "b", "c"] { try transaction.insert(id) }
      var pairs: [String] = []
      func walk(_ prefix: String, _ depth: Int) throws {
        try transaction.forEach("SELECT id FROM wishes_wish WHERE id <> ? ORDER BY id", "b") { row in
          let path = prefix + row.text(0)
          if depth == 0 { pairs.append(path) } else { try walk(path, depth - 1) }
        }
      }
      try walk("", 1)
      return pairs
    }
    #expect(pairs == ["aa", "ac", "ca", "cc"])
  }

  @Test func composedQueriesBindEveryValue() async throws {
    let database = try open(directory)
    let (found, none) = try await database.write { transaction throws in
      for id in ["a", "b", "c", "d"] {
        try transaction.insert(id, title: "'; DROP TABLE wishes_wish; --" + id)
      }
      var query = Query("SELECT id FROM wishes_wish WHERE votes >= ?", 0)
      query.append(" AND id IN ")
      query.appendList(["a", "c", "d"])
      query.append(" AND title <> ? ORDER BY id", "'; DROP TABLE wishes_wish; --d")
      var empty = Query("SELECT id FROM wishes_wish WHERE id IN ")
      empty.appendList([])
      return (try transaction.all(query) { $0.text(0) }, try transaction.all(empty) { $0.text(0) })
    }
    #expect(found == ["a", "c"])
    #expect(none.isEmpty)
  }

  @Test func aListThatIsTooLongIsRefused() async throws {
    let database = try open(directory)
    await #expect(throws: StorageError.self) {
      try await database.read { snapshot throws in
        var query = Query("SELECT id FROM wishes_wish WHERE id IN ")
        query.appendList(Array(repeating: "x", count: 5_000))
        return try snapshot.all(query) { $0.text(0) }
      }
    }
  }

  @Test func returningGivesTheRowAndKeepsTheEffect() async throws {
    let database = try open(directory)
    let votes = try await database.write { transaction throws in
      try transaction.insert("a", votes: 1)
      return try transaction.first(
        "UPDATE wishes_wish SET votes = votes + 1 WHERE id = ? RETURNING votes", "a"
      ) { $0.int(0) }
    }
    #expect(votes == 2)
    #expect(try await database.read { try $0.first("SELECT votes FROM wishes_wish") { $0.int(0) } } == 2)
  }

  @Test func executeCountsTheRows() async throws {
    let database = try open(directory)
    let counts = try await database.write { transaction throws in
      for id in ["a", "b", "c"] { try transaction.insert(id) }
      return [
        try transaction.execute("UPDATE wishes_wish SET votes = 1 WHERE id <> ?", "a"),
        try transaction.execute("UPDATE wishes_wish SET votes = 1 WHERE id = ?", "z"),
        try transaction.execute("INSERT INTO wishes_wish VALUES ('a', '', 0, NULL) ON CONFLICT DO NOTHING"),
        try transaction.execute("DELETE FROM wishes_wish"),
      ]
    }
    #expect(counts == [2, 0, 0, 3])
  }

  @Test func constraintsSayWhatTheyAre() async throws {
    let database = try open(directory)
    try await database.write { try $0.insert("a", code: "c1") }
    func violation(_ body: @escaping @Sendable (Transaction) throws -> Void) async -> StorageError? {
      do { try await database.write(body) } catch { return error as? StorageError }
      return nil
    }
    #expect(
      await violation { try $0.insert("b", code: "c1") }
        == .constraint(ConstraintViolation(kind: .unique, table: "wishes_wish", columns: ["code"])))
    #expect(
      await violation { try $0.insert("a") }
        == .constraint(ConstraintViolation(kind: .unique, table: "wishes_wish", columns: ["id"])))
    #expect(
      await violation { try $0.insert("c", votes: -1) }
        == .constraint(ConstraintViolation(kind: .check, table: "", columns: ["votes >= 0"])))
    #expect(
      await violation {
        _ = try $0.execute("INSERT INTO wishes_wish (id, title, votes) VALUES ('c', NULL, 0)")
      }
        == .constraint(ConstraintViolation(kind: .notNull, table: "wishes_wish", columns: ["title"])))
    #expect(
      await violation { _ = try $0.execute("INSERT INTO wishes_claim (wish) VALUES ('nothing')") }
        == .constraint(ConstraintViolation(kind: .foreignKey, table: "", columns: [])))
  }

  @Test func moreThanOneStatementIsRefused() async throws {
    let database = try open(directory)
    await #expect(
      throws: StorageError.invalidStatement(module: "wishes", message: "it is more than one statement")
    ) {
      try await database.read { try $0.first("SELECT 1; SELECT 2") { $0.int(0) } }
    }
    #expect(try await database.read { try $0.first("SELECT 1;\n") { $0.int(0) } } == 1)
  }

  @Test func theCacheIsBoundedAndForgetsTheOldest() async throws {
    let database = try open(directory) {
      $0.maximumCachedStatements = 8
      $0.reportThreads = 1
    }
    for length in 1...40 {
      let sum = try await database.read { snapshot throws in
        var query = Query("SELECT 0")
        for value in 1...length { query.append(" + ?", value) }
        return try snapshot.first(query) { $0.int(0) }
      }
      #expect(sum == length * (length + 1) / 2)
    }
    let misses = database.statistics.statementMisses
    _ = try await database.read { snapshot throws in
      var query = Query("SELECT 0")
      for value in 1...40 { query.append(" + ?", value) }
      return try snapshot.first(query) { $0.int(0) }
    }
    // The last forty-term query is still there.
    #expect(database.statistics.statementMisses == misses)
    #expect(database.statistics.statementHits > 0)
  }

  @Test func aSnapshotIsDeadAfterItsCall() async throws {
    let database = try open(directory)
    let reader = try database.makeReader()
    let kept = try reader.read(call: call()) { $0 }
    reader.endBatch()
    #expect(throws: StorageError.closed) { try kept.first("SELECT 1") { $0.int(0) } }
  }

  @Test func readsOfABatchShareASnapshot() async throws {
    let database = try open(directory)
    let counter: @Sendable (Snapshot) throws -> Int = {
      try $0.first("SELECT count(*) FROM wishes_wish") { $0.int(0) } ?? -1
    }
    try await database.write { try $0.insert("a") }
    let box = ReaderBox(try database.makeReader())
    #expect(try box.reader.read(call: call(), body: counter) == 1)
    try await database.write { try $0.insert("b") }
    #expect(try box.reader.read(call: call(), body: counter) == 1)
    box.reader.endBatch()
    #expect(try box.reader.read(call: call(), body: counter) == 2)
    box.reader.endBatch()
  }

  /// The test uses the reader from one task only, whichever thread that is on.
  private struct ReaderBox: @unchecked Sendable {
    let reader: Reader
    init(_ reader: Reader) { self.reader = reader }
  }
}
