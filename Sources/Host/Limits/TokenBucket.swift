import Synchronization

/// A token bucket in one word: the moment at which it will be full again. A call moves that moment by the price of
/// one call, and is refused if the moment would lie further ahead than a whole burst is worth.
///
/// Event loops share a bucket without a lock, so a principal's rate holds for the host and not for each loop.
/// Source: ITU-T I.371 (03/2004), Annex A, generic cell rate algorithm, virtual scheduling.
struct TokenBucket: ~Copyable, Sendable {
  /// The bucket's size and how fast it fills.
  let rate: CallRate
  private let fullAtNanoseconds = Atomic<Int64>(.min)

  init(_ rate: CallRate) { self.rate = rate }

  /// Takes a token if there is one.
  /// - Parameter now: Nanoseconds of a clock that only goes forward, the same one for each call.
  /// - Returns: 0 when a token was taken, else the nanoseconds until there will be one.
  func take(at now: Int64) -> Int64 {
    if rate.intervalNanoseconds == 0 { return 0 }
    var full = fullAtNanoseconds.load(ordering: .relaxed)
    while true {
      let start = max(full, now)
      let ahead = start - now
      if ahead > rate.toleranceNanoseconds { return ahead - rate.toleranceNanoseconds }
      let (exchanged, original) = fullAtNanoseconds.weakCompareExchange(
        expected: full, desired: start + rate.intervalNanoseconds, ordering: .relaxed)
      if exchanged { return 0 }
      full = original
    }
  }

  /// Whether the bucket is as good as a new one.
  func isFull(at now: Int64) -> Bool { fullAtNanoseconds.load(ordering: .relaxed) <= now }
}
