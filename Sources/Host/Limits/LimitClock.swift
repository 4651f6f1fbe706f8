import Glibc

/// The clocks that limits are measured with, in nanoseconds since the machine was started.
enum LimitClock {
  /// The monotonic clock.
  static func nanoseconds() -> Int64 { read(CLOCK_MONOTONIC) }

  /// The same clock as it stood at the kernel's last tick: up to some milliseconds behind, never ahead, and read
  /// in a few nanoseconds.
  static func coarseNanoseconds() -> Int64 { read(CLOCK_MONOTONIC_COARSE) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
