/// Personal values as they are shown to those who need to recognise them only.
enum Masking {
  /// All but the last four characters replaced by stars; the whole text if it has no more than four.
  static func lastFour(_ text: String) -> String {
    let count = text.count
    return count > 4
      ? String(repeating: "*", count: count - 4) + text.suffix(4) : String(repeating: "*", count: count)
  }

  /// A value as a row error shows it: personal data masked, everything shortened to 40 characters.
  static func value(_ text: String, ofColumn column: String) -> String {
    switch column {
    case "identity_number", "phone": lastFour(String(text.prefix(40)))
    case "name": text.prefix(1) + String(repeating: "*", count: max(min(text.count, 40) - 1, 0))
    case "party_membership", "is_mobile_party_member", "party_branch", "is_union_member",
      "is_youth_league_member":
      ""
    default: String(text.prefix(40))
    }
  }
}
