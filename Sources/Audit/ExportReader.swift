/// Reads the frames of an exported audit log one after the other, whatever its bytes are.
struct ExportReader {
  /// Gives the next bytes, as many as asked for at most; none at the end.
  typealias Source = (_ maximumBytes: Int) throws -> [UInt8]

  /// Why there is no frame at a place.
  enum Problem: Error {
    case ended
    case unknownFrame
    case tooLong
  }

  private let source: Source
  private var buffer: [UInt8] = []
  private var position = 0
  private var isExhausted = false
  /// Where the next frame begins, in bytes from the first.
  private(set) var offset: Int64 = 0
  /// What the frame holds that was read last.
  private(set) var payload: [UInt8] = []

  private static let chunkBytes = 1 << 20

  init(_ source: @escaping Source) { self.source = source }

  /// Reads a frame into `payload`.
  /// - Returns: what it is; nil at the end.
  /// - Throws: `Problem`, or what the source throws.
  mutating func next() throws -> AuditExport.Frame? {
    guard try has(1) else { return nil }
    guard let frame = AuditExport.Frame(rawValue: buffer[position]) else { throw Problem.unknownFrame }
    guard try has(AuditExport.frameHeaderBytes) else { throw Problem.ended }
    let length = (1...4).reduce(0) { $0 << 8 | Int(buffer[position + $1]) }
    guard length <= frame.maximumBytes else { throw Problem.tooLong }
    guard try has(AuditExport.frameHeaderBytes + length) else { throw Problem.ended }
    let start = position + AuditExport.frameHeaderBytes
    payload.removeAll(keepingCapacity: true)
    payload.append(contentsOf: buffer[start..<(start + length)])
    position = start + length
    offset += Int64(AuditExport.frameHeaderBytes + length)
    return frame
  }

  /// Whether so many bytes are left. What a length promises takes no memory before it is there.
  private mutating func has(_ count: Int) throws -> Bool {
    while buffer.count - position < count, !isExhausted {
      if position > 0 {
        buffer.removeSubrange(..<position)
        position = 0
      }
      let more = try source(Self.chunkBytes)
      isExhausted = more.isEmpty
      buffer.append(contentsOf: more)
    }
    return buffer.count - position >= count
  }
}

/// Where the parts of a record's canonical form are.
enum RecordLayout {
  static let version: UInt8 = 1
  private static let textCount = 7

  /// The sequence of the record in a frame, if the frame has the form of one with its hash behind it.
  static func sequence(of payload: [UInt8]) -> Int64? {
    payload.withUnsafeBytes { bytes in
      guard bytes.count > 17, bytes[0] == version else { return nil }
      var position = 17
      for _ in 0..<textCount { guard skip(bytes, &position) else { return nil } }
      guard let persons = count(bytes, &position) else { return nil }
      // Each takes four bytes at least, so that a forged number ends soon.
      for _ in 0..<persons { guard skip(bytes, &position) else { return nil } }
      guard skip(bytes, &position), skip(bytes, &position), bytes.count - position == 32 else { return nil }
      return Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 1, as: Int64.self))
    }
  }

  private static func count(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int? {
    guard bytes.count - position >= 4 else { return nil }
    defer { position += 4 }
    return Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
  }

  private static func skip(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Bool {
    guard let length = count(bytes, &position), length <= bytes.count - position else { return false }
    position += length
    return true
  }
}
