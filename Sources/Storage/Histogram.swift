/// How often a figure fell into each of some ranges.
public struct Histogram: Sendable, Equatable {
  /// The upper bound of each range but the last, inclusive; the last range has none.
  public let bounds: [Int64]
  /// How often the figure fell into each range; one more than `bounds`.
  public private(set) var counts: [UInt64]
  /// The sum of all figures.
  public private(set) var sum: Int64 = 0
  /// How many figures there were.
  public private(set) var count: UInt64 = 0

  /// Creates an empty histogram.
  public init(bounds: [Int64]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  mutating func record(_ value: Int64) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
    count += 1
  }
}
