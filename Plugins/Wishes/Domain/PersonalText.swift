import ModuleKit

/// Finds personal data in a text that is to become public.
///
/// It finds what can be told by its form: mobile numbers, resident identity numbers, and the wisher's own name. It
/// helps a moderator and does not replace one.
enum PersonalText {
  /// What a text must not hold, in words for a developer; nil if nothing was found.
  static func finding(in text: String, name: String) -> String? {
    if name.count > 1, text.contains(name) { return "the wisher's name" }
    for run in digitRuns(of: text) {
      if holdsIdentityNumber(run) { return "a resident identity number" }
      if holdsMobileNumber(run) { return "a phone number" }
    }
    return nil
  }

  /// Runs of digits with the separators that people write between groups left out. A check character X stands
  /// only behind 17 digits.
  private static func digitRuns(of text: String) -> [[UInt8]] {
    var runs: [[UInt8]] = []
    var run: [UInt8] = []
    var separators = 0
    for scalar in text.unicodeScalars {
      switch scalar {
      case "0"..."9": run.append(UInt8(scalar.value))
      case "\u{ff10}"..."\u{ff19}": run.append(UInt8(scalar.value - 0xff10 + 0x30))
      case "x", "X", "\u{ff38}", "\u{ff58}":
        if run.count >= 17 { run.append(UInt8(ascii: "X")) }
      case " ", "-", "\u{3000}", "\u{ff0d}", "\u{2010}"..."\u{2014}":
        separators += 1
        if separators == 1 { continue }
        fallthrough
      default:
        if run.count >= 11 { runs.append(run) }
        run = []
      }
      separators = 0
    }
    if run.count >= 11 { runs.append(run) }
    return runs
  }

  private static func holdsIdentityNumber(_ run: [UInt8]) -> Bool {
    guard run.count >= 18 else { return false }
    return (0...(run.count - 18)).contains { start in
      IdentityNumber(String(decoding: run[start..<(start + 18)], as: UTF8.self)) != nil
    }
  }

  /// A mobile number alone, or behind its country code. Longer runs are order or serial numbers.
  private static func holdsMobileNumber(_ run: [UInt8]) -> Bool {
    let digits = run.count == 13 && run.starts(with: "86".utf8) ? run.dropFirst(2) : run[...]
    guard digits.count == 11, digits.first == UInt8(ascii: "1") else { return false }
    return (UInt8(ascii: "3")...UInt8(ascii: "9")).contains(digits[digits.startIndex + 1])
  }
}

/// How a wisher is called in public: the surname and 师傅.
enum WisherLabel {
  /// Surnames of two characters that are in use.
  /// Source: 百家姓; the report 二〇二〇年全国姓名报告 of the Ministry of Public Security names the commonest.
  private static let doubleSurnames: Set<String> = [
    "欧阳", "上官", "皇甫", "令狐", "诸葛", "司徒", "司马", "申屠", "夏侯", "尉迟", "公孙", "轩辕", "慕容", "宇文", "长孙", "端木", "独孤",
    "南宫",
    "东方", "百里", "呼延", "闻人", "澹台", "濮阳", "淳于", "单于", "太叔", "公冶", "宗政", "钟离", "鲜于", "闾丘", "司空", "赫连", "拓跋",
    "西门",
  ]

  /// The label of a name. Names that are not a Chinese surname and given name give no part of themselves away.
  static func label(of name: String) -> String {
    let isChinese = name.unicodeScalars.allSatisfy {
      (0x3400...0x9fff).contains($0.value) || (0x20000...0x3ffff).contains($0.value)
    }
    guard isChinese, (2...4).contains(name.count) else { return "一位师傅" }
    let surname =
      doubleSurnames.contains(String(name.prefix(2))) && name.count > 2 ? name.prefix(2) : name.prefix(1)
    return surname + "师傅"
  }
}
