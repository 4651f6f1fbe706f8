/// An audit log outside of the host: a file, or the stream that one is written from.
///
/// It is a row of frames. A frame is a byte that says what it is, the length of what follows in four bytes, and
/// that. Integers are big-endian; a text is UTF-8 behind its length in four bytes.
///
/// | frame | what it holds |
/// |---|---|
/// | `Y` opening | the 13 bytes "yizhan-audit\n"; the byte 1; the sequence of the record that follows, in eight bytes; the hash before it, 32 bytes (zeros before record 1) |
/// | `S` shape | the identifier of a `TableShape`, 8 bytes; the table; the number of columns in four bytes; the columns |
/// | `R` record | the canonical form of an `AuditRecord`; its hash, 32 bytes |
/// | `H` head | the line of an `AuditHead` |
///
/// A file begins with an opening, followed by the shapes that its records' changes name, and ends with the head of
/// its last record. An opening or a head in between says what holds there anyway, so that files which follow one
/// another may be joined by `cat`. A record's hash is the SHA-256 of the hash before it and of its canonical form.
public struct AuditExport: Sendable {
  /// The longest record with its hash, in bytes.
  public static let maximumRecordBytes = 64 << 20
  static let maximumShapeBytes = 1 << 20
  static let magic = Array("yizhan-audit\n".utf8)
  static let version: UInt8 = 1
  static let openingBytes = magic.count + 1 + 8 + 32
  static let frameHeaderBytes = 5
  /// How long the first frame of a file is, in bytes.
  public static let openingFrameBytes = Int64(frameHeaderBytes + openingBytes)

  enum Frame: UInt8 {
    case opening = 0x59
    case shape = 0x53
    case record = 0x52
    case head = 0x48

    var maximumBytes: Int {
      switch self {
      case .opening: AuditExport.openingBytes
      case .shape: AuditExport.maximumShapeBytes
      case .record: AuditExport.maximumRecordBytes
      case .head: AuditHead.maximumLineBytes
      }
    }
  }

  /// What was written and not yet taken.
  public private(set) var bytes: [UInt8] = []

  /// Creates a writer.
  public init() {}

  /// Hands over what was written.
  public mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  /// Begins the log.
  /// - Parameters:
  ///   - sequence: the first record that follows.
  ///   - previous: the hash before it, 32 bytes.
  public mutating func open(at sequence: Int64, after previous: [UInt8]) {
    precondition(sequence > 0 && previous.count == 32)
    var form = CanonicalForm(capacity: Self.openingBytes)
    form.append(raw: Self.magic)
    form.append(byte: Self.version)
    form.append(integer: sequence)
    form.append(raw: previous)
    append(.opening, form)
  }

  /// Writes what a table's columns are called.
  public mutating func append(_ shape: TableShape) {
    var form = CanonicalForm(capacity: 256)
    form.append(raw: shape.identifier)
    form.append(text: shape.table)
    form.append(count: shape.columns.count)
    for column in shape.columns { form.append(text: column) }
    append(.shape, form)
  }

  /// Writes a record.
  /// - Parameter hash: the hash that was kept with it, 32 bytes, right or wrong.
  /// - Throws: `AuditError.recordTooLarge`.
  public mutating func append(_ record: AuditRecord, hash: [UInt8]) throws(AuditError) {
    var form = CanonicalForm(capacity: 256 + record.changes.count)
    record.append(to: &form)
    form.append(raw: hash)
    guard form.bytes.count <= Self.maximumRecordBytes else {
      throw .recordTooLarge(sequence: record.sequence)
    }
    append(.record, form)
  }

  /// Writes the head of the record before.
  public mutating func append(_ head: AuditHead) {
    var form = CanonicalForm(capacity: AuditHead.maximumLineBytes)
    form.append(raw: Array(head.line.utf8))
    append(.head, form)
  }

  private mutating func append(_ frame: Frame, _ form: CanonicalForm) {
    precondition(form.bytes.count <= frame.maximumBytes, "a frame of an audit log is too long")
    bytes.append(frame.rawValue)
    withUnsafeBytes(of: UInt32(form.bytes.count).bigEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: form.bytes)
  }
}
