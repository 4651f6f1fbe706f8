internal import CSQLite

/// A prepared statement in its connection's cache.
@usableFromInline
final class Statement {
  let handle: OpaquePointer
  let scope: ModuleScope
  let columnCount: Int
  let parameterCount: Int
  let isReadOnly: Bool
  unowned(unsafe) let connection: Connection
  var isInUse = false
  /// What a closure has read wrongly in this use; nil for nothing.
  var misread: String?
  /// Not in the cache: finalized after its one use.
  var isTransient = false
  /// When it was last used, in uses of the cache.
  var lastUse: UInt64 = 0
  /// How much of the connection's scratch memory was taken when this use began.
  var scratchMark = 0

  init(handle: OpaquePointer, scope: ModuleScope, connection: Connection) {
    self.handle = handle
    self.scope = scope
    self.connection = connection
    columnCount = Int(sqlite3_column_count(handle))
    parameterCount = Int(sqlite3_bind_parameter_count(handle))
    isReadOnly = sqlite3_stmt_readonly(handle) != 0
  }

  /// Goes to the next row; false at the end.
  @usableFromInline
  func step() throws -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw connection.failure(code, in: scope)
    }
  }

  /// Lets a statement that changes rows come to its end: only there are its constraints checked.
  @usableFromInline
  func finish() throws {
    if !isReadOnly { while try step() {} }
  }

  /// Refuses a result that was read wrongly.
  @usableFromInline
  func check() throws {
    guard let misread else { return }
    self.misread = nil
    throw StorageError.invalidStatement(module: scope.name, message: misread)
  }

  @inlinable
  func rows<T>(_ read: (Row) throws -> T) throws -> [T] {
    var rows: [T] = []
    while try step() { rows.append(try read(Row(self))) }
    return rows
  }
}
