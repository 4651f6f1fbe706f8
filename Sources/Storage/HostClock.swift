internal import Glibc
internal import Synchronization

extension Instant {
  /// The machine's wall clock.
  static var systemNow: Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}

/// The time that snapshots and transactions see: the wall clock, but never earlier than what another one saw.
final class HostClock: Sendable {
  let source: StorageClock
  private let latest = Atomic<Int64>(Int64.min)

  init(_ source: StorageClock) { self.source = source }

  /// The time for a snapshot or a transaction; stands still while the wall clock makes up for a jump back.
  func now() -> Instant {
    let wall = source.wall().milliseconds
    let seen = latest.max(wall, ordering: .relaxed)
    return Instant(milliseconds: seen.newValue)
  }

  /// The wall clock as it is, which decides whether a timer is due.
  func wall() -> Instant { source.wall() }

  func monotonic() -> ContinuousClock.Instant { source.monotonic() }
}
