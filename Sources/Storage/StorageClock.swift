/// Where storage takes the time from; tests and simulations hand in their own.
public struct StorageClock: Sendable {
  /// The wall clock. It may jump.
  public var wall: @Sendable () -> Instant
  /// A clock that only goes forward, for deadlines and durations.
  public var monotonic: @Sendable () -> ContinuousClock.Instant

  /// Creates a clock.
  public init(
    wall: @escaping @Sendable () -> Instant, monotonic: @escaping @Sendable () -> ContinuousClock.Instant
  ) {
    self.wall = wall
    self.monotonic = monotonic
  }

  /// The machine's clocks.
  public static let system = StorageClock(wall: { .systemNow }, monotonic: { .now })
}
