internal import CSQLite

/// What a statement may touch, asked by SQLite while it prepares the statement.
///
/// A module's statement reads and writes tables named `<module>_…`; inside its migrations it also makes, alters
/// and drops such tables and their indexes. Everything else is refused: other modules' and the kernel's tables,
/// the schema table, ATTACH, PRAGMA, transactions, temporary tables, virtual tables, and functions whose value
/// does not follow from the transaction.
final class Authority {
  /// Whose statement is being prepared.
  var scope: ModuleScope = .kernel
  /// Whether the module's schema may change.
  var isMigrating = false
  /// Whether the kernel runs a control statement or a pragma of its own.
  var isSuspended = true
  /// Every table and view that there is, in lower case.
  var tables: Set<String> = []
  /// What was refused last.
  var denial: StorageError?
  private let writable: Bool

  init(writable: Bool) { self.writable = writable }

  /// Time and randomness come from the transaction, so that a run can be repeated; extensions come never.
  private static let forbiddenFunctions: Set<String> = [
    "load_extension", "fts3_tokenizer", "random", "randomblob", "current_timestamp", "current_date",
    "current_time", "date", "time", "datetime", "julianday", "unixepoch", "strftime",
  ]

  /// Tables that the engine makes by itself begin with one of these.
  private static let builtInTables = ["sqlite_", "pragma_", "json_", "dbstat", "fts", "rtree"]

  func allows(_ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?) -> Bool {
    if isSuspended { return true }
    switch action {
    case SQLITE_SELECT, SQLITE_RECURSIVE: return true
    case SQLITE_READ: return isCommonTableExpression(first, second) || allowsTable(first)
    case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE:
      return (writable || deny("writes in a snapshot")) && allowsTable(first)
    case SQLITE_FUNCTION:
      guard let second else { return false }
      let name = String(cString: second).lowercased()
      return !Self.forbiddenFunctions.contains(name) || deny("the function \(name)()")
    case SQLITE_CREATE_TABLE, SQLITE_DROP_TABLE, SQLITE_CREATE_VIEW, SQLITE_DROP_VIEW, SQLITE_REINDEX:
      return allowsSchemaChange() && allowsTable(first)
    case SQLITE_CREATE_INDEX, SQLITE_DROP_INDEX, SQLITE_CREATE_TRIGGER, SQLITE_DROP_TRIGGER:
      return allowsSchemaChange() && allowsTable(first) && allowsTable(second)
    case SQLITE_ALTER_TABLE: return allowsSchemaChange() && allowsTable(second)
    case SQLITE_ATTACH, SQLITE_DETACH: return deny("ATTACH")
    case SQLITE_PRAGMA: return deny("PRAGMA")
    case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: return deny("transaction control")
    case SQLITE_ANALYZE: return deny("ANALYZE")
    case SQLITE_CREATE_VTABLE, SQLITE_DROP_VTABLE: return deny("virtual tables")
    default: return deny("temporary objects")
    }
  }

  /// Whether a read is of a name that the statement's own WITH clause gives. The engine asks for those too where
  /// it needs no column (`SELECT count(*) FROM steps`), by the name as written.
  private func isCommonTableExpression(_ name: UnsafePointer<CChar>?, _ column: UnsafePointer<CChar>?) -> Bool
  {
    guard let name, let column, column.pointee == 0 else { return false }
    let table = String(cString: name).lowercased()
    return !tables.contains(table) && !Self.builtInTables.contains { table.hasPrefix($0) }
  }

  private func allowsSchemaChange() -> Bool { isMigrating || deny("schema changes outside its migrations") }

  private func allowsTable(_ name: UnsafePointer<CChar>?) -> Bool {
    guard let name else { return false }
    let table = String(cString: name).lowercased()
    // A schema change reads and writes the schema tables and makes automatic indexes.
    if table.hasPrefix(scope.name + "_") || (isMigrating && table.hasPrefix("sqlite_")) { return true }
    denial = .forbiddenTable(module: scope.name, table: table)
    return false
  }

  private func deny(_ action: String) -> Bool {
    denial = .forbiddenStatement(module: scope.name, action: action)
    return false
  }
}

func authorizeCallback(
  _ context: UnsafeMutableRawPointer?, _ action: Int32, _ first: UnsafePointer<CChar>?,
  _ second: UnsafePointer<CChar>?, _ database: UnsafePointer<CChar>?, _ trigger: UnsafePointer<CChar>?
) -> Int32 {
  let authority = Unmanaged<Authority>.fromOpaque(context!).takeUnretainedValue()
  return authority.allows(action, first, second) ? SQLITE_OK : SQLITE_DENY
}
