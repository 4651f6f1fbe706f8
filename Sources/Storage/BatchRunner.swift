internal import CSQLite

/// Something that the writer runs in a batch, all of it or nothing of it.
///
/// Every case is one reference: a unit is copied from list to list on its way, again in each batch that has no time
/// for it.
enum WorkUnit {
  case job(QueuedJob)
  indirect case timer(TimerService.Due)
  indirect case event(ConsumerService.Consumer, StoredEvent)
  case expiry
}

/// What became of a unit.
enum UnitOutcome {
  /// Not run: the batch's time was up, or its transaction was undone.
  case waiting
  /// Committed, once the batch is.
  case done(WriteReply)
  /// Failed by itself; it has no effect.
  case failed(any Error)
  /// Undone with the whole batch.
  case lost(StorageError)
}

/// How a batch ended.
enum BatchEnd {
  /// It is durable, after a COMMIT that took so long.
  case committed(Duration)
  /// There was nothing to commit.
  case empty
  /// It was rolled back as a whole.
  case undone(StorageError)
}

/// Runs many units in one transaction, such that each has its effect or none. Belongs to the writer thread.
///
/// Most batches have no unit that fails after it has written, so a batch first runs without savepoints, which
/// would cost each unit a copy of each page that it touches. When a unit does fail after writing, the transaction
/// is rolled back and the others run again, this time in a savepoint each, and so do the next batches for a while.
/// A unit that has failed is not run again, so a batch repeats at most as often as it has units.
final class BatchRunner {
  private let connection: Connection
  private let workspace: TransactionWorkspace
  private let performer: UnitPerformer
  private let maximumDuration: Duration
  private let begin: ControlStatement
  private let commit: ControlStatement
  private let rollback: ControlStatement
  private let savepoint: ControlStatement
  private let release: ControlStatement
  private let rollbackToSavepoint: ControlStatement
  /// For how many batches units run in savepoints from the start.
  private var protectedBatches = 0
  private(set) var repeated: UInt64 = 0
  /// Whether the outcome of a write is unknown: nothing may be answered or written any more.
  private(set) var isDead = false
  private let onFatal: @Sendable (String) -> Void

  private static let protectionSpan = 32

  init(
    connection: Connection, workspace: TransactionWorkspace, performer: UnitPerformer, options: StorageOptions
  ) throws {
    self.connection = connection
    self.workspace = workspace
    self.performer = performer
    maximumDuration = options.maximumBatchDuration
    onFatal = options.onFatal
    begin = try ControlStatement("BEGIN IMMEDIATE", on: connection)
    commit = try ControlStatement("COMMIT", on: connection)
    rollback = try ControlStatement("ROLLBACK", on: connection)
    savepoint = try ControlStatement("SAVEPOINT unit", on: connection)
    release = try ControlStatement("RELEASE unit", on: connection)
    rollbackToSavepoint = try ControlStatement("ROLLBACK TO unit", on: connection)
    connection.onUnknownOutcome = { [unowned self] line in die(line) }
  }

  /// Runs as many of the units, in order, as the batch's time allows, and commits.
  /// - Returns: the outcome of each, and how the batch ended. When `isDead` afterwards, neither counts, and
  ///   nothing may be answered.
  func run(_ units: [WorkUnit]) -> (outcomes: [UnitOutcome], end: BatchEnd) {
    var outcomes = [UnitOutcome](repeating: .waiting, count: units.count)
    let mark = workspace.mark
    let changedBefore = connection.changedRows
    var isProtected = protectedBatches > 0
    protectedBatches = max(protectedBatches - 1, 0)
    do {
      while try pass(units, &outcomes, isProtected: isProtected) == .again {
        if isDead { return (outcomes, .empty) }
        repeated += 1
        isProtected = true
        protectedBatches = Self.protectionSpan
        workspace.restore(mark)
      }
      if isDead { return (outcomes, .empty) }
      try performer.recordFailures(units, outcomes)
    } catch {
      let end = undo(&outcomes, mark, error as? StorageError ?? .closed)
      return (outcomes, end)
    }
    if connection.changedRows == changedBefore {
      endEmpty()
      return (outcomes, .empty)
    }
    let started = connection.clock.monotonic()
    let code = commit.run()
    connection.expectsTransaction = false
    if code == SQLITE_DONE { return (outcomes, .committed(connection.clock.monotonic() - started)) }
    let end = refuse(&outcomes, mark, code)
    return (outcomes, end)
  }

  /// Runs the kernel's own work in a transaction by itself.
  func transaction(_ body: () throws -> Void) throws {
    try begin()
    let mark = workspace.mark
    do {
      try body()
      try commit()
    } catch {
      if !connection.isOutsideTransaction { _ = rollback.run() }
      workspace.restore(mark)
      throw error
    }
  }

  private enum PassEnd { case through, again }

  private func pass(_ units: [WorkUnit], _ outcomes: inout [UnitOutcome], isProtected: Bool) throws -> PassEnd
  {
    try begin()
    connection.expectsTransaction = true
    let started = connection.clock.monotonic()
    var hasEffects = false
    for index in units.indices {
      if case .failed = outcomes[index] { continue }
      if index > 0, connection.clock.monotonic() - started >= maximumDuration { break }
      let mark = workspace.mark
      let changed = connection.changedRows
      if isProtected { try savepoint() }
      do {
        outcomes[index] = .done(try performer.perform(units[index]))
        if isProtected { try release() }
        hasEffects = hasEffects || connection.changedRows != changed
        continue
      } catch {
        if isDead { return .again }
        outcomes[index] = .failed(error)
        if let lost = connection.lost {
          connection.forget()
          connection.expectsTransaction = false
          try giveUpIfHopeless(lost)
          Self.reset(&outcomes)
          return .again
        }
      }
      let hasWritten = connection.changedRows != changed
      if isProtected {
        if hasWritten { try rollbackToSavepoint() }
        try release()
      } else if hasWritten {
        connection.expectsTransaction = false
        try rollback()
        if hasEffects {
          Self.reset(&outcomes)
          return .again
        }
        try begin()
        connection.expectsTransaction = true
      }
      if hasWritten { workspace.restore(mark) }
    }
    return .through
  }

  /// A full disk or lack of memory will stop the other units too: no use in running each again to see.
  private func giveUpIfHopeless(_ error: StorageError) throws {
    switch error {
    case .diskFull, .outOfMemory, .corrupt, .inputOutput: throw error
    default: break
    }
  }

  private static func reset(_ outcomes: inout [UnitOutcome]) {
    for index in outcomes.indices {
      if case .done = outcomes[index] { outcomes[index] = .waiting }
    }
  }

  private func endEmpty() {
    connection.expectsTransaction = false
    if !connection.isOutsideTransaction { _ = commit.run() }
  }

  /// Rolls everything back; what seemed done is lost.
  private func undo(
    _ outcomes: inout [UnitOutcome], _ mark: TransactionWorkspace.Mark, _ error: StorageError
  ) -> BatchEnd {
    connection.forget()
    connection.expectsTransaction = false
    if !connection.isOutsideTransaction { _ = rollback.run() }
    workspace.restore(mark)
    for index in outcomes.indices {
      if case .failed = outcomes[index] { continue }
      outcomes[index] = .lost(error)
    }
    return .undone(error)
  }

  /// Deals with a COMMIT that failed. With ENOSPC the commit record was not written whole, so nothing of the
  /// transaction can come back after a crash. A constraint or a lock is refused before anything is written. After
  /// any other error, fsync above all, nobody knows.
  private func refuse(
    _ outcomes: inout [UnitOutcome], _ mark: TransactionWorkspace.Mark, _ code: Int32
  ) -> BatchEnd {
    switch code & 0xff {
    case SQLITE_FULL, SQLITE_CONSTRAINT, SQLITE_BUSY:
      return undo(&outcomes, mark, connection.failure(code, in: .kernel))
    default:
      die("a commit failed (SQLite error \(code)): \(String(cString: sqlite3_errmsg(connection.handle)))")
      return .empty
    }
  }

  private func die(_ line: String) {
    guard !isDead else { return }
    isDead = true
    onFatal(line + "; its outcome is unknown, so the host stops, and clients repeat with their keys")
  }
}
