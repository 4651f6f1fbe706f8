/// Base64 (RFC 4648, section 4) as gRPC puts it into `-bin` metadata: sent without padding, accepted with and
/// without it.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The value of a digit, or 255 for a byte that is not a digit.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  /// Encodes without padding, as the gRPC protocol asks senders to.
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 4 + 2) / 3)
    var bits: UInt32 = 0
    var bitCount = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      bitCount += 8
      while bitCount >= 6 {
        bitCount -= 6
        text.append(alphabet[Int(bits >> UInt32(bitCount) & 63)])
      }
    }
    if bitCount > 0 { text.append(alphabet[Int(bits << UInt32(6 - bitCount) & 63)]) }
    return text
  }

  /// Decodes with or without padding; nil for anything else than base64.
  static func decode(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
    var digitCount = text.count
    var paddingCount = 0
    for byte in text.suffix(2).reversed() {
      guard byte == UInt8(ascii: "=") else { break }
      paddingCount += 1
      digitCount -= 1
    }
    let remainder = digitCount % 4
    if remainder == 1 { return nil }
    if paddingCount > 0 && (remainder == 0 || remainder + paddingCount != 4) { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digitCount * 3 / 4)
    var bits: UInt32 = 0
    var bitCount = 0
    for digit in text.prefix(digitCount) {
      let value = values[Int(digit)]
      if value == 255 { return nil }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
      }
    }
    return bytes
  }
}
