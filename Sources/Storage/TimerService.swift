/// Fires durable timers. Belongs to the writer thread.
final class TimerService {
  /// A row of `kernel_timer` whose time has come.
  struct Due {
    let registration: TimerRegistration?
    let module: String
    let firing: TimerFiring
    let notBefore: Instant
  }

  private let connection: Connection
  private let workspace: TransactionWorkspace
  private let clock: HostClock
  private let log: @Sendable (StorageLogLine) -> Void
  private var registrations: [String: TimerRegistration] = [:]
  private var isStarted = false
  /// The earliest time in the table; nil when it is empty. Never later than the truth.
  private(set) var next: Instant?
  private(set) var backlog = 0
  var fired: UInt64 = 0
  var failed: UInt64 = 0

  static let firstPause: Duration = .seconds(1)
  static let longestPause: Duration = .seconds(300)
  /// How long a timer waits whose module or name the program does not know.
  static let orphanPause: Duration = .seconds(3_600)

  init(
    connection: Connection, workspace: TransactionWorkspace, clock: HostClock,
    log: @escaping @Sendable (StorageLogLine) -> Void
  ) {
    self.connection = connection
    self.workspace = workspace
    self.clock = clock
    self.log = log
  }

  /// Takes the handlers; inside a transaction.
  func start(_ timers: [TimerRegistration]) throws {
    for timer in timers {
      let name = "\(timer.module.name)/\(timer.name)"
      precondition(registrations[name] == nil, "the timer \(name) has two handlers")
      registrations[name] = timer
    }
    // A timer that had no handler in an earlier program may have one now.
    try connection.execute("UPDATE kernel_timer SET not_before = at WHERE attempt = 0 AND not_before > at")
    isStarted = true
    try refresh()
  }

  /// Nanoseconds until the next timer is due; nil for never. Bounded, because the wall clock may jump.
  func pause() -> Int64? {
    guard isStarted, let next else { return nil }
    let milliseconds = next.milliseconds.subtractingReportingOverflow(clock.wall().milliseconds)
    return min(max(milliseconds.overflow ? 1_000 : milliseconds.partialValue, 0), 1_000) * 1_000_000
  }

  /// The timers that are due, earliest first.
  func due(limit: Int) throws -> [Due] {
    let wall = clock.wall()
    guard isStarted, let next, next <= wall else { return [] }
    let found = try connection.all(
      """
      SELECT module, name, key, at, payload, attempt, not_before FROM kernel_timer
      WHERE not_before <= ? ORDER BY not_before, at, module, name, key LIMIT ?
      """, wall, limit
    ) { row in
      Due(
        registration: registrations["\(row.text(0))/\(row.text(1))"], module: row.text(0),
        firing: TimerFiring(
          name: row.text(1), key: row.text(2), payload: row.bytes(4), scheduledAt: row.instant(3),
          attempt: row.int(5) + 1),
        notBefore: row.instant(6))
    }
    backlog = found.count
    if found.count == limit {
      backlog =
        try connection.first(
          "SELECT count(*) FROM (SELECT 1 FROM kernel_timer WHERE not_before <= ? LIMIT 10000)", wall
        ) { $0.int(0) } ?? backlog
    }
    if found.isEmpty { try refresh() }
    return found
  }

  /// Takes a due timer out of the table, so that it fires in this transaction and in no other.
  /// - Returns: false if a job has cancelled it or set it anew meanwhile.
  func claim(_ due: Due) throws -> Bool {
    try connection.execute(
      "DELETE FROM kernel_timer WHERE module = ? AND name = ? AND key = ? AND at = ? AND not_before = ?",
      due.module, due.firing.name, due.firing.key, due.firing.scheduledAt, due.notBefore) == 1
  }

  /// Puts off a timer whose handler failed or is missing; in the transaction that its own was rolled back to.
  func putOff(_ due: Due, error: any Error) throws {
    let pause: Duration
    let attempt: Int
    if due.registration == nil {
      pause = Self.orphanPause
      attempt = 0
    } else {
      pause = Backoff.pause(
        attempt: due.firing.attempt, first: Self.firstPause, longest: Self.longestPause,
        random: workspace.random)
      attempt = due.firing.attempt
    }
    try connection.execute(
      """
      UPDATE kernel_timer SET attempt = ?, not_before = ?, last_error = ?
      WHERE module = ? AND name = ? AND key = ? AND at = ? AND not_before = ?
      """, attempt, clock.wall() + pause, String(String(describing: error).prefix(500)), due.module,
      due.firing.name,
      due.firing.key, due.firing.scheduledAt, due.notBefore)
    failed += 1
    log(
      StorageLogLine(
        level: .warning,
        message: "timer \(due.module)/\(due.firing.name) (key \(due.firing.key)) failed at attempt "
          + "\(due.firing.attempt) and is tried again in \(pause): \(error)"))
  }

  /// Takes note of what a committed batch scheduled.
  func note(scheduled: Instant?) {
    if let scheduled { next = min(next ?? scheduled, scheduled) }
  }

  /// Looks up the earliest time anew, after timers have fired.
  func refresh() throws {
    next = try connection.first("SELECT min(not_before) FROM kernel_timer") { $0.optionalInstant(0) } ?? nil
    if next.map({ $0 > clock.wall() }) ?? true { backlog = 0 }
  }
}

/// Pauses between attempts: doubled each time, up to a limit, less a random part of up to a half so that things
/// that failed together are not tried together.
enum Backoff {
  static func pause(attempt: Int, first: Duration, longest: Duration, random: any RandomSource) -> Duration {
    let doubled = first * (1 << min(max(attempt, 1) - 1, 20))
    let full = min(doubled, longest).wholeMilliseconds
    let random = Int64(random.next() % UInt64(max(full / 2, 1)))
    return .milliseconds(full - random)
  }
}
