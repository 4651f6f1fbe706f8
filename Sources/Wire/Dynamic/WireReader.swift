/// How a field's value is encoded. Source: protobuf.dev, "Encoding", message structure.
public enum WireType: UInt8, Sendable {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  case startGroup = 3
  case endGroup = 4
  case fixed32 = 5
}

/// Reads protobuf's encoding, field by field, without knowing the message's type.
///
/// A reader over a part of the bytes shares their storage, so reading a submessage copies nothing.
public struct WireReader: Sendable {
  /// How deep groups may be nested in a field that is skipped.
  public static let groupDepthLimit = 32

  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  /// Starts reading a whole array.
  public init(_ bytes: [UInt8]) {
    self.init(bytes: bytes, position: 0, end: bytes.count)
  }

  private init(bytes: [UInt8], position: Int, end: Int) {
    self.bytes = bytes
    self.position = position
    self.end = end
  }

  /// Whether everything has been read.
  public var isAtEnd: Bool { position == end }
  /// How many bytes are left.
  public var remainingBytes: Int { end - position }

  /// Reads a field's number (1 ... 536,870,911) and how its value is encoded.
  /// - Throws: `DecodingError.malformed`.
  public mutating func tag() throws(DecodingError) -> (number: Int32, type: WireType) {
    let raw = try varint()
    guard raw <= UInt64(UInt32.max), let type = WireType(rawValue: UInt8(raw & 7)), raw >> 3 > 0 else {
      throw .malformed
    }
    return (Int32(raw >> 3), type)
  }

  /// Reads a variable-length integer of at most ten bytes; bits beyond the 64th are dropped.
  /// - Throws: `DecodingError.malformed`.
  public mutating func varint() throws(DecodingError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 70 {
      guard position < end else { throw .malformed }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw .malformed
  }

  /// Reads four bytes, little-endian.
  /// - Throws: `DecodingError.malformed`.
  public mutating func fixed32() throws(DecodingError) -> UInt32 {
    UInt32(truncatingIfNeeded: try fixed(width: 4))
  }

  /// Reads eight bytes, little-endian.
  /// - Throws: `DecodingError.malformed`.
  public mutating func fixed64() throws(DecodingError) -> UInt64 {
    try fixed(width: 8)
  }

  private mutating func fixed(width: Int) throws(DecodingError) -> UInt64 {
    guard remainingBytes >= width else { throw .malformed }
    var value: UInt64 = 0
    for index in 0..<width { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    position += width
    return value
  }

  /// Reads a length and hands back a reader over that many bytes.
  /// - Throws: `DecodingError.malformed`.
  public mutating func lengthDelimited() throws(DecodingError) -> WireReader {
    let length = try varint()
    guard length <= UInt64(remainingBytes) else { throw .malformed }
    let start = position
    position += Int(length)
    return WireReader(bytes: bytes, position: start, end: position)
  }

  /// Reads a length and a text.
  /// - Throws: `DecodingError.malformed` or `.invalidUTF8`.
  public mutating func string() throws(DecodingError) -> String {
    let part = try lengthDelimited()
    guard let text = String(validating: part.bytes[part.position..<part.end], as: UTF8.self) else {
      throw .invalidUTF8
    }
    return text
  }

  /// The bytes that are left.
  public func remaining() -> [UInt8] { Array(bytes[position..<end]) }

  /// Skips the value behind a tag that was just read.
  /// - Throws: `DecodingError.malformed`.
  public mutating func skip(_ type: WireType, number: Int32) throws(DecodingError) {
    try skip(type, number: number, depth: 0)
  }

  private mutating func skip(_ type: WireType, number: Int32, depth: Int) throws(DecodingError) {
    switch type {
    case .varint: _ = try varint()
    case .fixed64: _ = try fixed64()
    case .fixed32: _ = try fixed32()
    case .lengthDelimited: _ = try lengthDelimited()
    case .endGroup: throw .malformed
    case .startGroup:
      guard depth < Self.groupDepthLimit else { throw .tooLarge }
      while true {
        let inner = try tag()
        if inner.type == .endGroup {
          guard inner.number == number else { throw .malformed }
          return
        }
        try skip(inner.type, number: inner.number, depth: depth + 1)
      }
    }
  }

  /// Skips the value behind a tag that was just read and hands back tag and value as they came.
  /// - Throws: `DecodingError.malformed`.
  public mutating func copyUnknown(_ type: WireType, number: Int32, into output: inout [UInt8])
    throws(DecodingError)
  {
    let start = position
    try skip(type, number: number)
    var writer = WireWriter()
    writer.tag(number, type)
    output += writer.bytes
    output += bytes[start..<position]
  }
}
