/// Writes row changes, as `RowChange.decode` reads them: operation, shape, number of columns, and for each its index
/// and values. Lengths, indexes and integers are varints (base 128, the low bits first), integers zigzag-coded.
public struct ChangeWriter: Sendable {
  /// What was written.
  public private(set) var bytes: [UInt8] = []
  private var columnCountAt = 0
  private var columnCount = 0

  /// Creates a writer.
  public init() {}

  /// Forgets what was written and keeps the memory.
  public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Begins a row.
  /// - Parameter maximumColumns: how many columns follow at most, below 16,384.
  public mutating func begin(_ operation: RowChange.Operation, shape: [UInt8], maximumColumns: Int) {
    precondition(shape.count == 8 && maximumColumns < 1 << 14)
    bytes.append(operation.rawValue)
    bytes.append(contentsOf: shape)
    // Two bytes hold the count, which is known at the end; as a varint of fixed length.
    columnCountAt = bytes.count
    columnCount = 0
    bytes.append(0x80)
    bytes.append(0)
  }

  /// Begins a column; its old value follows unless the row is inserted, then its new one unless it is deleted.
  public mutating func column(_ index: Int) {
    columnCount += 1
    varint(UInt64(index))
  }

  /// Ends the row.
  public mutating func end() {
    bytes[columnCountAt] = UInt8(columnCount & 0x7f) | 0x80
    bytes[columnCountAt + 1] = UInt8(columnCount >> 7)
  }

  /// Takes back the row that was begun.
  public mutating func abandon() { bytes.removeLast(bytes.count - columnCountAt + Self.headBytes) }

  /// The operation and the shape in front of the number of columns.
  private static let headBytes = 9

  /// Writes NULL.
  public mutating func null() { bytes.append(0) }

  /// Writes an integer.
  public mutating func integer(_ value: Int64) {
    bytes.append(1)
    varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  /// Writes a real number.
  public mutating func real(_ value: Double) {
    bytes.append(2)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Writes the UTF-8 bytes of a text.
  public mutating func text(_ value: UnsafeRawBufferPointer) {
    bytes.append(3)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// Writes bytes.
  public mutating func blob(_ value: UnsafeRawBufferPointer) {
    bytes.append(4)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// Writes a value that was read.
  public mutating func value(_ value: RowChange.Value) {
    switch value {
    case .null: null()
    case .integer(let number): integer(number)
    case .real(let number): real(number)
    case .text(var text): text.withUTF8 { self.text(UnsafeRawBufferPointer($0)) }
    case .bytes(let bytes): bytes.withUnsafeBytes { blob($0) }
    }
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}

/// Reads what `ChangeWriter` wrote; everything else is malformed.
struct ChangeReader {
  private let source: [UInt8]
  private var position = 0

  init(_ source: [UInt8]) { self.source = source }

  var isAtEnd: Bool { position == source.count }

  mutating func byte() throws(AuditError) -> UInt8 {
    guard position < source.count else { throw .changesMalformed }
    defer { position += 1 }
    return source[position]
  }

  mutating func bytes(_ count: Int) throws(AuditError) -> [UInt8] {
    guard count <= source.count - position else { throw .changesMalformed }
    defer { position += count }
    return Array(source[position..<(position + count)])
  }

  /// A length, a count or an index: never more than there are bytes, so that a forged one costs nothing.
  mutating func count() throws(AuditError) -> Int {
    let value = try varint()
    guard value <= UInt64(source.count) || value < 1 << 14 else { throw .changesMalformed }
    return Int(value)
  }

  mutating func value() throws(AuditError) -> RowChange.Value {
    switch try byte() {
    case 0: return .null
    case 1:
      let zigzag = try varint()
      return .integer(Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1))
    case 2:
      let raw = try bytes(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return .real(Double(bitPattern: raw))
    case 3: return .text(String(decoding: try bytes(count()), as: UTF8.self))
    case 4: return .bytes(try bytes(count()))
    default: throw .changesMalformed
    }
  }

  private mutating func varint() throws(AuditError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let next = try byte()
      guard shift < 63 || next <= 1 else { throw .changesMalformed }
      value |= UInt64(next & 0x7f) << shift
      if next & 0x80 == 0 { return value }
    }
    throw .changesMalformed
  }
}
