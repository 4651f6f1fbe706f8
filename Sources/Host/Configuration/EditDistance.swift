/// How far two words are apart, for suggestions to mistyped names.
enum EditDistance {
  /// The fewest insertions, deletions and replacements of one character that turn one word into the other
  /// (Levenshtein). Words beyond 64 characters are cut, so that hostile input costs nothing.
  static func between(_ first: String, _ second: String) -> Int {
    let first = Array(first.prefix(64))
    let second = Array(second.prefix(64))
    var previous = Array(0...second.count)
    for (row, character) in first.enumerated() {
      var current = [row + 1]
      for (column, other) in second.enumerated() {
        let replaced = previous[column] + (character == other ? 0 : 1)
        current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return previous[second.count]
  }
}
