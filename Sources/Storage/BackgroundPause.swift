/// Keeps background work from being tried without a rest while it cannot be committed, as on a full disk. Each
/// failure in a row doubles the pause, up to a limit; a commit ends the row.
struct BackgroundPause {
  private var end: ContinuousClock.Instant?
  private var next = Self.first

  static let first: Duration = .seconds(1)
  static let longest: Duration = .seconds(60)

  /// Begins a pause, longer than the one before; nothing while one is running: one failure may be met twice.
  /// - Returns: how long it is.
  mutating func begin(at now: ContinuousClock.Instant) -> Duration {
    if let remaining = remaining(at: now) { return remaining }
    let pause = next
    end = now + pause
    next = min(pause * 2, Self.longest)
    return pause
  }

  /// Takes note that background work was committed.
  mutating func reset() { self = BackgroundPause() }

  /// What is left of the pause; nil when it is over.
  func remaining(at now: ContinuousClock.Instant) -> Duration? {
    guard let end, now < end else { return nil }
    return end - now
  }
}
