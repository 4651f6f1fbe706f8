import Foundation
import Testing

@testable import Storage

/// A small file system in memory that can be filled up; needs root.
final class SmallDisk {
  let path: String

  /// Why there is no small file system.
  struct Unavailable: Error, CustomStringConvertible {
    let description: String
  }

  /// Whether tests of full disks run: found out by mounting something, and said where it cannot be.
  static let isPossible: Bool = {
    do {
      _ = try SmallDisk(sizeBytes: 1 << 20)
      return true
    } catch {
      print("FullDiskTests are SKIPPED: \(error).")
      return false
    }
  }()

  /// - Throws: `Unavailable`.
  init(sizeBytes: Int) throws {
    path = NSTemporaryDirectory() + "disk-" + UUID().uuidString
    guard getuid() == 0 else {
      throw Unavailable(description: "mounting a small file system needs root")
    }
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(sizeBytes)") == 0 else {
      throw Unavailable(
        description: "a small file system cannot be mounted: \(String(cString: strerror(errno)))")
    }
  }

  deinit {
    _ = umount2(path, Int32(MNT_DETACH))
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Takes all the space that is left, but for so many bytes.
  func fill(leaving bytes: Int) throws {
    var status = statvfs()
    try #require(statvfs(path, &status) == 0)
    let free = Int(status.f_bavail) * Int(status.f_frsize) - bytes
    let file = open(path + "/filler", O_WRONLY | O_CREAT, 0o600)
    try #require(file >= 0)
    defer { close(file) }
    let block = [UInt8](repeating: 1, count: 4_096)
    for _ in 0..<max(free / block.count, 0) where write(file, block, block.count) != block.count { break }
  }

  func free() throws { try FileManager.default.removeItem(atPath: path + "/filler") }
}

@Suite(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs root and the right to mount"))
struct FullDiskTests {
  private func withDisk(_ body: (SmallDisk, Database) async throws -> Void) async throws {
    let disk = try SmallDisk(sizeBytes: 24 << 20)
    let database = try Database.open(
      directory: disk.path + "/data",
      options: {
        var options = StorageOptions()
        options.writerCacheBytes = 1 << 20
        // It is the disk that has to fail.
        options.maximumWriteDuration = .seconds(600)
        options.onFatal = { Issue.record("the writer died: \($0)") }
        return options
      }(), schemas: [wishesSchema, workersSchema])
    try await body(disk, database)
    #expect(try await database.kernel { try $0.connection.pragmaText("quick_check") } == "ok")
    database.close()
  }

  @Test func aFullDiskFailsTheWritesOfTheBatchAndNothingElse() async throws {
    try await withDisk { disk, database in
      try await database.write { try $0.insert("before") }
      try disk.fill(leaving: 8 << 10)
      // The log may still have room that was used before; it runs out soon.
      var failed = false
      var kept = 1
      for round in 0..<200 where !failed {
        let title = String(repeating: "x", count: 900)
        let outcomes = await submitTogether(
          database, (0..<8).map { index in body { try $0.insert("\(round)-\(index)", title: title) } })
        let errors = outcomes.compactMap { $0.error as? StorageError }
        if errors.isEmpty {
          kept += 8
        } else {
          failed = true
          // The jobs of a batch share its fate; the queue may have cut them into two batches.
          #expect(errors.allSatisfy { $0 == .diskFull })
          kept += outcomes.count - errors.count
        }
      }
      #expect(failed)
      #expect(try await database.titles().count == kept)
      // That the writer lives can still be seen, so that nobody restarts a host which reads.
      let look = CallContext(module: wishes, caller: .system, requestID: "r", method: "nothing")
      try await database.write(in: look) { _ in }
      try disk.free()
      try await database.write { try $0.insert("after") }
      #expect(try await database.titles().count == kept + 1)
    }
  }

  @Test func aTransactionTooLargeForTheDiskFailsAlone() async throws {
    try await withDisk { disk, database in
      try await database.write { try $0.insert("before") }
      let outcomes = await submit(
        database,
        [
          body { transaction in
            for index in 0..<40 {
              try transaction.insert("large \(index)", title: String(repeating: "x", count: 1 << 20))
            }
          }
        ])
      #expect(outcomes[0].error as? StorageError == .diskFull)
      #expect(try await database.titles() == ["before"])
      try await database.write { try $0.insert("after") }
      #expect(try await database.titles() == ["after", "before"])
    }
  }

  @Test func timersAndConsumersGoOnOnceThereIsRoom() async throws {
    try await withDisk { disk, database in
      try database.start(
        timers: [
          TimerRegistration(module: wishes, name: "t") { transaction, firing in
            try transaction.insert(firing.key)
          }
        ],
        consumers: [
          ConsumerRegistration(module: wishes, type: "e") { transaction, event in
            try transaction.insert(event.subject, title: String(repeating: "e", count: 2_000))
          }
        ])
      try await database.write { transaction throws in
        try transaction.schedule("t", key: "timer", at: transaction.now + .milliseconds(1_500))
      }
      try disk.fill(leaving: 16 << 10)
      var emitted = 0
      for _ in 0..<100 {
        let count = emitted
        do {
          try await database.write { try $0.emit("e", subject: "event \(count)", []) }
          emitted += 1
        } catch StorageError.diskFull {}
      }
      try await Task.sleep(for: .milliseconds(1_700))
      try disk.free()
      let expected = emitted + 1
      #expect(try await eventually { try await database.titles().count == expected })
      try await Task.sleep(for: .milliseconds(100))
      #expect(try await database.titles().count == expected)
    }
  }
}
