/// Phone numbers as people write them, brought into one form.
public enum PhoneNumber {
  /// The number in E.164, "+8613800138000"; nil if the text is not a plausible phone number.
  ///
  /// Numbers without a country are taken for mainland China: mobiles (1 and ten digits), landlines with their
  /// trunk prefix and area code (010-62345678, 0755-82345678) and 400 or 800 numbers. International numbers begin
  /// with '+' or 00. Spaces, hyphens, dots, parentheses and full-width characters are allowed between and for
  /// digits. Short service numbers (110, 12345) and extensions have no E.164 form.
  ///
  /// Sources: ITU-T E.164 (at most 15 digits); the national numbering plan of the Ministry of Industry and
  /// Information Technology (电信网编号计划).
  public static func normalised(_ text: String) -> String? {
    digits(text).map { "+" + String($0.value) }
  }

  /// Whether a text is a plausible phone number.
  static func isPlausible(_ text: String) -> Bool { digits(text) != nil }

  /// The digits of the number in E.164 without the plus sign. None begins with zero.
  private static func digits(_ text: String) -> Digits? {
    // No grouping makes a number this long.
    guard text.utf8.count <= 128, let (all, isInternational) = Digits.read(text) else { return nil }
    let number = isInternational ? all : all.dropping(zeros: 2)
    if isInternational || number.count < all.count {
      if let national = number.droppingChina { return mainland(national, mayLackTrunkPrefix: true) }
      return (7...15).contains(number.count) && number.first != 0 ? number : nil
    }
    if let found = mainland(all, mayLackTrunkPrefix: false) { return found }
    // 8613800138000: the country code without its plus sign, only where it can be nothing else.
    if all.count == 13, let national = all.droppingChina, national.first == 1 {
      return mainland(national, mayLackTrunkPrefix: false)
    }
    return nil
  }

  /// A number within mainland China, with or without the trunk prefix 0 before an area code.
  private static func mainland(_ number: Digits, mayLackTrunkPrefix: Bool) -> Digits? {
    switch (number.count, number.prefix(3)) {
    case (11, 130...199), (10, 400), (10, 800): return number.addingChina
    default: break
    }
    if number.first == 0 { return landline(number.dropping(zeros: 1)) }
    return mayLackTrunkPrefix ? landline(number) : nil
  }

  /// An area code without its trunk prefix and a subscriber's number: 10 and 2x with eight digits, three-digit
  /// area codes from 310 on with seven or eight. Subscribers' numbers begin with 2 to 8.
  private static func landline(_ number: Digits) -> Digits? {
    let isShortCode = number.prefix(2) == 10 || number.first == 2
    guard isShortCode || number.prefix(2) > 30 else { return nil }
    let subscriber = number.dropping(isShortCode ? 2 : 3)
    let lengths = isShortCode ? 8...8 : 7...8
    return lengths.contains(subscriber.count) && (2...8).contains(subscriber.first) ? number.addingChina : nil
  }
}

/// Up to 18 decimal digits, leading zeros included.
private struct Digits {
  /// The digits as a number.
  var value: UInt64 = 0
  var count = 0

  /// The digits of a text and whether it begins with a plus sign; nil if it holds anything but digits and
  /// separators, no digit, or more than any phone number has.
  static func read(_ text: String) -> (Digits, isInternational: Bool)? {
    var digits = Digits()
    var isInternational = false
    for scalar in text.unicodeScalars {
      let digit: UInt32
      switch scalar {
      case "0"..."9": digit = scalar.value - 0x30
      case "\u{ff10}"..."\u{ff19}": digit = scalar.value - 0xff10
      case "+", "\u{ff0b}":
        if isInternational || digits.count > 0 { return nil }
        isInternational = true
        continue
      case " ", "-", ".", "(", ")", "\u{a0}", "\u{3000}", "\u{2010}", "\u{2011}", "\u{2013}", "\u{2014}",
        "\u{ff08}", "\u{ff09}", "\u{ff0d}":
        continue
      default: return nil
      }
      if digits.count == 18 { return nil }
      digits.value = digits.value * 10 + UInt64(digit)
      digits.count += 1
    }
    return digits.count == 0 ? nil : (digits, isInternational)
  }

  private static func power(_ exponent: Int) -> UInt64 { (0..<exponent).reduce(1) { value, _ in value * 10 } }

  var first: UInt64 { prefix(1) }

  /// The number that the first digits stand for; all of them if there are no more.
  func prefix(_ length: Int) -> UInt64 { count <= length ? value : value / Self.power(count - length) }

  func dropping(_ length: Int) -> Digits {
    let rest = max(count - length, 0)
    return Digits(value: value % Self.power(rest), count: rest)
  }

  /// The digits behind that many zeros; unchanged if it does not begin with as many.
  func dropping(zeros: Int) -> Digits {
    count > zeros && prefix(zeros) == 0 ? dropping(zeros) : self
  }

  /// The national number if the country code is 86.
  var droppingChina: Digits? { count > 2 && prefix(2) == 86 ? dropping(2) : nil }

  /// The number with the country code 86.
  var addingChina: Digits { Digits(value: value + 86 * Self.power(count), count: count + 2) }
}
