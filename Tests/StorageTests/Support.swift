import Foundation
import Synchronization

@testable import Storage

/// A data directory that goes when the test does.
final class TemporaryDirectory: Sendable {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "storage-" + UUID().uuidString
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

let wishes = ModuleScope(name: "wishes")
let workers = ModuleScope(name: "workers")

let wishesSchema = ModuleSchema(
  name: "wishes",
  migrations: [
    Migration(
      1, "wishes",
      """
      CREATE TABLE wishes_wish (
        id TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, votes INTEGER NOT NULL CHECK (votes >= 0),
        code TEXT UNIQUE) WITHOUT ROWID
      """,
      """
      CREATE TABLE wishes_claim (
        id INTEGER PRIMARY KEY,
        wish TEXT NOT NULL REFERENCES wishes_wish (id) DEFERRABLE INITIALLY DEFERRED)
      """)
  ])

let workersSchema = ModuleSchema(
  name: "workers",
  migrations: [
    Migration(1, "workers", "CREATE TABLE workers_worker (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL)")
  ])

func open(
  _ directory: TemporaryDirectory, _ change: (inout StorageOptions) -> Void = { _ in }
) throws -> Database {
  var options = StorageOptions()
  change(&options)
  return try Database.open(
    directory: directory.path, options: options, schemas: [wishesSchema, workersSchema])
}

func call(
  _ module: ModuleScope = wishes, caller: String = "caller", method: String = "wishes.v1.Wishes/Do",
  deadline: ContinuousClock.Instant? = nil
) -> CallContext {
  CallContext(
    module: module, caller: Caller(id: caller, name: caller, roles: 0), requestID: "request", method: method,
    deadline: deadline)
}

/// Makes a job what a test wants it to be.
typealias Setup = @Sendable (inout WriteJob) -> Void

/// Submits jobs and gives their outcomes in the order of submission.
func submit(_ database: Database, _ jobs: [Setup]) async -> [Result<WriteReply, any Error>] {
  await withCheckedContinuation { continuation in
    let outcomes = Mutex([Result<WriteReply, any Error>?](repeating: nil, count: jobs.count))
    for (index, change) in jobs.enumerated() {
      var job = WriteJob(call: call()) { _, _ in
      } completion: { _ in
      }
      change(&job)
      job.completion = { result in
        let all = outcomes.withLock { outcomes in
          outcomes[index] = result
          return outcomes.compactMap { $0 }
        }
        if all.count == jobs.count { continuation.resume(returning: all) }
      }
      database.writer.submit(job)
    }
  }
}

/// Submits jobs such that they share a batch.
func submitTogether(
  _ database: Database, _ jobs: [Setup]
) async -> [Result<WriteReply, any Error>] {
  let gate = WorkQueue<Int>(maximumCount: 1)
  let started = WorkQueue<Int>(maximumCount: 1)
  database.writer.submit(
    WriteJob(call: call()) { _, _ in
      _ = started.put(0, bytes: 0)
      _ = gate.takeOne()
    } completion: { _ in
    })
  _ = started.takeOne()
  async let outcomes = submit(database, jobs)
  while database.statistics.waitingJobs < jobs.count + 1 { await Task.yield() }
  _ = gate.put(0, bytes: 0)
  return await outcomes
}

/// Sets a job's body.
func body(
  _ body: @escaping @Sendable (Transaction) throws -> Void
) -> Setup {
  { $0.body = { transaction, _ in try body(transaction) } }
}

extension Database {
  @discardableResult
  func write<T: Sendable>(
    in context: CallContext = call(), _ body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    try await writer.perform(call: context, body: body)
  }

  func read<T: Sendable>(
    in context: CallContext = call(), _ body: @escaping @Sendable (Snapshot) throws -> T
  ) async throws -> T {
    try await readPool.run(call: context, body: body)
  }

  /// Reads the kernel's tables, which no module can.
  func kernel<T: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> T) async throws -> T {
    try await readPool.run(call: call(.kernel), body: body)
  }

  func titles() async throws -> [String] {
    try await read { try $0.all("SELECT title FROM wishes_wish ORDER BY title") { $0.text(0) } }
  }
}

extension Transaction {
  func insert(_ id: String, title: String? = nil, votes: Int = 0, code: String? = nil) throws {
    try execute(
      "INSERT INTO wishes_wish (id, title, votes, code) VALUES (?, ?, ?, ?)", id, title ?? id, votes, code)
  }
}

extension Result {
  var error: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}

/// A wall clock and a monotonic clock that a test moves by hand; the monotonic one also goes by itself.
final class TestClock: Sendable {
  private let wall: Mutex<Instant>

  init(_ start: Instant = .seconds(1_800_000_000)) { wall = Mutex(start) }

  var now: Instant { wall.withLock { $0 } }

  func move(by duration: Duration) { wall.withLock { $0 = $0 + duration } }

  var clock: StorageClock { StorageClock(wall: { self.now }, monotonic: { .now }) }
}

/// Clocks that stand still until a test moves them, both by the same.
final class StillClock: Sendable {
  private let start = ContinuousClock.now
  private let passed = Mutex<Duration>(.zero)

  private var elapsed: Duration { passed.withLock { $0 } }

  func move(by duration: Duration) { passed.withLock { $0 += duration } }

  var clock: StorageClock {
    StorageClock(
      wall: { Instant.seconds(1_800_000_000) + self.elapsed }, monotonic: { self.start + self.elapsed })
  }
}

/// Waits until a condition holds; at most ten seconds.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
  for _ in 0..<2_000 {
    if try await condition() { return true }
    try await Task.sleep(for: .milliseconds(5))
  }
  return false
}
