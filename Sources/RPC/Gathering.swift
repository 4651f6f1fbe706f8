internal import Glibc

/// Gathers what one thread has for others, so that each of them is woken once for all of it.
///
/// A thread that answers many calls in a row, as the writer does once their commit is durable, would wake an event loop
/// with the first answer, and find it asleep again at the next: on a busy core each answer would then cost two changes
/// of the running thread.
public enum Gathering {
  /// The wake-ups that a thread has put off. Only that thread reaches it.
  private final class Held {
    var wakes: [@Sendable () -> Void] = []
  }

  /// The thread's `Held` while it is within `gather`.
  private static let key = {
    var key = pthread_key_t()
    precondition(pthread_key_create(&key, nil) == 0, "the system has no thread-specific key left")
    return key
  }()

  /// Runs `body`, and what it puts off with `wake` behind it. A call within another adds nothing.
  public static func gather(_ body: () -> Void) {
    guard pthread_getspecific(key) == nil else { return body() }
    let held = Held()
    withExtendedLifetime(held) {
      pthread_setspecific(key, Unmanaged.passUnretained(held).toOpaque())
      body()
      pthread_setspecific(key, nil)
    }
    for wake in held.wakes { wake() }
  }

  /// Wakes another thread: at once or, within `gather`, at its end.
  public static func wake(_ wake: @escaping @Sendable () -> Void) {
    guard let held = pthread_getspecific(key) else { return wake() }
    Unmanaged<Held>.fromOpaque(held)._withUnsafeGuaranteedRef { $0.wakes.append(wake) }
  }
}
