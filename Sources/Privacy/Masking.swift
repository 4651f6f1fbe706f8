/// Personal values as they are shown to those who need to recognise them and no more.
///
/// Each function takes any text, also one that is not what its name says, and then shows less rather than more. An
/// empty text stays empty: whether there is a value at all is no secret.
public enum Masking {
  /// Hides the four digits before the last four: "+86138****0000", "138****0000", "010-****5678". A number of fewer
  /// than eight digits loses its first four; of one that has more than any phone, with its country code, nothing stays,
  /// because it is another number, such as an identity number. Grouping is kept.
  /// - Parameter text: a phone number in any form.
  public static func phone(_ text: String) -> String {
    if let masked = usualPhone(text) { return masked }
    let count = text.unicodeScalars.count { isDigit($0) }
    guard let hidden = hiddenDigits(ofPhoneWith: count) else { return stars(for: text) }
    var index = 0
    return masked(text) { scalar in
      guard isDigit(scalar) else { return false }
      index += 1
      return hidden.contains(index - 1)
    }
  }

  /// Which digits of a phone number are hidden, by their place among the digits; nil where all are.
  static func hiddenDigits(ofPhoneWith count: Int) -> Range<Int>? {
    guard (5...13).contains(count) else { return nil }
    return count < 8 ? 0..<4 : (count - 8)..<(count - 4)
  }

  /// Keeps the first three characters and the last one of a resident identity number, "410**************X": neither
  /// the county nor the date of birth can be read, nor the sex, which the 17th digit tells (GB 11643). The two before
  /// that are hidden as well: whoever knows all others could reckon it back from the check character. Of another number
  /// as long, the first three alone stay: the last digit of the old numbers of 15 tells the sex. Shorter numbers, of
  /// passports for one, keep the last four, and nothing if they have no more than eight.
  /// - Parameter text: an identity number (GB 11643) or the number of another document.
  public static func identityNumber(_ text: String) -> String {
    if let masked = usualIdentityNumber(text) { return masked }
    let count = text.count
    let hidden = hiddenCharacters(ofNumberWith: count)
    return text.prefix(hidden.lowerBound) + String(repeating: "*", count: hidden.count)
      + text.suffix(count - hidden.upperBound)
  }

  /// Which characters of an identity number, or of another document's, are hidden.
  static func hiddenCharacters(ofNumberWith count: Int) -> Range<Int> {
    switch count {
    case ...8: 0..<count
    case ...14: 0..<(count - 4)
    case 18: 3..<17
    default: 3..<count
    }
  }

  /// Keeps the year of a date: "1990-**-**" of "1990-01-31".
  /// - Parameter text: a date in the form of ISO 8601.
  public static func birthDate(_ text: String) -> String {
    if let masked = usualDate(text) { return masked }
    let year = text.prefix(4)
    guard text.unicodeScalars.count > 4, year.unicodeScalars.allSatisfy({ isDigit($0) }),
      text.dropFirst(4).first == "-"
    else { return stars(for: text) }
    return year + "-**-**"
  }

  /// Keeps the province or, where an address does not begin with one, the city: "河南省****". Nothing of an address
  /// that begins with neither.
  /// - Parameter text: a postal address.
  public static func address(_ text: String) -> String {
    if text.isEmpty { return "" }
    var kept = ""
    for character in text.prefix(10) {
      kept.append(character)
      // A division's name has two characters at least before its kind.
      if kept.count > 2, endsOfDivisions.contains(where: { kept.hasSuffix($0) }) { return kept + "****" }
    }
    return "****"
  }

  /// Hides every digit of a run of seven or more, such as phone and identity numbers, also where single spaces, hyphens or dots
  /// group them. The rest of the text stays.
  /// - Parameter text: what people wrote.
  public static func freeText(_ text: String) -> String { numbers(in: text, from: 7) }

  /// Hides every digit of the runs that are long enough, as `freeText` does.
  /// - Parameters:
  ///   - text: what people wrote.
  ///   - minimum: the digits from which on a run is hidden, 1 or more.
  public static func numbers(in text: String, from minimum: Int) -> String {
    let hidden = Set(
      DigitRun.runs(in: text).filter { $0.digits.count >= minimum }.flatMap(\.positions))
    if hidden.isEmpty { return text }
    var index = -1
    return masked(text) { _ in
      index += 1
      return hidden.contains(index)
    }
  }

  /// All but the last four characters replaced by stars; the whole text if it has no more than four.
  /// - Parameter text: any text.
  public static func lastFour(_ text: String) -> String {
    let count = text.count
    return count > 4 ? String(repeating: "*", count: count - 4) + text.suffix(4) : stars(for: text)
  }

  /// Hides everything, the length too: four stars for whatever is not empty.
  /// - Parameter text: any text.
  public static func whole(_ text: String) -> String { text.isEmpty ? "" : "****" }

  /// One star for each character, sixty-four at most.
  static func stars(for text: some StringProtocol) -> String {
    String(repeating: "*", count: min(text.count, 64))
  }

  private static let endsOfDivisions = ["省", "自治区", "特别行政区", "市", "自治州", "地区", "盟"]

  private static func masked(_ text: String, _ hides: (Unicode.Scalar) -> Bool) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { result.append(hides(scalar) ? "*" : scalar) }
    return String(result)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { DigitRun.digit(scalar) != nil }
}
