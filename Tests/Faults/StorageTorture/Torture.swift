import Foundation
import Storage
import Synchronization

/// Writes whose every effect can be counted afterwards: none of its tables has a key that would hide a double.
final class Torture: Sendable {
  let database: Database
  private static let scope = ModuleScope(name: "torture")
  private static let schema = ModuleSchema(
    name: "torture",
    migrations: [
      Migration(
        1, "effects", "CREATE TABLE torture_effect (key TEXT NOT NULL, filler BLOB NOT NULL)",
        "CREATE TABLE torture_seen (key TEXT NOT NULL)", "CREATE TABLE torture_fired (key TEXT NOT NULL)")
    ])

  init(directory: String) throws {
    var options = StorageOptions()
    // Small, so that the log starts over and is cut often.
    options.checkpointSizeBytes = 128 << 10
    options.restartSizeBytes = 512 << 10
    database = try Database.open(directory: directory, options: options, schemas: [Self.schema])
    try database.start(
      timers: [
        TimerRegistration(module: Self.scope, name: "fire") { transaction, firing in
          try transaction.execute("INSERT INTO torture_fired (key) VALUES (?)", firing.key)
        }
      ],
      consumers: [
        ConsumerRegistration(module: Self.scope, type: "effect", start: .beginning) { transaction, event in
          try transaction.execute("INSERT INTO torture_seen (key) VALUES (?)", event.subject)
        }
      ])
  }

  private static func call(_ method: String = "Write") -> CallContext {
    CallContext(
      module: scope, caller: Caller(id: "torture", name: "torture", roles: 0), requestID: "r", method: method)
  }

  private static func say(_ line: String) {
    let text = line + "\n"
    _ = text.withCString { write(1, $0, strlen($0)) }
  }

  private func submit(_ key: String, then next: @escaping @Sendable () -> Void) {
    Self.say("try \(key)")
    let filler = [UInt8](repeating: 7, count: 200)
    database.writer.submit(
      WriteJob(call: Self.call(), digest: Array(key.utf8.prefix(64)), idempotencyKey: key) {
        transaction, output in
        try transaction.execute("INSERT INTO torture_effect (key, filler) VALUES (?, ?)", key, filler)
        try transaction.emit("effect", subject: key, [])
        try transaction.schedule("fire", key: key, at: transaction.now + .milliseconds(20))
        output += Array(key.utf8)
        // Some fail after they have written; nothing of them may stay.
        if key.hasSuffix("7") { throw StorageError.busy }
      } completion: { result in
        switch result {
        case .success(let reply):
          precondition(reply.bytes == Array(key.utf8), "the reply of \(key) is another call's")
          Self.say("ack \(key)")
        case .failure: Self.say("fail \(key)")
        }
        next()
      })
  }

  /// Keeps sixty-four writes in flight until the process is killed.
  func run() {
    let repeated = Mutex<[String]>([])
    while let line = readLine() { repeated.withLock { $0.append(line) } }
    let tag = UUID().uuidString
    let count = Atomic<Int>(0)
    @Sendable func next() {
      let key =
        repeated.withLock { $0.popLast() } ?? "\(tag)-\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
      submit(key, then: next)
    }
    Self.say("ready")
    for _ in 0..<64 { next() }
    while true { sleep(1_000) }
  }

  /// Writes one row after another.
  func some(_ count: Int) {
    let tag = UUID().uuidString
    let done = DispatchSemaphore(value: 0)
    Self.say("ready")
    for index in 0..<count {
      submit("\(tag)-\(index)") { done.signal() }
      done.wait()
    }
  }

  /// Compares the database with a ledger, after background work has caught up.
  /// - Returns: 0 if all is as it must be.
  func check(ledger path: String) throws -> Int32 {
    var acknowledged: Set<Substring> = []
    var failed: Set<Substring> = []
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix("ack ") { acknowledged.insert(line.dropFirst(4)) }
      if line.hasPrefix("fail ") { failed.insert(line.dropFirst(5)) }
    }
    waitForBackground()
    let effects = try count("SELECT key FROM torture_effect")
    let seen = try count("SELECT key FROM torture_seen")
    let fired = try count("SELECT key FROM torture_fired")
    let lost = acknowledged.filter { effects[String($0)] == nil }.count
    let twice = effects.values.filter { $0 > 1 }.count
    let despite = failed.subtracting(acknowledged).filter { effects[String($0)] != nil }.count
    let isExact = seen == effects && fired == effects
    let background = isExact ? "exact" : "WRONG: \(seen.count) and \(fired.count) of \(effects.count)"
    print(
      "acknowledged \(acknowledged.count) lost \(lost) twice \(twice) failed \(failed.count) in effect though "
        + "failed \(despite) events and timers \(background)")
    return lost == 0 && twice == 0 && despite == 0 && isExact ? 0 : 1
  }

  private func waitForBackground() {
    for _ in 0..<3_000 {
      usleep(10_000)
      let statistics = database.statistics
      let fired = (try? count("SELECT key FROM torture_fired").count) ?? -1
      let effects = (try? count("SELECT key FROM torture_effect").count) ?? -2
      if statistics.consumers.allSatisfy({ $0.lag == 0 }), fired == effects { return }
    }
  }

  private func count(_ sql: StaticString) throws -> [String: Int] {
    let reader = try database.makeReader()
    defer { reader.endBatch() }
    var counts: [String: Int] = [:]
    try reader.read(call: Self.call()) { snapshot in
      try snapshot.forEach(sql) { counts[$0.text(0), default: 0] += 1 }
    }
    return counts
  }
}
