/// Finds what a mistyped word was probably meant to be.
public enum Suggestions {
  /// The candidate nearest to a word; nil if none is near.
  ///
  /// Near means that at most a third of the letters, and at most three, have to be changed, added, dropped or
  /// swapped with their neighbour. Case and the kind of separator do not count.
  public static func nearest(to word: String, among candidates: [String]) -> String? {
    let typed = normalised(word)
    guard !typed.isEmpty, typed.count <= 64 else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let letters = normalised(candidate)
      let allowed = min(3, max(typed.count, letters.count) / 3)
      let distance = distance(typed, letters)
      if distance <= max(1, allowed), distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    if let best { return best.candidate }
    // A word cut short, or one part of a longer name, is near as well.
    return typed.count < 3
      ? nil
      : candidates.first { normalised($0).starts(with: typed) }
        ?? candidates.first { candidate in
          candidate.lowercased().split { $0 == "_" || $0 == "-" || $0 == "." }.contains {
            $0 == word.lowercased()
          }
        }
  }

  private static func normalised(_ text: String) -> [Character] {
    text.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
  }

  /// The optimal string alignment distance: Levenshtein's, with a swap of neighbours as one step.
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 1..<(left.count + 1) {
      var current = [row]
      for column in 1..<(right.count + 1) {
        let cost = left[row - 1] == right[column - 1] ? 0 : 1
        var value = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          value = min(value, beforeLast[column - 2] + 1)
        }
        current.append(value)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
