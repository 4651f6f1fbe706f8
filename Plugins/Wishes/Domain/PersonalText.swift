import ModuleKit

/// Finds personal data in a text that is to become public.
///
/// It finds what can be told by its form: mobile numbers, resident identity numbers, and the wisher's own name. It
/// helps a moderator and does not replace one.
enum PersonalText {
  /// What a text must not hold, in words for a developer; nil if nothing was found.
  static func finding(in text: String, name: String) -> String? {
    if name.count > 1, text.contains(name) { return "the wisher's name" }
    for run in DigitRun.runs(in: text) {
      if holdsIdentityNumber(run.digits) { return "a resident identity number" }
      if holdsMobileNumber(run) { return "a phone number" }
    }
    return nil
  }

  private static func holdsIdentityNumber(_ run: [UInt8]) -> Bool {
    guard run.count >= 18 else { return false }
    return (0...(run.count - 18)).contains { start in
      IdentityNumber(String(decoding: run[start..<(start + 18)], as: UTF8.self)) != nil
    }
  }

  /// A mobile number, alone or behind its country code, in as many groups as it may be written in. Longer groups are
  /// order or serial numbers.
  private static func holdsMobileNumber(_ run: DigitRun) -> Bool {
    run.readings(upTo: 15).contains { isMobileNumber($0) }
  }

  private static func isMobileNumber(_ reading: ArraySlice<UInt8>) -> Bool {
    let code = ["86", "0086"].first { reading.count == $0.utf8.count + 11 && reading.starts(with: $0.utf8) }
    let digits = reading.dropFirst(code?.utf8.count ?? 0)
    guard digits.count == 11, digits.first == UInt8(ascii: "1") else { return false }
    return (UInt8(ascii: "3")...UInt8(ascii: "9")).contains(digits[digits.startIndex + 1])
  }
}

/// How a wisher is called in public: the surname and 师傅.
enum WisherLabel {
  /// The label of a name. Names that are not a Chinese surname and given name give no part of themselves away.
  static func label(of name: String) -> String {
    guard Masking.isChinese(name), (2...4).contains(name.count) else { return "一位师傅" }
    return Masking.surname(of: name) + "师傅"
  }
}
