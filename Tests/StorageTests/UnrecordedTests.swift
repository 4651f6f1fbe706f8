import Audit
import Testing

@testable import Storage

/// What leaves no trace in the audit log, and what does all the same.
@Suite struct UnrecordedTests {
  private let directory = TemporaryDirectory()
  private let system = CallContext(
    module: wishes, caller: .system, requestID: "request", method: "wishes.v1.Wishes/Do")

  private func open(_ unrecorded: [Unrecorded]) throws -> Database {
    let migration = Migration(
      1, "tables",
      "CREATE TABLE wishes_key (id INTEGER PRIMARY KEY, wrapped BLOB)",
      "CREATE TABLE wishes_use (id INTEGER PRIMARY KEY, calls INTEGER)",
      "CREATE TABLE wishes_seat (id INTEGER PRIMARY KEY, name TEXT, seen INTEGER)")
    return try Database.open(
      directory: directory.path,
      schemas: [ModuleSchema(name: "wishes", migrations: [migration], unrecorded: unrecorded)])
  }

  private let declared: [Unrecorded] = [
    .secrets(table: "wishes_key"), .counters(table: "wishes_use"),
    .counter(table: "wishes_seat", column: "seen"),
  ]

  private func changes(_ database: Database) async throws -> [[RowChange]] {
    try await database.read { try $0.auditRecords(after: 0, limit: 100) }
      .map { try RowChange.decode($0.record.changes) }
  }

  @Test func leavesOutWhatASchemaDeclares() async throws {
    let database = try open(declared)
    try await database.write { transaction in
      try transaction.execute("INSERT INTO wishes_key (id, wrapped) VALUES (1, x'0102')")
      try transaction.execute("INSERT INTO wishes_use (id, calls) VALUES (1, 7)")
      try transaction.execute("INSERT INTO wishes_seat (id, name, seen) VALUES (1, 'a', 5)")
    }
    try await database.write { try $0.execute("UPDATE wishes_seat SET name = 'b', seen = 6") }
    try await database.write { try $0.execute("UPDATE wishes_seat SET seen = 7") }
    try await database.write { try $0.execute("DELETE FROM wishes_seat") }
    let changes = try await changes(database)
    let key = RowChange.Column(index: 0, old: .integer(1), new: .integer(1))
    #expect(changes.map { $0.map(\.operation) } == [[.insert], [.update], [], [.delete]])
    #expect(changes[0][0].columns.map(\.new) == [.integer(1), .text("a")])
    #expect(changes[1][0].columns == [key, .init(index: 1, old: .text("a"), new: .text("b"))])
    #expect(changes[3][0].columns.map(\.old) == [.integer(1), .text("b")])
  }

  @Test func theHostsOwnWorkLeavesARecordWhereItHadAnEffect() async throws {
    let database = try open(declared)
    let withPurpose = {
      var context = system
      context.purpose = "register"
      return context
    }()
    try await database.write { try $0.execute("INSERT INTO wishes_seat (id, name, seen) VALUES (1, 'a', 5)") }
    func records(of context: CallContext, _ body: @escaping @Sendable (Transaction) throws -> Void)
      async throws -> Int
    {
      let before = try await changes(database).count
      try await database.write(in: context, body)
      return try await changes(database).count - before
    }
    #expect(try await records(of: system) { _ in } == 0)
    #expect(try await records(of: system) { try $0.execute("UPDATE wishes_seat SET name = name") } == 0)
    #expect(try await records(of: system) { try $0.execute("UPDATE wishes_seat SET seen = 9") } == 0)
    #expect(try await records(of: system) { try $0.execute("INSERT INTO wishes_use VALUES (1, 1)") } == 0)
    #expect(try await records(of: system) { try $0.execute("UPDATE wishes_seat SET name = 'c'") } == 1)
    #expect(try await records(of: system) { try $0.execute("INSERT INTO wishes_key VALUES (1, NULL)") } == 1)
    #expect(try await records(of: system) { try $0.emit("e", subject: "", []) } == 1)
    #expect(try await records(of: system) { $0.concerns(person: "p") } == 1)
    #expect(try await records(of: withPurpose) { _ in } == 1)
    // What a person does is on record though it changed nothing.
    #expect(try await records(of: call()) { _ in } == 1)
  }

  @Test(arguments: [
    Unrecorded.secrets(table: "wishes_kye"), .counters(table: "kernel_audit"),
    .counter(table: "wishes_seat", column: "sene"), .counter(table: "wishes_seat", column: "id"),
  ])
  func refusesANameThatIsNotTheModules(unrecorded: Unrecorded) throws {
    let error = #expect(throws: StorageError.self) { _ = try open([unrecorded]) }
    guard case .unrecordedUnknown("wishes", let name) = error else {
      return #expect(Bool(false), "\(String(describing: error))")
    }
    #expect(name.hasPrefix(unrecorded.table))
  }
}
