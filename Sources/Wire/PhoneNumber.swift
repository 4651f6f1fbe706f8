/// Phone numbers as people write them, brought into one form.
public enum PhoneNumber {
  /// The number in E.164, "+8613800138000"; nil if the text is not a plausible phone number.
  ///
  /// Numbers without a country are taken for mainland China: mobiles (1 and ten digits), landlines with their
  /// trunk prefix and area code (010-12345678, 0755-12345678) and 400 or 800 numbers. International numbers begin
  /// with '+' or 00. Spaces, hyphens, dots, parentheses and full-width characters are allowed between and for
  /// digits. Short service numbers (110, 12345) and extensions have no E.164 form.
  ///
  /// Sources: ITU-T E.164 (at most 15 digits); the national numbering plan of the Ministry of Industry and
  /// Information Technology (电信网编号计划).
  public static func normalised(_ text: String) -> String? {
    // No grouping makes a number this long.
    guard text.utf8.count <= 128, let (digits, isInternational) = digits(of: text) else { return nil }
    if isInternational {
      if digits.starts(with: [8, 6]) { return mainland(digits.dropFirst(2), mayLackTrunkPrefix: true) }
      guard (7...15).contains(digits.count), digits[0] != 0 else { return nil }
      return "+" + joined(digits[...])
    }
    if digits.starts(with: [0, 0]) {
      return normalised("+" + joined(digits.dropFirst(2)))
    }
    if let number = mainland(digits[...], mayLackTrunkPrefix: false) { return number }
    // 8613800138000: the country code without its plus sign, only where it can be nothing else.
    if digits.count == 13, digits.starts(with: [8, 6, 1]) {
      return mainland(digits.dropFirst(2), mayLackTrunkPrefix: false)
    }
    return nil
  }

  /// A number within mainland China, with or without the trunk prefix 0 before an area code.
  private static func mainland(_ digits: ArraySlice<Int>, mayLackTrunkPrefix: Bool) -> String? {
    guard let first = digits.first else { return nil }
    let rest = digits.dropFirst()
    if first == 1, digits.count == 11, (3...9).contains(rest.first ?? 0) { return "+86" + joined(digits) }
    if digits.starts(with: [4, 0, 0]) || digits.starts(with: [8, 0, 0]), digits.count == 10 {
      return "+86" + joined(digits)
    }
    if first == 0 { return landline(rest) }
    return mayLackTrunkPrefix ? landline(digits) : nil
  }

  /// An area code without its trunk prefix and a subscriber's number: 10 and 2x with eight digits, three-digit
  /// area codes from 310 on with seven or eight. Subscribers' numbers begin with 2 to 8.
  private static func landline(_ digits: ArraySlice<Int>) -> String? {
    guard let first = digits.first, first > 0 else { return nil }
    let isShortCode = first == 2 || digits.starts(with: [1, 0])
    if first == 1, !isShortCode { return nil }
    let subscriber = digits.dropFirst(isShortCode ? 2 : 3)
    let lengths = isShortCode ? 8...8 : 7...8
    guard lengths.contains(subscriber.count), (2...8).contains(subscriber.first ?? 0) else { return nil }
    return "+86" + joined(digits)
  }

  /// The digits of a text and whether it begins with a plus sign; nil if it holds anything but digits and
  /// separators.
  private static func digits(of text: String) -> ([Int], Bool)? {
    var digits: [Int] = []
    var isInternational = false
    for scalar in text.unicodeScalars {
      switch scalar {
      case "0"..."9": digits.append(Int(scalar.value - 0x30))
      case "\u{ff10}"..."\u{ff19}": digits.append(Int(scalar.value - 0xff10))
      case "+", "\u{ff0b}":
        if isInternational || !digits.isEmpty { return nil }
        isInternational = true
      case " ", "-", ".", "(", ")", "\u{a0}", "\u{3000}", "\u{2010}", "\u{2011}", "\u{2013}", "\u{2014}",
        "\u{ff08}", "\u{ff09}", "\u{ff0d}":
        continue
      default: return nil
      }
    }
    return digits.isEmpty ? nil : (digits, isInternational)
  }

  private static func joined(_ digits: ArraySlice<Int>) -> String {
    digits.map(String.init).joined()
  }
}
