/// How many calls a second a principal may make, and how many of them at once after a pause.
struct CallRate: Sendable, Equatable {
  /// The highest rate that can be set. Above it the spacing of calls would no longer be exact to a thousandth.
  static let maximumPerSecond = 1_000_000
  /// Calls without a limit.
  static let unlimited = CallRate(perSecond: 0, burstSeconds: 1)

  /// Calls a second, 1 to 1,000,000; 0 for no limit.
  let perSecond: Int
  /// Calls that a principal may make at once when it has made none for a while; at least 1.
  let burst: Int
  /// The time that pays for one call, in nanoseconds; 0 for no limit.
  let intervalNanoseconds: Int64
  /// How far ahead of the rate a caller may be, in nanoseconds.
  let toleranceNanoseconds: Int64

  /// - Parameters:
  ///   - perSecond: Calls a second, 0 to 1,000,000; 0 for no limit.
  ///   - burstSeconds: How many seconds' worth of calls may come at once, 1 to 600.
  init(perSecond: Int, burstSeconds: Int) {
    precondition((0...Self.maximumPerSecond).contains(perSecond) && (1...600).contains(burstSeconds))
    self.perSecond = perSecond
    burst = max(1, perSecond * burstSeconds)
    intervalNanoseconds = perSecond == 0 ? 0 : 1_000_000_000 / Int64(perSecond)
    toleranceNanoseconds = Int64(burst - 1) * intervalNanoseconds
  }
}
