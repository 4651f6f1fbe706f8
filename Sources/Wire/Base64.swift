/// Base64: three bytes as four digits. Source: RFC 4648.
public enum Base64 {
  /// Which digits stand for 62 and 63.
  public enum Alphabet: Sendable {
    /// "+" and "/". Source: RFC 4648, section 4.
    case standard
    /// "-" and "_", for URLs and file names. Source: RFC 4648, section 5.
    case url

    fileprivate var digits: [UInt8] {
      switch self {
      case .standard: Base64.standardDigits
      case .url: Base64.urlDigits
      }
    }
  }

  private static let standardDigits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let urlDigits: [UInt8] = standardDigits.dropLast(2) + Array("-_".utf8)

  /// Encodes bytes.
  /// - Parameter padded: whether "=" fills up the last group of four digits.
  public static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard, padded: Bool = true) -> String
  {
    let digits = alphabet.digits
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      bitCount += 8
      while bitCount >= 6 {
        bitCount -= 6
        text.append(digits[Int(bits >> bitCount & 63)])
      }
    }
    if bitCount > 0 { text.append(digits[Int(bits << (6 - bitCount) & 63)]) }
    while padded, text.count % 4 > 0 { text.append(UInt8(ascii: "=")) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Decodes what `encode` makes, with or without padding.
  /// - Returns: nil for a character of neither alphabet or of the other one, for padding that is not as long as it
  ///   must be, and where bits of the last digit are set that belong to no byte (RFC 4648, section 3.5).
  public static func decode(_ text: some Collection<UInt8>, _ alphabet: Alphabet = .standard) -> [UInt8]? {
    guard
      let (bytes, hasUnusedBits) = decode(text, isStandard: alphabet == .standard, isURL: alphabet == .url),
      !hasUnusedBits
    else { return nil }
    return bytes
  }

  /// Decodes digits of both alphabets, with or without padding, and passes over unused bits of the last digit.
  /// - Returns: nil for any other character, and for padding that is not as long as it must be.
  ///
  /// Source: protobuf.dev, "ProtoJSON Format", bytes; the conformance tests of protobuf want "-_" to be one byte.
  public static func decodeLeniently(_ text: some Collection<UInt8>) -> [UInt8]? {
    decode(text, isStandard: true, isURL: true)?.bytes
  }

  private static func decode(_ text: some Collection<UInt8>, isStandard: Bool, isURL: Bool)
    -> (bytes: [UInt8], hasUnusedBits: Bool)?
  {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((text.count + 3) / 4 * 3)
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    var digitCount = 0
    var paddingCount = 0
    for character in text {
      let value: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+") where isStandard, UInt8(ascii: "-") where isURL: value = 62
      case UInt8(ascii: "/") where isStandard, UInt8(ascii: "_") where isURL: value = 63
      case UInt8(ascii: "=") where paddingCount < 2:
        paddingCount += 1
        continue
      default: return nil
      }
      if paddingCount > 0 { return nil }
      digitCount += 1
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
      }
    }
    let lastGroup = digitCount % 4
    if lastGroup == 1 || paddingCount > 0 && lastGroup + paddingCount != 4 { return nil }
    return (bytes, bits & ((1 << bitCount) - 1) != 0)
  }
}
