internal import CSQLite

/// One row of a result, read straight from the engine. It is valid inside the closure that it is handed to.
///
/// Columns count from 0. Reading a column that the statement does not have, or NULL with an accessor that has no
/// word for it, gives an empty value, and the query that the row belongs to then throws
/// `StorageError.invalidStatement`.
public struct Row {
  // The closure that gets the row runs inside the statement's use, which keeps it alive.
  unowned(unsafe) let statement: Statement

  @usableFromInline
  init(_ statement: Statement) { self.statement = statement }

  /// A column's value, which costs one look-up however much is asked of it. Asking it is safe without a mutex,
  /// because SQLite runs in its multi-thread mode: see `csqlite_configure`.
  private func value(_ index: Int) -> OpaquePointer? {
    if index < 0 || index >= statement.columnCount { statement.misread = "it has no column \(index)" }
    return sqlite3_column_value(statement.handle, Int32(truncatingIfNeeded: index))
  }

  private func present(_ index: Int) -> OpaquePointer? {
    let value = value(index)
    if sqlite3_value_type(value) == SQLITE_NULL { noteNull(index) }
    return value
  }

  private func optional(_ index: Int) -> OpaquePointer? {
    let value = value(index)
    return sqlite3_value_type(value) == SQLITE_NULL ? nil : value
  }

  private func noteNull(_ index: Int) {
    guard statement.misread == nil else { return }
    statement.misread = "column \(index) is NULL; read it with an accessor for optional values"
  }

  /// Whether the column is NULL.
  public func isNull(_ index: Int) -> Bool { optional(index) == nil }

  /// A column of text.
  public func text(_ index: Int) -> String {
    if let text = string(value(index)) { return text }
    noteNull(index)
    return ""
  }
  /// A column of text, or nil for NULL.
  public func optionalText(_ index: Int) -> String? { string(value(index)) }
  /// A column of integers.
  public func int64(_ index: Int) -> Int64 { sqlite3_value_int64(present(index)) }
  /// A column of integers, or nil for NULL.
  public func optionalInt64(_ index: Int) -> Int64? { optional(index).map { sqlite3_value_int64($0) } }
  /// A column of integers.
  public func int(_ index: Int) -> Int { Int(int64(index)) }
  /// A column of integers, or nil for NULL.
  public func optionalInt(_ index: Int) -> Int? { optionalInt64(index).map { Int($0) } }
  /// A column of floating-point numbers.
  public func double(_ index: Int) -> Double { sqlite3_value_double(present(index)) }
  /// A column of floating-point numbers, or nil for NULL.
  public func optionalDouble(_ index: Int) -> Double? { optional(index).map { sqlite3_value_double($0) } }
  /// A column of integers, as a truth value: 0 is false.
  public func bool(_ index: Int) -> Bool { int64(index) != 0 }
  /// A column of blobs.
  public func bytes(_ index: Int) -> [UInt8] { blob(present(index)) }
  /// A column of blobs, or nil for NULL.
  public func optionalBytes(_ index: Int) -> [UInt8]? { optional(index).map { blob($0) } }
  /// A column of moments.
  public func instant(_ index: Int) -> Instant { Instant(milliseconds: int64(index)) }
  /// A column of moments, or nil for NULL.
  public func optionalInstant(_ index: Int) -> Instant? {
    optionalInt64(index).map { Instant(milliseconds: $0) }
  }

  private func string(_ value: OpaquePointer?) -> String? {
    guard let start = sqlite3_value_text(value) else { return nil }
    let count = Int(sqlite3_value_bytes(value))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  private func blob(_ value: OpaquePointer?) -> [UInt8] {
    guard let start = sqlite3_value_blob(value) else { return [] }
    let count = Int(sqlite3_value_bytes(value))
    return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }
}
