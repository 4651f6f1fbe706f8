import Foundation
import Testing

@testable import Storage

@Suite struct DatabaseTests {
  private let directory = TemporaryDirectory()

  @Test func theDirectoryIsPrivateAndHeld() throws {
    let database = try open(directory)
    let mode = try FileManager.default.attributesOfItem(atPath: directory.path)[.posixPermissions] as? Int
    #expect(mode == 0o700)
    #expect(throws: StorageError.dataDirectoryInUse(path: directory.path, process: getpid())) {
      try open(directory)
    }
    database.close()
    let again = try open(directory)
    again.close()
  }

  @Test func aDirectoryWithoutAParentIsRefused() {
    #expect(throws: StorageError.self) {
      try Database.open(directory: "/nowhere/at/all", schemas: [])
    }
  }

  @Test func aFileOfAnotherProgramIsRefused() throws {
    try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
    try Data("this is no database, whatever its name may say, and long enough to be read as one: ".utf8)
      .write(to: URL(fileURLWithPath: directory.path + "/yizhan.db"))
    do {
      _ = try open(directory)
      Issue.record("it opened")
    } catch let error as StorageError {
      guard case .foreignDatabase = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func theSettingsAreThoseOfTheDesign() async throws {
    let database = try open(directory)
    try await database.write { transaction throws in
      let connection = transaction.connection
      #expect(try connection.pragmaText("journal_mode") == "wal")
      #expect(try connection.pragmaValue("synchronous") == 2)
      #expect(try connection.pragmaValue("foreign_keys") == 1)
      #expect(try connection.pragmaValue("mmap_size") == 0)
      #expect(try connection.pragmaValue("application_id") == 0x595a_484e)
    }
    try await database.read { snapshot throws in
      #expect(try snapshot.connection.pragmaValue("query_only") == 1)
      #expect(try snapshot.connection.pragmaValue("wal_autocheckpoint") == 0)
    }
    #expect(try await database.kernel { try $0.connection.pragmaText("quick_check") } == "ok")
  }

  @Test func whatIsWrittenIsThereAfterReopening() async throws {
    let first = try open(directory)
    try await first.write { try $0.insert("a") }
    first.close()
    let second = try open(directory)
    #expect(try await second.titles() == ["a"])
  }

  @Test func afterCloseEverythingIsRefused() async throws {
    let database = try open(directory)
    database.close()
    database.close()
    await #expect(throws: StorageError.closed) { try await database.write { try $0.insert("a") } }
    await #expect(throws: StorageError.closed) { try await database.titles() }
    #expect(throws: StorageError.closed) { try database.makeReader() }
  }

  @Test func closeRunsWhatWaits() async throws {
    let database = try open(directory)
    let outcomes = await submitTogether(
      database,
      (0..<100).map { index in body { try $0.insert("\(index)") } }
        + [body { _ in Thread.detachNewThread { database.close() } }]
        + (100..<120).map { index in body { try $0.insert("\(index)") } })
    #expect(outcomes.allSatisfy { $0.error == nil })
  }

  @Test func theLogIsCopiedBeforeItGrowsLarge() async throws {
    let database = try open(directory) {
      $0.checkpointSizeBytes = 1 << 20
      $0.restartSizeBytes = 4 << 20
    }
    let filler = String(repeating: "x", count: 3_000)
    var highest = 0
    for round in 0..<100 {
      _ = await submit(
        database, (0..<50).map { index in body { try $0.insert("\(round)-\(index)", title: filler) } })
      highest = max(highest, database.statistics.walSizeBytes)
    }
    // 5,000 rows of 3,000 bytes are 15 MB and more of log.
    #expect(highest < 8 << 20)
    #expect(try await eventually { database.statistics.checkpoints > 3 })
    let size =
      try FileManager.default.attributesOfItem(atPath: directory.path + "/yizhan.db-wal")[.size] as? Int
    #expect(try #require(size) < 8 << 20)
  }

  @Test func aReaderThatStaysKeepsTheLogAndLosesNothing() async throws {
    let database = try open(directory) {
      $0.checkpointSizeBytes = 256 << 10
      $0.restartSizeBytes = 1 << 20
      $0.reportThreads = 1
    }
    try await database.write { try $0.insert("first") }
    let gate = WorkQueue<Int>(maximumCount: 1)
    let started = WorkQueue<Int>(maximumCount: 1)
    async let seen = database.read { snapshot in
      let before = try snapshot.first("SELECT count(*) FROM wishes_wish") { $0.int(0) }
      _ = started.put(0, bytes: 0)
      _ = gate.takeOne()
      return [before, try snapshot.first("SELECT count(*) FROM wishes_wish") { $0.int(0) }]
    }
    // The read begins on a thread that this test must not hold.
    #expect(try await eventually { started.load.count == 1 })
    let filler = String(repeating: "x", count: 3_000)
    for round in 0..<10 {
      _ = await submit(
        database, (0..<100).map { index in body { try $0.insert("\(round)-\(index)", title: filler) } })
    }
    #expect(try await eventually { database.statistics.walSizeBytes > 2 << 20 })
    _ = gate.put(0, bytes: 0)
    #expect(try await seen == [1, 1])
    #expect(
      try await eventually {
        try await database.write { _ = try $0.execute("UPDATE wishes_wish SET votes = 1 WHERE id = 'first'") }
        return database.statistics.walSizeBytes < 1 << 20
      })
    #expect(try await database.titles().count == 1_001)
  }
}
