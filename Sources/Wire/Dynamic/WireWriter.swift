/// Writes protobuf's encoding, field by field.
public struct WireWriter: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  /// Creates a writer with nothing written.
  public init() {}

  /// Writes a field's number and how its value is encoded.
  public mutating func tag(_ number: Int32, _ type: WireType) {
    varint(UInt64(UInt32(bitPattern: number)) << 3 | UInt64(type.rawValue))
  }

  /// Writes a variable-length integer.
  public mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Writes four bytes, little-endian.
  public mutating func fixed32(_ value: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Writes eight bytes, little-endian.
  public mutating func fixed64(_ value: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Writes a length and that many bytes.
  public mutating func lengthDelimited(_ payload: some Collection<UInt8>) {
    varint(UInt64(payload.count))
    bytes += payload
  }

  /// Writes a whole text field.
  public mutating func field(_ number: Int32, _ text: String) {
    tag(number, .lengthDelimited)
    lengthDelimited(text.utf8)
  }

  /// Writes a whole field of bytes or of an encoded message.
  public mutating func field(_ number: Int32, _ payload: [UInt8]) {
    tag(number, .lengthDelimited)
    lengthDelimited(payload)
  }

  /// Writes bytes as they are, for example the unknown fields of a decoded message.
  public mutating func raw(_ encoded: [UInt8]) { bytes += encoded }
}

/// The zigzag encoding of signed integers (`sint32`, `sint64`).
enum ZigZag {
  static func encode(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }
  static func decode(_ raw: UInt64) -> Int64 { Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1) }
  static func encode(_ value: Int32) -> UInt32 { UInt32(bitPattern: (value << 1) ^ (value >> 31)) }
  static func decode(_ raw: UInt32) -> Int32 { Int32(bitPattern: raw >> 1) ^ -Int32(bitPattern: raw & 1) }
}
