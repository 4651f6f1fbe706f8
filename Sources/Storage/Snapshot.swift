/// The database as it was at one moment, with the right to one module's tables.
///
/// A snapshot belongs to the thread and the call that it is handed to. Using it after the call has ended throws
/// `StorageError.closed`.
public class Snapshot {
  /// The time of the call: fixed, and never before that of an earlier call of this host.
  public let now: Instant
  /// The call.
  let call: CallContext
  let scope: ModuleScope
  @usableFromInline let connection: Connection
  // The connection counts calls; a snapshot whose number is not the current one has outlived its call.
  private let generation: UInt64

  required init(call: CallContext, scope: ModuleScope, now: Instant, connection: Connection) {
    self.call = call
    self.scope = scope
    self.now = now
    self.connection = connection
    self.generation = connection.generation
  }

  /// On whose behalf the call runs.
  public final var caller: Caller { call.caller }
  /// The call's identifier in the log.
  public final var requestID: String { call.requestID }
  /// What the caller wants personal data for; nil where it stays masked.
  public final var purpose: String? { call.purpose }
  /// The credential that the caller presented; "" for none.
  public final var credentialID: String { call.credentialID }
  /// The module whose tables the snapshot may use.
  public final var module: String { scope.name }

  /// What the called method lets its callers reach, and the bits of the caller's roles that count in it. For
  /// `ModuleKit`, whose `reach` is what a handler asks. Asking is remembered: the host refuses the reply of a handler
  /// that was to ask and did not. What the implementation of a capability asks does not count for the handler.
  public final func askForScope() -> (scope: CallScope, roles: UInt32) {
    if scope.name == call.module.name { connection.isScopeAsked = true }
    return (call.scope, admittedRoles)
  }

  /// The bits of the caller's roles that count in the called method. For `ModuleKit`, whose `roles` is what a handler
  /// reads.
  public final var admittedRoles: UInt32 { call.caller.roles & call.admittedRoles }

  /// Whether the call's reply may go out: there is nothing to ask in its method's scope, or its handler has asked.
  public final var isScopeHeeded: Bool { !call.scope.isToBeAsked || connection.isScopeAsked }

  /// The same snapshot with the right to another module's tables, for the implementation of a capability.
  /// - Parameter scope: the implementing module's own, which it got from its registrar.
  public final func entering(_ scope: ModuleScope) -> Self {
    Self(call: call, scope: scope, now: now, connection: connection)
  }

  /// Says that the call deals with a person's data: the audit record names the person, and the reply is kept such
  /// that it is gone once the person is erased. The vault says so for each value that it seals or opens. A read whose
  /// reply is masked leaves no record, and nothing is noted.
  /// - Parameter person: the identifier that the person's data is sealed under.
  public final func concerns(person: String) {
    if call.purpose == nil, connection.role == .reader { return }
    connection.persons.note(person)
  }

  /// The persons whose data the call has dealt with so far, each once, in the order of first mention; none for a read
  /// whose reply is masked.
  public final var concernedPersons: [String] { connection.persons.list }

  /// The first row of a result, or nil if there is none.
  /// - Parameters:
  ///   - sql: one statement, with `?` or `?1` for each value.
  ///   - values: the values, in order.
  ///   - read: makes the result from the row.
  /// - Throws: `StorageError`, or what `read` throws.
  @inlinable
  public final func first<T>(_ sql: StaticString, _ values: any Bindable..., read: (Row) throws -> T) throws
    -> T?
  {
    try run(begin(sql, values)) { statement in
      guard try statement.step() else { return nil }
      let result = try read(Row(statement))
      try statement.finish()
      return result
    }
  }

  /// All rows of a result.
  /// - Throws: `StorageError`, or what `read` throws.
  @inlinable
  public final func all<T>(_ sql: StaticString, _ values: any Bindable..., read: (Row) throws -> T) throws
    -> [T]
  {
    try run(begin(sql, values)) { try $0.rows(read) }
  }

  /// Walks a result row by row.
  /// - Throws: `StorageError`, or what `body` throws, which ends the walk.
  @inlinable
  public final func forEach(_ sql: StaticString, _ values: any Bindable..., body: (Row) throws -> Void) throws
  {
    try run(begin(sql, values)) { statement in
      while try statement.step() { try body(Row(statement)) }
    }
  }

  /// The first row of a composed query, or nil if there is none.
  /// - Throws: `StorageError`, or what `read` throws.
  @inlinable
  public final func first<T>(_ query: Query, read: (Row) throws -> T) throws -> T? {
    try run(begin(query)) { statement in
      guard try statement.step() else { return nil }
      let result = try read(Row(statement))
      try statement.finish()
      return result
    }
  }

  /// All rows of a composed query.
  /// - Throws: `StorageError`, or what `read` throws.
  @inlinable
  public final func all<T>(_ query: Query, read: (Row) throws -> T) throws -> [T] {
    try run(begin(query)) { try $0.rows(read) }
  }

  /// Walks the result of a composed query row by row.
  /// - Throws: `StorageError`, or what `body` throws, which ends the walk.
  @inlinable
  public final func forEach(_ query: Query, body: (Row) throws -> Void) throws {
    try run(begin(query)) { statement in
      while try statement.step() { try body(Row(statement)) }
    }
  }

  @usableFromInline
  final func begin(_ sql: StaticString, _ values: [any Bindable]) throws -> Statement {
    try checkAlive()
    return try connection.begin(sql, values, in: scope)
  }

  @usableFromInline
  final func begin(_ query: Query) throws -> Statement {
    try checkAlive()
    return try connection.begin(query, in: scope)
  }

  @inlinable
  final func run<T>(_ statement: Statement, _ body: (Statement) throws -> T) throws -> T {
    defer { connection.end(statement) }
    let result = try body(statement)
    try statement.check()
    return result
  }

  final func checkAlive() throws {
    guard generation == connection.generation else { throw StorageError.closed }
  }
}
