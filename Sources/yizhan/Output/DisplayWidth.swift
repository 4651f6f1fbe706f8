/// How many columns of a terminal a text takes.
enum DisplayWidth {
  /// The columns of a text: 2 for wide characters such as 驿, 0 for marks that stand on others.
  /// Source: Unicode Standard Annex #11, "East Asian Width"; emoji take two columns in every current
  /// terminal.
  static func of(_ text: some StringProtocol) -> Int {
    // Most texts are plain ASCII, one column a byte.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
    return text.reduce(0) { $0 + width($1) }
  }

  private static func width(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
      // U+FE0F asks for the picture, which is wide.
      width = max(width, scalar == "\u{FE0F}" ? 2 : self.width(scalar))
    }
    return width
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    if isWide(scalar.value) || scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: return 1
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
      0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }

  /// The text cut to a width, with "…" in place of what is cut off.
  static func cut(_ text: String, to limit: Int) -> String {
    if of(text) <= limit { return text }
    var result = ""
    var used = 0
    for character in text {
      let next = width(character)
      if used + next > limit - 1 { break }
      result.append(character)
      used += next
    }
    return result + "…"
  }

  /// The text with spaces behind it up to a width.
  static func pad(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - of(text)))
  }

  /// The text's lines, broken between words so that none is wider than `limit`. Chinese may break anywhere.
  static func wrap(_ text: String, to limit: Int) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      var used = 0
      for piece in pieces(paragraph) {
        let width = of(piece)
        if used + width > limit, used > 0, !piece.allSatisfy(\.isWhitespace) {
          lines.append(line.trimmed)
          line = ""
          used = 0
        }
        line += piece
        used += width
      }
      lines.append(line.trimmed)
    }
    return lines
  }

  /// Words, the spaces between them, and wide characters one by one.
  private static func pieces(_ text: Substring) -> [String] {
    var pieces: [String] = []
    var current = ""
    var isSpace = false
    for character in text {
      let isWide = width(character) == 2
      if isWide || character.isWhitespace != isSpace {
        if !current.isEmpty { pieces.append(current) }
        current = ""
      }
      isSpace = character.isWhitespace
      current.append(character)
      if isWide {
        pieces.append(current)
        current = ""
      }
    }
    if !current.isEmpty { pieces.append(current) }
    return pieces
  }

  /// The text without what would move a terminal's cursor or turn its writing round: names and notes come
  /// from strangers. A line break becomes a space, other control characters U+FFFD.
  static func safe(_ text: String) -> String {
    let isSafe = text.unicodeScalars.allSatisfy { !isDangerous($0) }
    if isSafe { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar == "\t" {
        result.append(" ")
      } else if scalar != "\r" {
        result.append(isDangerous(scalar) ? "\u{FFFD}" : scalar)
      }
    }
    return String(result)
  }

  private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension DisplayWidth {
  /// The text made safe line by line, so that its paragraphs stay.
  static func safeLines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { safe(String($0)) }.joined(
      separator: "\n")
  }
}
