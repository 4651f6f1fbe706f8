import ModuleKit
import Synchronization

/// A wall clock that stands still until a test moves it.
final class TestClock: Sendable {
  private let instant: Mutex<Instant>

  init(_ start: Instant) { instant = Mutex(start) }

  var now: Instant { instant.withLock { $0 } }

  func advance(by duration: Duration) {
    precondition(duration >= .zero, "a test's clock moves forward")
    instant.withLock { $0 = $0.advanced(by: duration) }
  }

  /// The clock as storage takes it. Deadlines stay on the machine's own clock.
  var storageClock: StorageClock { StorageClock(wall: { self.now }, monotonic: { .now }) }
}
