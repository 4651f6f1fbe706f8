/// Names as protos spell them, taken apart and put together as a command line spells them.
enum Words {
  /// The words of a name in CamelCase: "ListAreas" is list, areas; "GetGBCode" is get, gb, code.
  static func split(_ name: String) -> [String] {
    let letters = Array(name)
    var words: [String] = []
    var current = ""
    for (index, letter) in letters.enumerated() {
      let startsWord =
        letter.isUppercase && index > 0
        && (!letters[index - 1].isUppercase || (index + 1 < letters.count && letters[index + 1].isLowercase))
      if startsWord || letter == "_" {
        if !current.isEmpty { words.append(current) }
        current = ""
      }
      if letter != "_" { current += letter.lowercased() }
    }
    if !current.isEmpty { words.append(current) }
    return words
  }

  /// A proto name as an option: "area_code" is "area-code".
  static func option(_ protoName: String) -> String {
    String(protoName.map { $0 == "_" ? "-" : $0 })
  }

  /// The forms in which one and many of a thing may be called, given the plural: "wishes" may be many of a
  /// "wish", "duties" of a "duty", "places" of a "place".
  static func singulars(of plural: String) -> Set<String> {
    var forms: Set<String> = [plural]
    if plural.hasSuffix("ies") { forms.insert(plural.dropLast(3) + "y") }
    if plural.hasSuffix("es") { forms.insert(String(plural.dropLast(2))) }
    if plural.hasSuffix("s") { forms.insert(String(plural.dropLast())) }
    return forms
  }
}
