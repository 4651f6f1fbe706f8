/// A run of digits in a text, as people write a number: in groups, parted by single spaces, hyphens or dots.
public struct DigitRun: Sendable, Equatable {
  /// The digits as ASCII, whatever their width in the text; behind seventeen or more of them also the check character
  /// X of a resident identity number, in upper case.
  public var digits: [UInt8] = []
  /// Where they stand, counted in the text's Unicode scalars.
  public var positions: [Int] = []
  /// Where its groups begin, counted in its digits.
  public var groupStarts: [Int] = []

  /// Each stretch of neighbouring groups, read as one number: two numbers with a space between them look like one that
  /// is written in groups.
  /// - Parameter maximum: how many digits such a number has at most.
  public func readings(upTo maximum: Int) -> [ArraySlice<UInt8>] {
    let ends = groupStarts.dropFirst() + [digits.count]
    return groupStarts.enumerated().flatMap { index, start in
      ends.dropFirst(index).prefix { $0 - start <= maximum }.map { digits[start..<$0] }
    }
  }
}

extension DigitRun {
  /// The runs of a text, in order. What parts the groups of a run belongs to none; two separators in a row end it.
  /// - Parameter text: what people wrote.
  public static func runs(in text: String) -> [DigitRun] {
    var runs: [DigitRun] = []
    var run = DigitRun()
    var isGap = false
    func end() {
      if !run.digits.isEmpty { runs.append(run) }
      run = DigitRun()
    }
    for (position, scalar) in text.unicodeScalars.enumerated() {
      if let digit = digit(scalar) ?? checkCharacter(scalar, behind: run.digits.count) {
        if isGap || run.digits.isEmpty { run.groupStarts.append(run.digits.count) }
        run.digits.append(digit)
        run.positions.append(position)
        isGap = false
      } else if !isGap, isSeparator(scalar) {
        isGap = true
      } else {
        end()
        isGap = false
      }
    }
    end()
    return runs
  }

  /// The ASCII digit of a scalar: of any script that people here write, plain and full width.
  static func digit(_ scalar: Unicode.Scalar) -> UInt8? {
    switch scalar.value {
    case 0x30...0x39: UInt8(scalar.value)
    case 0xff10...0xff19: UInt8(scalar.value - 0xff10 + 0x30)
    default: nil
    }
  }

  private static func checkCharacter(_ scalar: Unicode.Scalar, behind count: Int) -> UInt8? {
    guard count >= 17 else { return nil }
    switch scalar {
    case "x", "X", "\u{ff38}", "\u{ff58}": return UInt8(ascii: "X")
    default: return nil
    }
  }

  private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20, 0x2d, 0x2e, 0xa0, 0x2010...0x2014, 0x3000, 0xff0d, 0xff0e: true
    default: false
    }
  }
}
