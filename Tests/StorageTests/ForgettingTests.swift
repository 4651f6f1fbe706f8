import Audit
import Foundation
import Synchronization
import Testing

@testable import Storage

/// What a transaction has gone for good stands in the write-ahead log no more.
@Suite final class ForgettingTests {
  private let directory = TemporaryDirectory()
  private static let secret = "the-wrapped-key-of-a-person"

  /// Whether the write-ahead log holds a text. The database keeps it in any case here: in the audit record of the change,
  /// which nobody seals in these tests.
  private func isInLog(_ text: String, of directory: TemporaryDirectory) throws -> Bool {
    let path = directory.path + "/yizhan.db-wal"
    guard FileManager.default.fileExists(atPath: path) else { return false }
    return try Data(contentsOf: URL(filePath: path)).range(of: Data(text.utf8)) != nil
  }

  private func overwrite(_ database: Database, forgets: Bool) async throws {
    try await database.write { transaction in
      try transaction.execute("UPDATE wishes_wish SET title = '' WHERE id = 'a'")
      if forgets { transaction.forget() }
    }
  }

  /// Opens a database that has made the cut that follows every start.
  private func openSettled(_ change: (inout StorageOptions) -> Void = { _ in }) async throws -> Database {
    let database = try open(directory, change)
    #expect(try await eventually { database.statistics.checkpoints >= 1 })
    return database
  }

  @Test func theLogIsCutWhenSomethingIsToBeGone() async throws {
    let database = try await openSettled()
    try await database.write { try $0.insert("a", title: Self.secret) }
    #expect(try isInLog(Self.secret, of: directory))
    try await overwrite(database, forgets: true)
    #expect(try await eventually { try !isInLog(Self.secret, of: directory) })
    #expect(try await database.titles() == [""])
  }

  /// Nor does the audit record of its going hold it; which row it was stays on record.
  @Test func theAuditRecordKeepsNoValues() async throws {
    let database = try open(directory)
    try await database.write { try $0.insert("a", title: Self.secret) }
    try await overwrite(database, forgets: true)
    try await database.write { transaction in
      try transaction.execute("DELETE FROM wishes_wish")
      transaction.forget()
    }
    // One that failed has nothing forgotten in the next call's record.
    _ = try? await database.write { transaction in
      transaction.forget()
      try transaction.execute("INSERT INTO wishes_wish (id) VALUES (NULL)")
    }
    try await database.write { try $0.insert("b", title: "old") }
    try await database.write { try $0.execute("UPDATE wishes_wish SET title = 'new'") }
    let changes = try await database.read { try $0.auditRecords(after: 0, limit: 10) }
      .map { try RowChange.decode($0.record.changes) }
    #expect(changes.map { $0.map(\.operation) } == [[.insert], [.update], [.delete], [.insert], [.update]])
    let values = changes.map { $0.flatMap(\.columns).flatMap { [$0.old, $0.new] } }
    let secret = RowChange.Value.text(Self.secret)
    #expect(values.map { $0.contains(secret) } == [true, false, false, false, false])
    #expect(values[1].contains(.text("a")) && values[2].contains(.text("a")))
    #expect(!values[1].contains(.text("")))
    #expect(values[4].contains(.text("old")) && values[4].contains(.text("new")))
  }

  /// The log itself keeps old frames until it starts over: without being told, they stay.
  @Test func anOrdinaryChangeLeavesItsTraceInTheLog() async throws {
    let database = try await openSettled()
    try await database.write { try $0.insert("a", title: Self.secret) }
    try await overwrite(database, forgets: false)
    try await Task.sleep(for: .milliseconds(1_500))
    #expect(try isInLog(Self.secret, of: directory))
  }

  @Test func aReaderPutsItOffAndNothingElse() async throws {
    let database = try await openSettled { $0.reportThreads = 1 }
    try await database.write { try $0.insert("a", title: Self.secret) }
    let gate = WorkQueue<Int>(maximumCount: 1)
    let hasStarted = Mutex(false)
    async let seen = database.read { snapshot in
      let title = try snapshot.first("SELECT title FROM wishes_wish WHERE id = 'a'") { $0.text(0) }
      hasStarted.withLock { $0 = true }
      _ = gate.takeOne()
      return title
    }
    while !hasStarted.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
    try await overwrite(database, forgets: true)
    try await Task.sleep(for: .milliseconds(800))
    #expect(try isInLog(Self.secret, of: directory))
    _ = gate.put(0, bytes: 0)
    #expect(try await seen == Self.secret)
    #expect(try await eventually { try !isInLog(Self.secret, of: directory) })
  }

  /// Whoever starts after a crash cuts what the dead process could not.
  @Test func theNextStartCutsTheLog() async throws {
    let database = try await openSettled()
    try await database.write { try $0.insert("a", title: Self.secret) }
    try await overwrite(database, forgets: false)
    // What a process that died here leaves behind.
    let left = TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: left.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for name in ["yizhan.db", "yizhan.db-wal"] {
      try FileManager.default.copyItem(atPath: directory.path + "/" + name, toPath: left.path + "/" + name)
    }
    database.close()
    #expect(try isInLog(Self.secret, of: left))
    let next = try open(left)
    #expect(try await eventually { try !isInLog(Self.secret, of: left) })
    #expect(try await next.titles() == [""])
  }
}
