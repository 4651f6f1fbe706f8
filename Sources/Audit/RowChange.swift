internal import Crypto

/// A row that a call inserted, changed or deleted, with its old and new values.
public struct RowChange: Sendable, Equatable {
  /// What happened to it.
  public enum Operation: UInt8, Sendable {
    case insert = 1
    case update = 2
    case delete = 3
  }

  /// A column's value, as the engine keeps it.
  public enum Value: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case bytes([UInt8])
  }

  /// A column of the row. Of a changed row, its key and the columns whose value changed.
  public struct Column: Sendable, Equatable {
    /// The column's place in its table, from 0.
    public var index: Int
    /// The value before; nil for an inserted row.
    public var old: Value?
    /// The value after; nil for a deleted row.
    public var new: Value?

    /// Creates a column.
    public init(index: Int, old: Value?, new: Value?) {
      self.index = index
      self.old = old
      self.new = new
    }
  }

  /// What happened.
  public var operation: Operation
  /// Which table, and which columns it had then: the identifier of a `TableShape`, 8 bytes.
  public var shape: [UInt8]
  /// The columns.
  public var columns: [Column]

  /// Creates a change.
  public init(operation: Operation, shape: [UInt8], columns: [Column]) {
    self.operation = operation
    self.shape = shape
    self.columns = columns
  }

  /// The changes of a record, opened.
  /// - Throws: `AuditError.changesMalformed`.
  public static func decode(_ bytes: [UInt8]) throws -> [RowChange] {
    var reader = ChangeReader(bytes)
    var changes: [RowChange] = []
    while !reader.isAtEnd {
      guard let operation = Operation(rawValue: try reader.byte()) else { throw AuditError.changesMalformed }
      let shape = try reader.bytes(8)
      let count = try reader.count()
      var columns: [Column] = []
      for _ in 0..<count {
        let index = try reader.count()
        let old = operation == .insert ? nil : try reader.value()
        let new = operation == .delete ? nil : try reader.value()
        columns.append(Column(index: index, old: old, new: new))
      }
      changes.append(RowChange(operation: operation, shape: shape, columns: columns))
    }
    return changes
  }
}

/// A table's name and columns at one time. Its identifier is made of them, so that changes which name it cannot be
/// given other columns afterwards without the chain showing it.
public struct TableShape: Sendable, Equatable {
  /// The table.
  public let table: String
  /// Its columns, in order.
  public let columns: [String]

  /// Creates a shape.
  public init(table: String, columns: [String]) {
    self.table = table
    self.columns = columns
  }

  /// The first 8 bytes of the SHA-256 of name and columns.
  public var identifier: [UInt8] {
    var form = CanonicalForm(capacity: 256)
    for text in [table] + columns { form.append(text: text) }
    return form.bytes.withUnsafeBytes { Array(SHA256.hash(data: $0).prefix(8)) }
  }
}
