/// The persons whose data one call deals with.
struct ConcernedPersons {
  /// So many are compared one by one: nearly every call deals with one person, or with a handful.
  private static let listedAlone = 8
  /// The same persons, once there are more than that.
  private var seen: Set<String> = []
  /// Each once, in the order of first mention.
  private(set) var list: [String] = []

  mutating func note(_ person: String) {
    // Values of one person come in a row mostly.
    if list.last == person { return }
    if list.count < Self.listedAlone {
      if list.contains(person) { return }
    } else {
      if seen.isEmpty { seen.formUnion(list) }
      guard seen.insert(person).inserted else { return }
    }
    list.append(person)
  }

  mutating func removeAll() {
    if list.isEmpty { return }
    list.removeAll(keepingCapacity: true)
    if !seen.isEmpty { seen.removeAll(keepingCapacity: true) }
  }
}
