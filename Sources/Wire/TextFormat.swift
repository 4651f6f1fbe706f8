import Formats

/// A standard that a text field can be declared to follow, in `(yizhan.check).format`.
public enum TextFormat: Sendable, CaseIterable {
  /// A UUID in its text form, 8-4-4-4-12 hexadecimal digits in either case (RFC 9562, section 4).
  case uuid
  /// A calendar date, 2026-01-31 (ISO 8601, extended format).
  case date
  /// An area code: 6 digits to the county or district, 9 to the street, 12 to the community (GB/T 2260 and the
  /// levels below it).
  case areaCode
  /// A phone number that `PhoneNumber.normalised` can bring into E.164.
  case phone
  /// A resident identity number, its birth date and check character verified (GB 11643).
  case identityNumber
  /// Letters, digits, '-', '_', '.' and ':' of ASCII, 128 at most.
  case key

  /// Whether a text follows the standard.
  public func admits(_ text: String) -> Bool {
    switch self {
    case .uuid: Self.isUUID(text)
    case .date: CalendarDate(text) != nil
    case .areaCode: Self.isAreaCode(text)
    case .phone: PhoneNumber.isPlausible(text)
    case .identityNumber: IdentityNumber(text) != nil
    case .key: Self.isKey(text)
    }
  }

  /// The reason of a violation.
  public var reason: String {
    switch self {
    case .uuid: "NOT_A_UUID"
    case .date: "NOT_A_DATE"
    case .areaCode: "NOT_AN_AREA_CODE"
    case .phone: "NOT_A_PHONE_NUMBER"
    case .identityNumber: "NOT_AN_IDENTITY_NUMBER"
    case .key: "NOT_A_KEY"
    }
  }

  /// What is expected, in English.
  public var expectation: String {
    switch self {
    case .uuid: "must be a UUID like 018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
    case .date: "must be a calendar date like 2026-01-31"
    case .areaCode: "must be an area code of 6, 9, 12 or 15 digits"
    case .phone: "must be a phone number like 13800138000, 010-12345678 or +85291234567"
    case .identityNumber:
      "must be a resident identity number of 18 characters; its birth date or check character is wrong"
    case .key: "must be 1 to 128 letters, digits, '-', '_', '.' or ':'"
    }
  }

  /// What is expected, in Chinese.
  public var expectationChinese: String {
    switch self {
    case .uuid: "须为UUID,例如018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
    case .date: "须为日期,例如2026-01-31"
    case .areaCode: "须为6位、9位、12位或15位的区划代码"
    case .phone: "须为电话号码,例如13800138000、010-12345678或+85291234567"
    case .identityNumber: "须为18位居民身份证号码,出生日期或校验码不正确"
    case .key: "须为1至128个字母、数字、“-”、“_”、“.”或“:”"
    }
  }

  static func isUUID(_ text: String) -> Bool {
    // Over plain bytes: this runs in every call that names a resource, and a string's own views cost many times as
    // much. A text that does not lie in one piece, which no decoded one does, is looked at in a copy that does.
    if let isUUID = text.utf8.withContiguousStorageIfAvailable(isUUID) { return isUUID }
    return Array(text.utf8).withUnsafeBufferPointer(isUUID)
  }

  /// Source: RFC 9562, section 4.
  private static func isUUID(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let hyphen = UInt8(ascii: "-")
    guard bytes.count == 36, bytes[8] == hyphen, bytes[13] == hyphen, bytes[18] == hyphen, bytes[23] == hyphen
    else { return false }
    let raw = UnsafeRawBufferPointer(bytes)
    func four(_ offset: Int) -> UInt64 { UInt64(raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    return isHexadecimal(raw.loadUnaligned(as: UInt64.self))
      && isHexadecimal(four(9) << 32 | four(14)) && isHexadecimal(four(19) << 32 | four(24))
      && isHexadecimal(raw.loadUnaligned(fromByteOffset: 28, as: UInt64.self))
  }

  /// Whether eight bytes are hexadecimal digits, all at once. Where a sum sets a byte's highest bit, the byte is not
  /// below a limit; bytes of 0x80 and above, which would carry into the next, are refused first.
  private static func isHexadecimal(_ bytes: UInt64) -> Bool {
    func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
    func notBelow(_ limit: Unicode.Scalar, _ bytes: UInt64) -> UInt64 {
      bytes &+ each(0x80 &- UInt8(ascii: limit))
    }
    let lower = bytes | each(0x20)
    let digits = notBelow("0", bytes) & ~notBelow(":", bytes)
    let letters = notBelow("a", lower) & ~notBelow("g", lower)
    return bytes & each(0x80) == 0 && (digits | letters) & each(0x80) == each(0x80)
  }

  static func isAreaCode(_ text: String) -> Bool {
    let digits = text.utf8
    switch digits.count {
    case 6, 9, 12, 15: break
    default: return false
    }
    return digits.first != UInt8(ascii: "0")
      && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  static func isKey(_ text: String) -> Bool {
    guard (1...128).contains(text.utf8.count) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: ":"):
        true
      default: false
      }
    }
  }
}
