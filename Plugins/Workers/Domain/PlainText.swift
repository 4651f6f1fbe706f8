/// Text as people type it, made comparable.
enum PlainText {
  /// The text without spaces around it, full-width digits, letters and signs made plain ("13800" is
  /// "13800"), ideographic spaces made spaces, and runs of spaces made one.
  static func tidied(_ text: String) -> String {
    if isTidy(text) { return text }
    var output = ""
    for scalar in text.unicodeScalars {
      let plain: Unicode.Scalar =
        switch scalar.value {
        case 0xff01...0xff5e: Unicode.Scalar(scalar.value - 0xfee0) ?? scalar
        case 0x3000, 0xa0, 0x09, 0x0a, 0x0d: " "
        case 0xfeff, 0x200b: " "
        default: scalar
        }
      if plain == " ", output.isEmpty || output.last == " " { continue }
      output.unicodeScalars.append(plain)
    }
    if output.last == " " { output.removeLast() }
    return output
  }

  /// A person's name: tidied, without spaces between Chinese characters, and with the one middle dot (U+00B7)
  /// that GB/T 38557 and the household register use in names such as 阿卜杜拉·买买提.
  static func personName(_ text: String) -> String {
    let tidy = tidied(text)
    var output = String.UnicodeScalarView()
    let scalars = Array(tidy.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      switch scalar.value {
      case 0x2022, 0x2027, 0x30fb, 0xff65, 0x22c5: output.append("\u{b7}")
      case 0x20
      where index > 0 && index + 1 < scalars.count && isHan(scalars[index - 1]) && isHan(scalars[index + 1]):
        break
      default: output.append(scalar)
      }
    }
    return String(output)
  }

  private static func isHan(_ scalar: Unicode.Scalar) -> Bool {
    (0x3400...0x9fff).contains(scalar.value) || (0x20000...0x3ffff).contains(scalar.value)
  }

  /// Most texts need nothing: no space or control at either end, no two spaces, nothing full-width.
  private static func isTidy(_ text: String) -> Bool {
    var previous: UInt32 = 0x20
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x20 where previous == 0x20: return false
      case 0x09, 0x0a, 0x0d, 0xa0, 0x3000, 0xfeff, 0x200b, 0xff01...0xff5e: return false
      default: previous = scalar.value
      }
    }
    return text.isEmpty || previous != 0x20
  }
}
