internal import CSQLite

/// BEGIN, COMMIT and the like: prepared once, run outside the authorizer, which refuses them to everyone else.
/// The connection finalizes them when it closes.
final class ControlStatement {
  private let handle: OpaquePointer
  private unowned let connection: Connection

  init(_ sql: StaticString, on connection: Connection) throws {
    self.connection = connection
    connection.authority.isSuspended = true
    defer { connection.authority.isSuspended = false }
    let start = UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self)
    handle = try connection.prepare(start, count: sql.utf8CodeUnitCount + 1, in: .kernel, persistent: true)
    connection.keep(handle)
  }

  /// Runs the statement and gives SQLite's extended result code, `SQLITE_DONE` for success.
  func run() -> Int32 {
    connection.authority.isSuspended = true
    let code = sqlite3_step(handle)
    sqlite3_reset(handle)
    connection.authority.isSuspended = false
    return code
  }

  /// Runs the statement.
  /// - Throws: `StorageError`.
  func callAsFunction() throws {
    let code = run()
    guard code == SQLITE_DONE else { throw connection.failure(code, in: .kernel) }
  }
}
