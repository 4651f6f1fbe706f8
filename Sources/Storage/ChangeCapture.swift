internal import Audit
internal import CSQLite
internal import Glibc

/// Takes down the old and new values of every row that a call changes, for its audit record. Belongs to the writer
/// thread.
///
/// The engine tells of each row before it changes it (sqlite3_preupdate_hook), so no handler can forget to, and
/// what is taken down is what the table holds: personal values are sealed there and stay sealed here. The kernel's
/// own tables are left out, and what a module's schema lists as unrecorded. So are rows that an update leaves as
/// they were.
final class ChangeCapture {
  private struct Table {
    let name: [CChar]
    let shape: [UInt8]
    let isKey: [Bool]
    /// Whether each column is a counter, which is not taken down; empty for none.
    var isCounter: [Bool] = []
    var treatment = Treatment.recorded
  }

  private enum Treatment {
    /// Values are taken down.
    case recorded
    /// It is noted that something changed.
    case noted
    /// Nothing.
    case ignored
  }

  /// What one call may change at most, in bytes as taken down; a call that changes more fails.
  static let maximumBytes = 16 << 20

  private var writer = ChangeWriter()
  /// Whether anything changed since `begin` that is not ignored.
  private(set) var hasChanges = false
  /// Whether more was changed than can be taken down.
  private(set) var isOverfull = false
  /// By the address of the name that the engine hands out, which holds while the schema does; compared all the same.
  private var tables: [UnsafePointer<CChar>: Table] = [:]
  private var known: [String: Table] = [:]
  private let connection: Connection

  /// - Throws: `StorageError.unrecordedUnknown`.
  init(connection: Connection, schemas: [ModuleSchema]) throws {
    self.connection = connection
    let shapes = try Self.shapes(of: connection)
    for shape in shapes {
      let keys = try Self.keyColumns(of: shape.table, on: connection)
      var table = Table(name: Array(shape.table.utf8CString), shape: shape.identifier, isKey: keys)
      if shape.table.hasPrefix("kernel_") || shape.table.hasPrefix("sqlite_") { table.treatment = .ignored }
      known[shape.table] = table
    }
    let columns = Dictionary(uniqueKeysWithValues: shapes.map { ($0.table, $0.columns) })
    for schema in schemas {
      for unrecorded in schema.unrecorded { try leaveOut(unrecorded, of: schema.name, columns) }
    }
  }

  /// A name that is wrong would put into the log, for good, what must not be there: no host starts with one.
  private func leaveOut(_ unrecorded: Unrecorded, of module: String, _ columns: [String: [String]]) throws {
    let name = unrecorded.table
    guard name.hasPrefix(module + "_"), let all = columns[name] else {
      throw StorageError.unrecordedUnknown(module: module, name: name)
    }
    switch unrecorded {
    case .secrets: known[name]?.treatment = .noted
    case .counters: known[name]?.treatment = .ignored
    case .counter(_, let column):
      guard let index = all.firstIndex(of: column), known[name]?.isKey[index] == false else {
        throw StorageError.unrecordedUnknown(module: module, name: "\(name).\(column)")
      }
      if known[name]?.isCounter.isEmpty == true { known[name]?.isCounter = all.map { _ in false } }
      known[name]?.isCounter[index] = true
    }
  }

  /// Begins a call: nothing is changed yet.
  func begin() {
    writer.removeAll()
    hasChanges = false
    isOverfull = false
  }

  /// Drops the values of the rows that were changed and deleted since `begin`, new ones too: a pseudonym beside the
  /// person would undo it. What is left says which rows they were, by their keys, and which columns were changed, with
  /// NULL before and after.
  func dropValues() throws {
    let changes = try RowChange.decode(writer.bytes)
    writer.removeAll()
    for change in changes {
      let isKey = known.values.first { $0.shape == change.shape }?.isKey ?? []
      writer.begin(change.operation, shape: change.shape, maximumColumns: change.columns.count)
      for column in change.columns {
        let isKept = change.operation == .insert || (column.index < isKey.count && isKey[column.index])
        if change.operation == .delete, !isKept { continue }
        writer.column(column.index)
        if let old = column.old { writer.value(isKept ? old : .null) }
        if let new = column.new { writer.value(isKept ? new : .null) }
      }
      writer.end()
    }
  }

  /// What was taken down since `begin`.
  var bytes: [UInt8] { writer.bytes }

  /// Has the engine call from now on.
  func watch() {
    sqlite3_preupdate_hook(connection.handle, preupdateCallback, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Name and columns of each table that there is.
  static func shapes(of connection: Connection) throws -> [TableShape] {
    try connection.authority.tables.sorted().map { table in
      TableShape(table: table, columns: try columns(of: table, on: connection).map(\.name))
    }
  }

  private static func keyColumns(of table: String, on connection: Connection) throws -> [Bool] {
    try columns(of: table, on: connection).map(\.isKey)
  }

  private static func columns(of table: String, on connection: Connection) throws -> [(
    name: String, isKey: Bool
  )] {
    connection.authority.isSuspended = true
    defer { connection.authority.isSuspended = false }
    // A pragma takes no parameter; the name is one that the schema holds, with its quotes doubled.
    let quoted = table.replacing("\"", with: "\"\"")
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    var code = sqlite3_prepare_v2(connection.handle, "PRAGMA table_info(\"\(quoted)\")", -1, &statement, nil)
    var columns: [(name: String, isKey: Bool)] = []
    while code == SQLITE_OK || code == SQLITE_ROW {
      code = sqlite3_step(statement)
      guard code == SQLITE_ROW, let name = sqlite3_column_text(statement, 1) else { break }
      columns.append((String(cString: name), sqlite3_column_int(statement, 5) != 0))
    }
    guard code == SQLITE_DONE else { throw connection.failure(code, in: .kernel) }
    return columns
  }

  fileprivate func rowChanges(
    _ code: Int32, _ name: UnsafePointer<CChar>, _ database: OpaquePointer
  ) {
    guard let table = table(name), table.treatment != .ignored, !isOverfull else { return }
    guard table.treatment == .recorded else {
      hasChanges = true
      return
    }
    guard writer.bytes.count < Self.maximumBytes else {
      isOverfull = true
      return
    }
    let operation: RowChange.Operation =
      switch code {
      case SQLITE_INSERT: .insert
      case SQLITE_DELETE: .delete
      default: .update
      }
    let count = Int(sqlite3_preupdate_count(database))
    writer.begin(operation, shape: table.shape, maximumColumns: count)
    var isChanged = operation != .update
    for index in 0..<count {
      if index < table.isCounter.count, table.isCounter[index] { continue }
      var old: OpaquePointer?
      var new: OpaquePointer?
      if operation != .insert { sqlite3_preupdate_old(database, Int32(index), &old) }
      if operation != .delete { sqlite3_preupdate_new(database, Int32(index), &new) }
      if operation == .update {
        let isKey = index < table.isKey.count && table.isKey[index]
        let isEqual = Self.areEqual(old, new)
        if !isKey, isEqual { continue }
        isChanged = isChanged || !isEqual
      }
      writer.column(index)
      if operation != .insert { append(old) }
      if operation != .delete { append(new) }
    }
    if isChanged {
      writer.end()
      hasChanges = true
    } else {
      writer.abandon()
    }
  }

  private func table(_ name: UnsafePointer<CChar>) -> Table? {
    if let table = tables[name], table.name.withUnsafeBufferPointer({ strcmp($0.baseAddress!, name) == 0 }) {
      return table
    }
    guard let table = known[String(cString: name).lowercased()] else { return nil }
    tables[name] = Table(
      name: Array(String(cString: name).utf8CString), shape: table.shape, isKey: table.isKey,
      isCounter: table.isCounter, treatment: table.treatment)
    return table
  }

  private func append(_ value: OpaquePointer?) {
    switch sqlite3_value_type(value) {
    case SQLITE_INTEGER: writer.integer(sqlite3_value_int64(value))
    case SQLITE_FLOAT: writer.real(sqlite3_value_double(value))
    case SQLITE_TEXT: writer.text(Self.bytes(value, sqlite3_value_text(value)))
    case SQLITE_BLOB: writer.blob(Self.bytes(value, sqlite3_value_blob(value)))
    default: writer.null()
    }
  }

  private static func bytes(_ value: OpaquePointer?, _ start: UnsafeRawPointer?) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
  }

  private static func areEqual(_ old: OpaquePointer?, _ new: OpaquePointer?) -> Bool {
    let type = sqlite3_value_type(old)
    guard type == sqlite3_value_type(new) else { return false }
    switch type {
    case SQLITE_INTEGER: return sqlite3_value_int64(old) == sqlite3_value_int64(new)
    case SQLITE_FLOAT: return sqlite3_value_double(old) == sqlite3_value_double(new)
    case SQLITE_NULL: return true
    default:
      let first = bytes(old, sqlite3_value_blob(old))
      let second = bytes(new, sqlite3_value_blob(new))
      guard first.count == second.count else { return false }
      return first.count == 0 || memcmp(first.baseAddress!, second.baseAddress!, first.count) == 0
    }
  }
}

private func preupdateCallback(
  _ context: UnsafeMutableRawPointer?, _ database: OpaquePointer?, _ operation: Int32,
  _ schema: UnsafePointer<CChar>?, _ table: UnsafePointer<CChar>?, _ oldRow: Int64, _ newRow: Int64
) {
  guard let context, let database, let table else { return }
  Unmanaged<ChangeCapture>.fromOpaque(context).takeUnretainedValue().rowChanges(operation, table, database)
}
