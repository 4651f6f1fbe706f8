/// A moment, to the millisecond, as storage keeps it.
public struct Instant: Sendable, Hashable, Comparable {
  /// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds; negative before.
  public var milliseconds: Int64

  /// Creates a moment from milliseconds since 1970-01-01T00:00:00Z.
  @inlinable
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// A moment so many whole seconds after 1970-01-01T00:00:00Z.
  @inlinable
  public static func seconds(_ seconds: Int64) -> Instant { Instant(milliseconds: seconds * 1_000) }

  /// Whether the first moment is before the second.
  @inlinable
  public static func < (earlier: Instant, later: Instant) -> Bool {
    earlier.milliseconds < later.milliseconds
  }

  /// The moment that much later; a fraction of a millisecond is dropped.
  public func advanced(by duration: Duration) -> Instant {
    Instant(milliseconds: milliseconds + duration.wholeMilliseconds)
  }

  /// The moment that much later; a fraction of a millisecond is dropped.
  public static func + (instant: Instant, duration: Duration) -> Instant { instant.advanced(by: duration) }

  /// The moment that much earlier; a fraction of a millisecond is dropped.
  public static func - (instant: Instant, duration: Duration) -> Instant {
    Instant(milliseconds: instant.milliseconds - duration.wholeMilliseconds)
  }

  /// The time from the second moment to the first.
  public static func - (later: Instant, earlier: Instant) -> Duration {
    .milliseconds(later.milliseconds - earlier.milliseconds)
  }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  var wholeMilliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }

  /// Whole microseconds, rounded towards zero.
  var wholeMicroseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
