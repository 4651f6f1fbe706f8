internal import CSQLite

/// Runs one unit inside the batch's transaction. Belongs to the writer thread.
final class UnitPerformer {
  private let connection: Connection
  private let workspace: TransactionWorkspace
  private let idempotency: IdempotencyStore
  private let audit: AuditLog
  private let timers: TimerService
  private let consumers: ConsumerService
  private let maximumDuration: Duration
  /// Whether more idempotency keys may have expired than one unit drops.
  private(set) var hasMoreExpired = false

  init(
    connection: Connection, workspace: TransactionWorkspace, idempotency: IdempotencyStore, audit: AuditLog,
    timers: TimerService, consumers: ConsumerService, maximumDuration: Duration
  ) {
    self.connection = connection
    self.workspace = workspace
    self.idempotency = idempotency
    self.audit = audit
    self.timers = timers
    self.consumers = consumers
    self.maximumDuration = maximumDuration
  }

  func perform(_ unit: WorkUnit) throws -> WriteReply {
    switch unit {
    case .job(let queued): return try perform(queued.job)
    case .timer(let due): try perform(due)
    case .event(let consumer, let event): try perform(consumer, event)
    case .expiry:
      hasMoreExpired = false
      hasMoreExpired = try idempotency.expire(now: connection.clock.now())
    }
    return WriteReply(bytes: [], replayed: false)
  }

  private func perform(_ job: WriteJob) throws -> WriteReply {
    if job.isCancelled?() ?? false { throw StorageError.cancelled }
    let call = job.call
    if let deadline = call.deadline, connection.clock.monotonic() >= deadline {
      throw StorageError.deadlineExceeded
    }
    let now = connection.clock.now()
    var use: IdempotencyStore.Use?
    if let key = job.idempotencyKey {
      // A reply that is kept sealed is opened with the keys of the persons that it is about.
      connection.enter(deadline: call.deadline, maximumDuration: maximumDuration)
      defer { connection.leave() }
      let found = try idempotency.find(key, digest: job.digest, call: call, now: now)
      // No record: a repeated call changes nothing and, as what is kept is masked, looks at nothing. One under its
      // purpose would tell the person of a look that nobody had.
      if let reply = found.reply { return WriteReply(bytes: reply, replayed: true) }
      use = found.use
    }
    var output: [UInt8] = []
    try transact(call, now) { try job.body($0, &output) }
    if let use { try idempotency.record(use, reply: output, call: call, now: now) }
    try audit.append(call, digest: job.digest, now: now)
    return WriteReply(bytes: output, replayed: false)
  }

  private func perform(_ due: TimerService.Due) throws {
    guard let registration = due.registration else {
      throw BackgroundError.noHandler
    }
    guard try timers.claim(due) else { return }
    let now = connection.clock.now()
    let call = background(registration.module, "timer/\(due.module)/\(due.firing.name)", now)
    try transact(call, now) { try registration.body($0, due.firing) }
    try audit.append(call, digest: [], now: now)
  }

  private func perform(_ consumer: ConsumerService.Consumer, _ event: StoredEvent) throws {
    // When a batch runs again, so do the events before the failed one; they do not wait for it.
    if let stalledAt = consumer.stalledAt, event.sequence > stalledAt { throw BackgroundError.behindFailed }
    let now = connection.clock.now()
    let call = background(consumer.registration.module, "event/\(consumer.figures.name)", now)
    do {
      try transact(call, now) { try consumer.registration.body($0, event) }
      try consumers.advance(consumer, past: event)
      try audit.append(call, digest: [], now: now)
    } catch {
      consumer.stalledAt = event.sequence
      throw error
    }
  }

  private func background(_ module: ModuleScope, _ method: String, _ now: Instant) -> CallContext {
    CallContext(module: module, caller: .system, requestID: workspace.makeID(now: now), method: method)
  }

  private func transact(_ call: CallContext, _ now: Instant, _ body: (Transaction) throws -> Void) throws {
    workspace.subject = ""
    audit.begin()
    connection.enter(deadline: call.deadline, maximumDuration: maximumDuration)
    defer { connection.leave() }
    try body(Transaction(call: call, scope: call.module, now: now, connection: connection))
    // A handler that swallowed the error of a lost transaction has not succeeded.
    if let lost = connection.lost { throw lost }
    // A deferred reference is only checked by COMMIT, where it would take the whole batch down.
    var open: Int32 = 0
    var highest: Int32 = 0
    sqlite3_db_status(connection.handle, SQLITE_DBSTATUS_DEFERRED_FKS, &open, &highest, 0)
    if open != 0 {
      throw StorageError.constraint(ConstraintViolation(kind: .foreignKey, table: "", columns: []))
    }
  }

  /// Puts off the timers that failed, in the batch's own transaction.
  func recordFailures(_ units: [WorkUnit], _ outcomes: [UnitOutcome]) throws {
    for (unit, outcome) in zip(units, outcomes) {
      guard case .failed(let error) = outcome, case .timer(let due) = unit else { continue }
      try timers.putOff(due, error: error)
    }
  }
}

/// Why a unit of background work did not run.
enum BackgroundError: Error, CustomStringConvertible {
  case noHandler
  case behindFailed

  var description: String {
    switch self {
    case .noHandler: "no module of this program handles it"
    case .behindFailed: "an event before it failed"
    }
  }
}
