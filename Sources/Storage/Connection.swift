internal import CSQLite

/// One connection to the database, on one thread at a time.
///
/// Invariants:
/// 1. Every statement but the control statements is prepared under the authorizer, for one scope.
/// 2. Between calls no statement is in use and none holds a pointer to a bound value.
/// 3. Once the engine has rolled a transaction back by itself (`lost`), nothing runs until `forget()`: a
///    handler that swallows the error must not go on outside a transaction.
@usableFromInline
final class Connection {
  enum Role { case writer, reader }

  /// SQLite's file system for a database that one process holds: it keeps the index of the write-ahead log in
  /// memory. In a file, the index would grow between the write of a commit record and the answer, and a disk that
  /// is full just then would leave the commit's outcome unknown; reads of a file cut short would end the process.
  /// It also spares each snapshot the system calls of file locks, and keeps other processes out of the file.
  private static let fileSystem = "unix-excl"

  let handle: OpaquePointer
  let role: Role
  let clock: HostClock
  let scratch = BindingScratch()
  let statements: StatementCache
  let authority: Authority

  /// Counts calls: what belongs to an earlier one is dead.
  @usableFromInline var generation: UInt64 = 0
  /// Whether the call's handler has asked what its caller may reach.
  var isScopeAsked = false
  /// The persons that the current call deals with.
  var persons = ConcernedPersons()
  /// When statements are stopped; nil for never.
  var deadline: ContinuousClock.Instant?
  /// How long the statements of a call may take, whatever its deadline.
  var maximumDuration: Duration = .seconds(30)
  private var firstTick: ContinuousClock.Instant?
  /// Whether a call is under way: what the engine does between calls has no deadline.
  private var isInCall = false
  private var deadlineHit = false

  /// Why the engine rolled back the open transaction; nil if it did not.
  private(set) var lost: StorageError?
  /// Whether the writer has a transaction open, so that its loss is noticed.
  var expectsTransaction = false
  /// Told of disk errors that leave the outcome of a write unknown.
  var onUnknownOutcome: ((String) -> Void)?
  /// What a transaction needs beyond its connection; the writer's connection has it.
  var workspace: TransactionWorkspace?

  init(path: String, role: Role, options: StorageOptions, clock: HostClock) throws {
    var handle: OpaquePointer?
    let access = role == .writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
    let code = sqlite3_open_v2(
      path, &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE,
      Self.fileSystem)
    guard code == SQLITE_OK, let handle else {
      let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(handle)
      throw StorageError.dataDirectoryUnusable(path: path, message: message)
    }
    self.handle = handle
    self.role = role
    self.clock = clock
    statements = StatementCache(limit: options.maximumCachedStatements)
    authority = Authority(writable: role == .writer)
    try configure(options)
    sqlite3_set_authorizer(handle, authorizeCallback, Unmanaged.passUnretained(authority).toOpaque())
    sqlite3_progress_handler(handle, 1_000, progressCallback, Unmanaged.passUnretained(self).toOpaque())
    try learnTables()
  }

  deinit { close() }

  private var isClosed = false
  private var kept: [OpaquePointer] = []

  /// Finalizes a statement when the connection closes.
  func keep(_ statement: OpaquePointer) { kept.append(statement) }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    statements.removeAll()
    for statement in kept { sqlite3_finalize(statement) }
    sqlite3_close_v2(handle)
  }

  // MARK: Statements

  func begin(_ sql: StaticString, _ values: [any Bindable], in scope: ModuleScope) throws -> Statement {
    if let lost { throw lost }
    authority.scope = scope
    let statement = try statements.statement(sql, in: scope, for: self)
    return try bind(values, to: statement)
  }

  func begin(_ query: Query, in scope: ModuleScope) throws -> Statement {
    if let lost { throw lost }
    authority.scope = scope
    let statement = try statements.statement(query.text, in: scope, for: self)
    return try bind(query.values, to: statement)
  }

  @usableFromInline
  func end(_ statement: Statement) {
    sqlite3_reset(statement.handle)
    sqlite3_clear_bindings(statement.handle)
    scratch.release(to: statement.scratchMark)
    statement.isInUse = false
    if statement.misread != nil { statement.misread = nil }
    if statement.isTransient { sqlite3_finalize(statement.handle) }
  }

  private func bind(_ values: [any Bindable], to statement: Statement) throws -> Statement {
    statement.scratchMark = scratch.mark
    statement.isInUse = true
    guard values.count == statement.parameterCount else {
      end(statement)
      throw StorageError.invalidStatement(
        module: statement.scope.name,
        message: "it has \(statement.parameterCount) placeholders and \(values.count) values")
    }
    for index in values.indices {
      values[index].bind(
        to: BindingTarget(statement: statement.handle, index: Int32(index + 1), scratch: scratch))
    }
    if scratch.failure != SQLITE_OK {
      let code = scratch.failure
      scratch.failure = SQLITE_OK
      end(statement)
      throw failure(code, in: statement.scope)
    }
    return statement
  }

  /// Prepares one statement under the authority that is set.
  func prepare(_ sql: UnsafePointer<CChar>, count: Int, in scope: ModuleScope, persistent: Bool) throws
    -> OpaquePointer
  {
    var handle: OpaquePointer?
    var tail: UnsafePointer<CChar>?
    authority.denial = nil
    let flags = persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
    let code = sqlite3_prepare_v3(self.handle, sql, Int32(count), flags, &handle, &tail)
    guard code == SQLITE_OK else {
      if let denial = authority.denial { throw denial }
      if code & 0xff == SQLITE_ERROR {
        throw StorageError.invalidStatement(
          module: scope.name, message: String(cString: sqlite3_errmsg(self.handle)))
      }
      throw failure(code, in: scope)
    }
    guard let handle else {
      throw StorageError.invalidStatement(module: scope.name, message: "it is empty")
    }
    let rest = tail.map { UnsafeBufferPointer(start: $0, count: sql + count - $0) }
    if let rest, rest.contains(where: { $0 != 0x3b && $0 > 0x20 }) {
      sqlite3_finalize(handle)
      throw StorageError.invalidStatement(module: scope.name, message: "it is more than one statement")
    }
    return handle
  }

  /// Runs a statement of the kernel's for its effect.
  @discardableResult
  func execute(_ sql: StaticString, _ values: any Bindable..., in scope: ModuleScope = .kernel) throws -> Int
  {
    let statement = try begin(sql, values, in: scope)
    defer { end(statement) }
    while try statement.step() {}
    return Int(sqlite3_changes64(handle))
  }

  /// Runs a statement of the kernel's for the first row of its result.
  func first<T>(_ sql: StaticString, _ values: any Bindable..., read: (Row) throws -> T) throws -> T? {
    let statement = try begin(sql, values, in: .kernel)
    defer { end(statement) }
    guard try statement.step() else { return nil }
    return try read(Row(statement))
  }

  /// Runs a statement of the kernel's for all rows of its result.
  func all<T>(_ sql: StaticString, _ values: any Bindable..., read: (Row) throws -> T) throws -> [T] {
    let statement = try begin(sql, values, in: .kernel)
    defer { end(statement) }
    return try statement.rows(read)
  }

  // MARK: Errors and deadlines

  /// Whether the engine has no transaction open.
  var isOutsideTransaction: Bool { sqlite3_get_autocommit(handle) != 0 }
  /// How many rows have been changed since the connection was opened.
  var changedRows: Int64 { sqlite3_total_changes64(handle) }

  /// The error for a result code, with what it means for the open transaction.
  func failure(_ code: Int32, in scope: ModuleScope) -> StorageError {
    let error = translate(code, in: scope)
    if role == .writer, leavesOutcomeUnknown(code) {
      onUnknownOutcome?("a write failed (SQLite error \(code)): \(String(cString: sqlite3_errmsg(handle)))")
    }
    if expectsTransaction, isOutsideTransaction { lost = error }
    return error
  }

  private func translate(_ code: Int32, in scope: ModuleScope) -> StorageError {
    if code & 0xff == SQLITE_INTERRUPT, deadlineHit {
      deadlineHit = false
      return .deadlineExceeded
    }
    if code & 0xff == SQLITE_AUTH, let denial = authority.denial { return denial }
    return StorageError(code: code, message: String(cString: sqlite3_errmsg(handle)), module: scope.name)
  }

  private func leavesOutcomeUnknown(_ code: Int32) -> Bool {
    guard code & 0xff == SQLITE_IOERR else { return false }
    // A page that cannot be read changes nothing. Every other failure may have reached the disk.
    return ![SQLITE_IOERR | (1 << 8), SQLITE_IOERR | (2 << 8), SQLITE_IOERR | (12 << 8)].contains(code)
  }

  /// Starts a call: its deadline counts from here, and what belongs to an earlier call is dead.
  func enter(deadline: ContinuousClock.Instant?, maximumDuration: Duration) {
    generation &+= 1
    persons.removeAll()
    isScopeAsked = false
    self.deadline = deadline
    self.maximumDuration = maximumDuration
    firstTick = nil
    deadlineHit = false
    isInCall = true
  }

  /// Ends a call.
  func leave() {
    generation &+= 1
    deadline = nil
    isInCall = false
  }

  /// Takes note that a lost transaction has been dealt with.
  func forget() { lost = nil }

  fileprivate func isOverdue() -> Bool {
    guard isInCall else { return false }
    let now = clock.monotonic()
    // The first tick comes some microseconds after the call began: near enough, and no clock is read for
    // calls that end before it.
    guard let firstTick else {
      firstTick = now
      deadlineHit = deadline.map { now >= $0 } ?? false
      return deadlineHit
    }
    deadlineHit = now - firstTick >= maximumDuration || deadline.map { now >= $0 } ?? false
    return deadlineHit
  }
}

private func progressCallback(_ context: UnsafeMutableRawPointer?) -> Int32 {
  Unmanaged<Connection>.fromOpaque(context!).takeUnretainedValue().isOverdue() ? 1 : 0
}
