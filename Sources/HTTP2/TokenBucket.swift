/// A rate limit with a burst. Time is handed in, so the bucket itself needs no clock.
struct TokenBucket {
  private let burst: Int
  private let nanosecondsPerToken: UInt64
  private var tokens: Int
  private var refilledAt: UInt64

  /// - Parameters:
  ///   - burst: tokens at the start and at most, at least 1.
  ///   - perSecond: tokens that come back each second, at least 1.
  init(burst: Int, perSecond: Int) {
    self.burst = max(burst, 1)
    nanosecondsPerToken = 1_000_000_000 / UInt64(min(max(perSecond, 1), 1_000_000_000))
    tokens = self.burst
    refilledAt = 0
  }

  /// Takes a token; false if there is none.
  mutating func take(nowNanoseconds: UInt64) -> Bool {
    if tokens == 0 { refill(nowNanoseconds) }
    if tokens == 0 { return false }
    if tokens == burst { refilledAt = nowNanoseconds }
    tokens -= 1
    return true
  }

  /// Gives tokens back, up to the burst.
  mutating func give(_ count: Int) {
    tokens = min(tokens + count, burst)
  }

  private mutating func refill(_ now: UInt64) {
    guard now > refilledAt else { return }
    let earned = (now - refilledAt) / nanosecondsPerToken
    guard earned > 0 else { return }
    tokens = Int(min(earned, UInt64(burst)))
    refilledAt += earned * nanosecondsPerToken
  }
}
