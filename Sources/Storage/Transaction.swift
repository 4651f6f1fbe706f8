/// A snapshot that can also write. Everything written in it commits together with the reply, the audit record
/// and the events, or not at all.
///
/// A handler may be run again in a fresh transaction before one run commits, so it must have no effect but
/// through the transaction, and take time, identifiers and randomness from it alone.
public final class Transaction: Snapshot {
  private var workspace: TransactionWorkspace {
    guard let workspace = connection.workspace else {
      preconditionFailure("a transaction belongs to the writer")
    }
    return workspace
  }

  /// Tells batches apart: what an earlier batch wrote is committed or gone, what this one wrote is neither yet.
  package var batch: UInt64 { workspace.batch }

  /// What the audit record says the write was about, usually an identifier; "" until a handler sets it.
  public var subject: String {
    get { workspace.subject }
    set { workspace.subject = newValue }
  }

  /// Runs a statement for its effect; rows that it returns are skipped.
  /// - Returns: how many rows were inserted, changed or deleted.
  /// - Throws: `StorageError`; `constraint` when a row breaks one, and then the statement has no effect.
  @discardableResult
  public func execute(_ sql: StaticString, _ values: any Bindable...) throws -> Int {
    try connection.changes(of: begin(sql, values))
  }

  /// Runs a composed statement for its effect; rows that it returns are skipped.
  /// - Returns: how many rows were inserted, changed or deleted.
  /// - Throws: `StorageError`.
  @discardableResult
  public func execute(_ query: Query) throws -> Int {
    try connection.changes(of: begin(query))
  }

  /// Has what this transaction overwrites and deletes gone for good soon after the commit: from the database it is gone
  /// with the commit, from the write-ahead log once no reader needs it, at the next start at the latest.
  /// The call's audit record then says which rows it changed and deleted, and keeps no values of theirs.
  public func forget() {
    workspace.forgets = true
    workspace.unitForgets = true
  }

  /// A new identifier that no one can guess and that sorts by the time it was made: UUID version 7, as text.
  /// Source: RFC 9562, section 5.7 and section 6.2, method 1.
  public func makeID() -> String { workspace.makeID(now: now) }

  /// Random bytes, fit for secrets.
  /// - Parameter count: 0 to 65,536.
  public func randomBytes(_ count: Int) -> [UInt8] {
    precondition((0...65_536).contains(count), "randomBytes gives 0 to 65,536 bytes, not \(count)")
    return workspace.random.bytes(count)
  }

  /// Puts an event into the outbox, from where consumers and subscribers get it after the commit.
  /// - Parameters:
  ///   - type: the event message's full name, at most 256 bytes.
  ///   - subject: what it is about, at most 512 bytes.
  ///   - payload: the encoded event message, at most 1 MiB.
  /// - Throws: `StorageError.limitExceeded` for more.
  public func emit(_ type: String, subject: String, _ payload: [UInt8]) throws {
    try checkAlive()
    try workspace.emit(type, subject: subject, payload, module: scope, now: now)
  }

  /// Sets a timer: the handler registered for the module's timers of this name runs, as a transaction, at or
  /// after the time, exactly once, across restarts. Setting it again replaces time and payload.
  /// - Parameters:
  ///   - timer: the timer's name, 1 to 128 bytes.
  ///   - key: what tells timers of one name apart, at most 512 bytes.
  ///   - at: when; a time in the past means at once.
  ///   - payload: what the handler is given, at most 64 KiB.
  /// - Throws: `StorageError.limitExceeded` for more.
  public func schedule(_ timer: String, key: String, at: Instant, payload: [UInt8] = []) throws {
    try checkAlive()
    try workspace.schedule(timer, key: key, at: at, payload: payload, module: scope)
  }

  /// Takes a timer back; nothing happens if there is none.
  public func cancel(_ timer: String, key: String) throws {
    try checkAlive()
    try workspace.cancel(timer, key: key, module: scope)
  }
}

extension Connection {
  /// Runs a statement to its end and counts what it changed.
  func changes(of statement: Statement) throws -> Int {
    defer { end(statement) }
    let before = changedRows
    while try statement.step() {}
    return statement.isReadOnly ? 0 : Int(changedRows - before)
  }
}
