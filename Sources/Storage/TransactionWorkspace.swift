/// What the transactions of a batch share on the writer thread: randomness, the kernel's counters, and what the
/// batch has emitted and scheduled so far.
final class TransactionWorkspace {
  /// What a unit of work may change and what its rollback must bring back.
  struct Mark {
    var nextEvent: Int64
    var nextAudit: Int64
    var auditHash: [UInt8]
    var auditTime: Instant
    var nextRequest: Int64
    var emittedCount: Int
  }

  let random: any RandomSource
  var subject = ""
  /// The types of the events emitted in the batch, in order, for the consumers' counts.
  private(set) var emitted: [Int64] = []
  /// The earliest time that the batch scheduled; nil for none. It may stand although its unit failed.
  private(set) var earliestTimer: Instant?
  /// Whether something that the batch overwrote is to be gone for good. It may stand although its unit failed.
  var forgets = false
  /// The same of the unit of work at hand.
  var unitForgets = false
  var nextEvent: Int64 = 1
  var nextAudit: Int64 = 1
  /// The hash of the last audit record.
  var auditHash: [UInt8] = []
  /// The time of the last audit record.
  var auditTime = Instant(milliseconds: .min)
  var nextRequest: Int64 = 1
  /// Counts batches.
  private(set) var batch: UInt64 = 1
  private var typeNumbers: [String: Int64] = [:]
  private var identifiers = IdentifierSequence()
  private unowned let connection: Connection

  static let maximumEventTypes = 4_096

  init(connection: Connection, random: any RandomSource) {
    self.connection = connection
    self.random = random
  }

  var mark: Mark {
    Mark(
      nextEvent: nextEvent, nextAudit: nextAudit, auditHash: auditHash, auditTime: auditTime,
      nextRequest: nextRequest, emittedCount: emitted.count)
  }

  func restore(_ mark: Mark) {
    nextEvent = mark.nextEvent
    nextAudit = mark.nextAudit
    auditHash = mark.auditHash
    auditTime = mark.auditTime
    nextRequest = mark.nextRequest
    emitted.removeSubrange(mark.emittedCount...)
    // A type's number is a row like any other and may be gone with the transaction.
    typeNumbers.removeAll()
  }

  func forgetBatch() {
    batch &+= 1
    emitted.removeAll(keepingCapacity: true)
    earliestTimer = nil
    forgets = false
  }

  func makeID(now: Instant) -> String { identifiers.next(now: now, random: random) }

  // MARK: Events

  func emit(_ type: String, subject: String, _ payload: [UInt8], module: ModuleScope, now: Instant) throws {
    try checkLimit("an event's type in bytes", type.utf8.count, 256)
    try checkLimit("an event's subject in bytes", subject.utf8.count, 512)
    try checkLimit("an event's message in bytes", payload.count, 1 << 20)
    let number = try typeNumber(type)
    try connection.execute(
      """
      INSERT INTO kernel_event (sequence, time, module, type, subject, payload) VALUES (?, ?, ?, ?, ?, ?)
      """, nextEvent, now, module.name, number, subject, payload)
    nextEvent += 1
    emitted.append(number)
  }

  /// The number that stands for an event type in the outbox; the first event of a type gives it one.
  func typeNumber(_ type: String) throws -> Int64 {
    if let number = typeNumbers[type] { return number }
    let known = try connection.first("SELECT number FROM kernel_event_type WHERE name = ?", type) {
      $0.int64(0)
    }
    if let known {
      typeNumbers[type] = known
      return known
    }
    let count =
      try connection.first("SELECT coalesce(max(number), 0) FROM kernel_event_type") { $0.int64(0) } ?? 0
    try checkLimit("the number of event types", Int(count) + 1, Self.maximumEventTypes)
    try connection.execute("INSERT INTO kernel_event_type (number, name) VALUES (?, ?)", count + 1, type)
    typeNumbers[type] = count + 1
    return count + 1
  }

  // MARK: Timers

  func schedule(_ timer: String, key: String, at: Instant, payload: [UInt8], module: ModuleScope) throws {
    try checkLimit("a timer's name in bytes", timer.utf8.count, 128)
    try checkLimit("a timer's key in bytes", key.utf8.count, 512)
    try checkLimit("a timer's payload in bytes", payload.count, 64 << 10)
    try connection.execute(
      """
      INSERT INTO kernel_timer (module, name, key, at, payload, attempt, not_before, last_error)
      VALUES (?1, ?2, ?3, ?4, ?5, 0, ?4, '')
      ON CONFLICT (module, name, key) DO UPDATE
      SET at = excluded.at, payload = excluded.payload, attempt = 0, not_before = excluded.at, last_error = ''
      """, module.name, timer, key, at, payload)
    earliestTimer = min(earliestTimer ?? at, at)
  }

  func cancel(_ timer: String, key: String, module: ModuleScope) throws {
    try connection.execute(
      "DELETE FROM kernel_timer WHERE module = ? AND name = ? AND key = ?", module.name, timer, key)
  }

  func checkLimit(_ what: String, _ actual: Int, _ limit: Int) throws {
    guard actual <= limit else { throw StorageError.limitExceeded(what: what, limit: limit, actual: actual) }
  }
}
