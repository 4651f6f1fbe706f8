/// Protobuf's encoding, as far as it can be read without knowing the message type.
///
/// Source: protobuf.dev, "Encoding".
enum WireFormat {
  /// One field as it stands in the bytes.
  struct Field {
    var number: UInt32
    var wireType: UInt8
    /// The whole field with its tag.
    var all: Range<Int>
    /// What follows the tag and, where there is one, the length.
    var payload: Range<Int>
  }

  /// The field that starts at an offset.
  /// - Throws: `DecodingError.malformed`; groups (wire types 3 and 4) are not supported.
  static func field(_ bytes: ArraySlice<UInt8>, at start: Int) throws(DecodingError) -> Field {
    var offset = start
    let tag = try varint(bytes, &offset)
    guard tag >> 3 > 0, tag <= UInt64(UInt32.max) else { throw .malformed }
    let wireType = UInt8(tag & 7)
    var payloadStart = offset
    switch wireType {
    case 0: _ = try varint(bytes, &offset)
    case 1: offset += 8
    case 2:
      let length = try varint(bytes, &offset)
      guard length <= UInt64(bytes.endIndex - offset) else { throw .malformed }
      payloadStart = offset
      offset += Int(length)
    case 5: offset += 4
    default: throw .malformed
    }
    guard offset <= bytes.endIndex else { throw .malformed }
    return Field(
      number: UInt32(tag >> 3), wireType: wireType, all: start..<offset, payload: payloadStart..<offset)
  }

  /// The varint at an offset, which is moved behind it.
  /// - Throws: `DecodingError.malformed` when it does not end within ten bytes.
  static func varint(_ bytes: ArraySlice<UInt8>, _ offset: inout Int) throws(DecodingError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard offset < bytes.endIndex else { throw .malformed }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw .malformed
  }

  /// Appends a varint.
  static func appendVarint(_ value: UInt64, to output: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    output.append(UInt8(rest))
  }
}
