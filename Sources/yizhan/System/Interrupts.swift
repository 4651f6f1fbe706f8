import Glibc
import Synchronization

/// Turns SIGINT and SIGTERM into a cancellation, so that an import can say how to go on.
///
/// The first signal calls the handler; a second one, or one while nothing is there to cancel, ends the process.
enum Interrupts {
  private static let handler = Mutex<(@Sendable () -> Void)?>(nil)

  /// Must be the first thing that the program does: threads made later inherit that the signals are blocked,
  /// so that only the waiting thread gets them.
  static func install() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var thread = pthread_t()
    pthread_create(&thread, nil, { _ in Interrupts.wait() }, nil)
  }

  /// What to do on the first signal.
  static func onFirst(_ body: @escaping @Sendable () -> Void) { handler.withLock { $0 = body } }

  private static func wait() -> UnsafeMutableRawPointer? {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    while true {
      var number: Int32 = 0
      guard sigwait(&signals, &number) == 0 else { continue }
      let body = handler.withLock { current in
        defer { current = nil }
        return current
      }
      SystemConsole.restoreTerminal()
      guard let body else { _exit(128 + number) }
      body()
    }
  }
}
