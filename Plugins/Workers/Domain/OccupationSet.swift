/// A set of occupations as a table keeps it: bit n stands for the occupation of number n.
struct OccupationSet: OptionSet, Sendable, Hashable {
  let rawValue: Int64

  init(rawValue: Int64) { self.rawValue = rawValue }

  init(_ occupation: Occupation) {
    let number = occupation.rawValue
    rawValue = (1..<63).contains(number) ? 1 << Int64(number) : 0
  }

  init(_ occupations: [Occupation]) {
    self = occupations.reduce(into: []) { $0.formUnion(OccupationSet($1)) }
  }

  /// The occupations, by number.
  var list: [Occupation] {
    var list: [Occupation] = []
    var bits = rawValue
    while bits != 0 {
      list.append(Occupation(rawValue: Int32(bits.trailingZeroBitCount)))
      bits &= bits - 1
    }
    return list
  }
}
