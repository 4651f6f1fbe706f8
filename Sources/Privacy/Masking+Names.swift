extension Masking {
  /// Keeps a Chinese surname, "张*", "欧阳*", with a star for each character of the given name, four at most; of other
  /// names the first letter of each part, "J*** S***", "买***·艾***".
  /// - Parameter text: a person's name.
  public static func name(_ text: String) -> String {
    if let masked = usualName(text) { return masked }
    guard text.count > 1 else { return stars(for: text) }
    if isChinese(text), text.count <= 4 {
      let surname = surname(of: text)
      return surname + String(repeating: "*", count: text.count - surname.count)
    }
    var result = ""
    var isFirst = true
    // Longer ones are no names.
    for character in text.prefix(80) {
      if character.isWhitespace || separators.contains(character) {
        result.append(character)
        isFirst = true
      } else if isFirst {
        result.append(character)
        result += "***"
        isFirst = false
      }
    }
    return result
  }

  /// The surname of a Chinese name of two to four characters: its first, or its first two where those are one of the
  /// compound surnames in use and a given name follows.
  /// - Parameter name: a name of Chinese characters.
  public static func surname(of name: String) -> Substring {
    name.count > 2 && isCompoundSurname(String(name.prefix(2))) ? name.prefix(2) : name.prefix(1)
  }

  static func isCompoundSurname(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { isCompoundSurname($0) }
  }

  /// The same for a text in UTF-8.
  static func isCompoundSurname(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    text.count == 6 && compoundSurnames.contains(packed(text))
  }

  /// Six bytes in one number, which is compared at a stroke.
  private static func packed(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Whether a text is of Chinese characters alone.
  /// - Parameter text: any text; an empty one is.
  public static func isChinese(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy {
      (0x3400...0x9fff).contains($0.value) || (0x20000...0x3ffff).contains($0.value)
    }
  }

  private static let separators: Set<Character> = ["·", "•", "-", ".", "'", "’", ","]

  /// Surnames of two characters that are in use, each as the six bytes of its UTF-8.
  /// Source: 百家姓; the report 二〇二〇年全国姓名报告 of the Ministry of Public Security names the commonest.
  private static let compoundSurnames =
    [
      "欧阳", "上官", "皇甫", "令狐", "诸葛", "司徒", "司马", "申屠", "夏侯", "尉迟", "公孙", "轩辕", "慕容", "宇文", "长孙", "端木", "独孤",
      "南宫", "东方", "百里", "呼延", "闻人", "澹台", "濮阳", "淳于", "单于", "太叔", "公冶", "宗政", "钟离", "鲜于", "闾丘", "司空", "赫连",
      "拓跋", "西门",
    ].map { packed($0.utf8) }
}
