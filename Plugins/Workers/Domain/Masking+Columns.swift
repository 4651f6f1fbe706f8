import ModuleKit

extension Masking {
  /// A value as a row error shows it: personal data masked, everything shortened to 40 characters.
  ///
  /// The commonest fault of a spreadsheet is a shifted column, so that any column may hold what belongs in another:
  /// long numbers are hidden wherever they stand, and so is what may be a person's name.
  static func value(_ text: String, ofColumn column: String) -> String {
    let text = String(text.prefix(40))
    switch column {
    case "party_membership", "is_mobile_party_member", "party_branch", "is_union_member",
      "is_youth_league_member", "affiliation_consent":
      return ""
    case "identity_number" where isNumber(text): return identityNumber(text)
    case "phone" where isNumber(text): return phone(text)
    case "identity_number", "phone", "staff_number": return stars(text)
    case "name": return name(text)
    default:
      let tidy = PlainText.personName(text)
      let mayBeName = (2...4).contains(tidy.count) && isChinese(tidy)
      return mayBeName ? name(tidy) : freeText(text)
    }
  }

  /// Whether a text is a number of some kind: digits, what groups them, and no more letters than a passport has.
  private static func isNumber(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { !$0.properties.isAlphabetic || $0.isASCII }
      && text.unicodeScalars.count { $0.properties.isAlphabetic } <= 2
  }

  private static func stars(_ text: String) -> String { String(repeating: "*", count: text.count) }
}
