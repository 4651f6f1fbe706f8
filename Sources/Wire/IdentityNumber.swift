public import Formats

/// A resident identity number (公民身份号码): area code, birth date, sequence, check character.
///
/// Source: GB 11643-1999; the check character is that of ISO 7064, MOD 11-2.
public struct IdentityNumber: Sendable, Hashable {
  /// The 18 characters; a check character ten is an upper-case X.
  public let text: String
  /// The six-digit code of the area that gave the number out.
  public var areaCode: String { String(text.prefix(6)) }
  /// The day of birth.
  public let birthDate: CalendarDate
  /// Whether the sequence number is one for men, which are odd.
  public let isMale: Bool

  /// Reads a number; nil if the length, a character, the birth date or the check character is wrong. A lower-case
  /// x is taken for the check character ten. The year of birth is 1800 at the earliest.
  public init?(_ text: String) {
    var bytes = Array(text.utf8)
    guard bytes.count == 18, bytes[0] != UInt8(ascii: "0"), CalendarDate.number(bytes[0..<17]) != nil,
      let year = CalendarDate.number(bytes[6..<10]), year >= 1800,
      let month = CalendarDate.number(bytes[10..<12]), let day = CalendarDate.number(bytes[12..<14]),
      let birthDate = CalendarDate(year: year, month: month, day: day)
    else { return nil }
    if bytes[17] == UInt8(ascii: "x") { bytes[17] = UInt8(ascii: "X") }
    guard bytes[17] == Self.checkCharacter(bytes[0..<17]) else { return nil }
    self.text = String(decoding: bytes, as: UTF8.self)
    self.birthDate = birthDate
    isMale = bytes[16] % 2 == 1
  }

  /// The check character of 17 digits: ISO 7064, MOD 11-2, by its pure recursive form.
  static func checkCharacter(_ digits: ArraySlice<UInt8>) -> UInt8 {
    let remainder = digits.reduce(0) { ($0 + Int($1 - UInt8(ascii: "0"))) * 2 % 11 }
    let check = (12 - remainder) % 11
    return check == 10 ? UInt8(ascii: "X") : UInt8(ascii: "0") + UInt8(check)
  }
}
