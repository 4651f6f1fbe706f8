import Testing

@testable import Storage

@Suite struct MigrationTests {
  private let directory = TemporaryDirectory()

  private func open(_ migrations: Migration..., name: String = "wishes") throws -> Database {
    try Database.open(directory: directory.path, schemas: [ModuleSchema(name: name, migrations: migrations)])
  }

  private let first = Migration(1, "first", "CREATE TABLE wishes_wish (id INTEGER PRIMARY KEY)")
  private let second = Migration(
    2, "second", "ALTER TABLE wishes_wish ADD COLUMN title TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX wishes_wish_title ON wishes_wish (title)", "INSERT INTO wishes_wish (title) VALUES ('made')"
  )

  @Test func eachIsAppliedOnce() async throws {
    try open(first).close()
    try open(first, second).close()
    let database = try open(first, second)
    #expect(
      try await database.read { try $0.all("SELECT title FROM wishes_wish") { $0.text(0) } } == ["made"])
    let applied = try await database.kernel {
      try $0.all("SELECT module, number, name FROM kernel_migration ORDER BY module, number") {
        "\($0.text(0)) \($0.int(1)) \($0.text(2))"
      }
    }
    #expect(applied.suffix(2) == ["wishes 1 first", "wishes 2 second"])
  }

  @Test func aSchemaThatIsNewerThanTheProgramIsRefused() throws {
    try open(first, second).close()
    #expect(throws: StorageError.schemaTooNew(module: "wishes", found: 2, known: 1)) { try open(first) }
  }

  @Test func anEditedMigrationIsRefused() throws {
    try open(first).close()
    let edited = Migration(1, "first", "CREATE TABLE wishes_wish (id INTEGER PRIMARY KEY, extra TEXT)")
    #expect(throws: StorageError.migrationEdited(module: "wishes", number: 1, name: "first")) {
      try open(edited)
    }
    // Nothing was changed, so the right program still starts.
    try open(first).close()
  }

  @Test func movingTextBetweenStatementsIsAnEdit() throws {
    let one = Migration(1, "x", "SELECT 1", "SELECT 2")
    let other = Migration(1, "x", "SELECT 1SELECT 2")
    #expect(one.digest != other.digest)
    #expect(one.digest == Migration(1, "another name", "SELECT 1", "SELECT 2").digest)
  }

  @Test func aFailingMigrationLeavesNothing() async throws {
    try open(first).close()
    let failing = Migration(
      2, "failing", "CREATE TABLE wishes_other (id INTEGER PRIMARY KEY)",
      "INSERT INTO wishes_nothing VALUES (1)")
    #expect(throws: StorageError.self) { try open(first, failing) }
    let database = try open(first)
    await #expect(throws: StorageError.self) {
      try await database.read { try $0.all("SELECT id FROM wishes_other") { $0.int(0) } }
    }
  }

  @Test(
    arguments: [
      ("CREATE TABLE workers_worker (id INTEGER PRIMARY KEY)", "workers_worker"),
      ("CREATE TABLE kernel_more (id INTEGER PRIMARY KEY)", "kernel_more"),
      ("CREATE TABLE wish (id INTEGER PRIMARY KEY)", "wish"),
      ("CREATE INDEX other ON wishes_wish (id)", "other"),
      ("DROP TABLE kernel_audit", "kernel_audit"),
      ("ALTER TABLE kernel_audit ADD COLUMN x TEXT", "kernel_audit"),
      ("CREATE VIEW wishes_view AS SELECT 1; SELECT 1", ""),
    ] as [(StaticString, String)])
  func aMigrationKeepsToItsOwnTables(_ sql: StaticString, _ table: String) throws {
    let migration = Migration(2, "bad", sql)
    #expect(
      throws: table.isEmpty
        ? StorageError.migrationFailed(module: "wishes", number: 2, message: "it is more than one statement")
        : .forbiddenTable(module: "wishes", table: table)
    ) {
      try open(first, migration)
    }
  }

  @Test func numbersHaveNoGaps() {
    #expect(throws: StorageError.self) { try open(second) }
    #expect(throws: StorageError.self) { try open(first, first) }
  }

  @Test func twoModulesOfOneNameAreRefused() {
    #expect(throws: StorageError.moduleTwice(name: "wishes")) {
      try Database.open(
        directory: directory.path,
        schemas: [ModuleSchema(name: "wishes", migrations: []), ModuleSchema(name: "wishes", migrations: [])])
    }
  }

  @Test(arguments: ["kernel", "sqlite", "Wishes", "w", "wishes_more", "1wishes", "wünsche", ""])
  func aModulesNameIsChecked(_ name: String) {
    #expect(!ModuleScope.isValid(name))
  }
}
