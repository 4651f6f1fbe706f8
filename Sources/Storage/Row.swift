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

  private func column(_ index: Int) -> Int32 {
    if index < 0 || index >= statement.columnCount { statement.misread = "it has no column \(index)" }
    return Int32(truncatingIfNeeded: index)
  }

  private func present(_ index: Int) -> Int32 {
    let column = column(index)
    if sqlite3_column_type(statement.handle, column) == SQLITE_NULL { noteNull(index) }
    return column
  }

  private func noteNull(_ index: Int) {
    guard statement.misread == nil else { return }
    statement.misread = "column \(index) is NULL; read it with an accessor for optional values"
  }

  /// Whether the column is NULL.
  public func isNull(_ index: Int) -> Bool {
    sqlite3_column_type(statement.handle, column(index)) == SQLITE_NULL
  }

  /// A column of text.
  public func text(_ index: Int) -> String {
    if let text = string(column(index)) { return text }
    noteNull(index)
    return ""
  }
  /// A column of text, or nil for NULL.
  public func optionalText(_ index: Int) -> String? { string(column(index)) }
  /// A column of integers.
  public func int64(_ index: Int) -> Int64 { sqlite3_column_int64(statement.handle, present(index)) }
  /// A column of integers, or nil for NULL.
  public func optionalInt64(_ index: Int) -> Int64? {
    isNull(index) ? nil : sqlite3_column_int64(statement.handle, column(index))
  }
  /// A column of integers.
  public func int(_ index: Int) -> Int { Int(int64(index)) }
  /// A column of integers, or nil for NULL.
  public func optionalInt(_ index: Int) -> Int? { optionalInt64(index).map { Int($0) } }
  /// A column of floating-point numbers.
  public func double(_ index: Int) -> Double { sqlite3_column_double(statement.handle, present(index)) }
  /// A column of floating-point numbers, or nil for NULL.
  public func optionalDouble(_ index: Int) -> Double? { isNull(index) ? nil : double(index) }
  /// A column of integers, as a truth value: 0 is false.
  public func bool(_ index: Int) -> Bool { int64(index) != 0 }
  /// A column of integers, as a truth value, or nil for NULL.
  public func optionalBool(_ index: Int) -> Bool? { optionalInt64(index).map { $0 != 0 } }
  /// A column of blobs.
  public func bytes(_ index: Int) -> [UInt8] { blob(present(index)) }
  /// A column of blobs, or nil for NULL.
  public func optionalBytes(_ index: Int) -> [UInt8]? { isNull(index) ? nil : blob(column(index)) }
  /// A column of moments.
  public func instant(_ index: Int) -> Instant { Instant(milliseconds: int64(index)) }
  /// A column of moments, or nil for NULL.
  public func optionalInstant(_ index: Int) -> Instant? {
    optionalInt64(index).map { Instant(milliseconds: $0) }
  }

  private func string(_ column: Int32) -> String? {
    guard let start = sqlite3_column_text(statement.handle, column) else { return nil }
    let count = Int(sqlite3_column_bytes(statement.handle, column))
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  private func blob(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(statement.handle, column) else { return [] }
    let count = Int(sqlite3_column_bytes(statement.handle, column))
    return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }
}
