import Testing

@testable import Storage

@Suite struct AuthorityTests {
  private let directory = TemporaryDirectory()

  private func error(_ database: Database, _ sql: StaticString) async -> StorageError? {
    do {
      try await database.write { _ = try $0.all(sql) { _ in 0 } }
    } catch { return error as? StorageError }
    return nil
  }

  @Test(
    arguments: [
      "SELECT * FROM workers_worker", "SELECT (SELECT count(*) FROM workers_worker)",
      "SELECT w.id FROM wishes_wish w JOIN workers_worker k ON k.id = w.id",
      "WITH x AS (SELECT id FROM workers_worker) SELECT * FROM x",
      "INSERT INTO workers_worker VALUES ('a', 'b')", "UPDATE workers_worker SET name = ''",
      "DELETE FROM workers_worker", "INSERT INTO wishes_wish SELECT id, name, 0, NULL FROM workers_worker",
      "SELECT 1 WHERE EXISTS (SELECT 1 FROM workers_worker)", "SELECT count(*) FROM WORKERS_WORKER",
      "SELECT 1 FROM main.workers_worker",
    ] as [StaticString])
  func anotherModulesTableIsRefused(_ sql: StaticString) async throws {
    let database = try open(directory)
    #expect(await error(database, sql) == .forbiddenTable(module: "wishes", table: "workers_worker"))
  }

  @Test(
    arguments: [
      ("SELECT * FROM kernel_audit", "kernel_audit"),
      ("DELETE FROM kernel_idempotency", "kernel_idempotency"),
      ("SELECT sql FROM sqlite_schema", "sqlite_master"),
      ("UPDATE sqlite_master SET sql = ''", "sqlite_master"),
      ("SELECT * FROM pragma_table_info('wishes_wish')", "sqlite_master"),
      ("SELECT value FROM json_each('[1]')", "sqlite_master"),
      ("SELECT 1 FROM dbstat", "sqlite_master"),
      ("SELECT 1 FROM Kernel_Audit", "kernel_audit"),
      ("SELECT 1 FROM SQLITE_MASTER", "sqlite_master"),
    ] as [(StaticString, String)])
  func kernelAndSchemaTablesAreRefused(_ sql: StaticString, _ table: String) async throws {
    let database = try open(directory)
    let error = await error(database, sql)
    switch error {
    case .forbiddenTable(module: "wishes", let named): #expect(named == table)
    // The engine itself refuses writes to the schema table before it asks.
    case .invalidStatement(module: "wishes", let message): #expect(message.contains("may not be modified"))
    default: Issue.record("\(String(describing: error))")
    }
  }

  @Test(
    arguments: [
      ("ATTACH '/tmp/other.db' AS other", "ATTACH"), ("PRAGMA writable_schema = ON", "PRAGMA"),
      ("PRAGMA table_info(wishes_wish)", "PRAGMA"), ("BEGIN", "transaction control"),
      ("COMMIT", "transaction control"), ("SAVEPOINT x", "transaction control"),
      ("ROLLBACK TO unit", "transaction control"), ("ANALYZE wishes_wish", "ANALYZE"),
      ("CREATE TEMP TABLE wishes_t (a)", "temporary objects"),
      ("CREATE TABLE wishes_t (a)", "schema changes outside its migrations"),
      ("DROP TABLE wishes_wish", "schema changes outside its migrations"),
      ("ALTER TABLE wishes_wish ADD COLUMN x", "schema changes outside its migrations"),
      ("CREATE VIRTUAL TABLE wishes_f USING fts5(a)", "virtual tables"),
      ("SELECT load_extension('x')", "the function load_extension()"),
      ("SELECT random()", "the function random()"),
      ("SELECT datetime('now')", "the function datetime()"),
      ("SELECT CURRENT_TIMESTAMP", "the function current_timestamp()"),
    ] as [(StaticString, String)])
  func whatOnlyTheKernelMayDoIsRefused(_ sql: StaticString, _ action: String) async throws {
    let database = try open(directory)
    let error = await error(database, sql)
    switch error {
    case .forbiddenStatement(module: "wishes", let named): #expect(named == action)
    // Statements that write the schema table are refused for that first.
    case .forbiddenTable(module: "wishes", let table): #expect(table.hasPrefix("sqlite_"))
    default: Issue.record("\(String(describing: error))")
    }
  }

  @Test func aSnapshotCannotWrite() async throws {
    let database = try open(directory)
    await #expect(throws: StorageError.forbiddenStatement(module: "wishes", action: "writes in a snapshot")) {
      try await database.read {
        try $0.first("INSERT INTO wishes_wish VALUES ('a', '', 0, NULL) RETURNING id") { $0.text(0) }
      }
    }
  }

  @Test func enteringGivesTheOtherModulesTablesAndTakesItsOwn() async throws {
    let database = try open(directory)
    try await database.write { transaction throws in
      let inside = transaction.entering(workers)
      #expect(inside.module == "workers")
      try inside.execute("INSERT INTO workers_worker VALUES ('k', 'Kai')")
      try transaction.insert("a")
      #expect(throws: StorageError.forbiddenTable(module: "workers", table: "wishes_wish")) {
        try inside.first("SELECT id FROM wishes_wish") { $0.text(0) }
      }
      // The same literal under two scopes is two statements.
      func look(_ snapshot: Snapshot) throws -> Int? {
        try snapshot.first("SELECT count(*) FROM wishes_wish") { $0.int(0) }
      }
      #expect(try look(transaction) == 1)
      #expect(throws: StorageError.forbiddenTable(module: "workers", table: "wishes_wish")) {
        try look(inside)
      }
    }
    #expect(try await database.titles() == ["a"])
  }

  @Test func anyStatementOfItsOwnRuns() async throws {
    let database = try open(directory)
    let sum = try await database.write { transaction throws in
      try transaction.execute(
        """
        INSERT INTO wishes_wish (id, title, votes) VALUES ('a', 'x', 1), ('b', 'y', 2)
        ON CONFLICT (id) DO UPDATE SET votes = excluded.votes
        """)
      return try transaction.first(
        """
        WITH RECURSIVE steps (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM steps WHERE n < 3),
          ranked AS (SELECT votes, row_number() OVER (ORDER BY id) AS place FROM wishes_wish)
        SELECT sum(votes * place) + (SELECT sum(n) FROM steps) FROM ranked WHERE EXISTS (SELECT 1 FROM steps)
        """
      ) { $0.int(0) }
    }
    #expect(sum == 11)
  }
}
