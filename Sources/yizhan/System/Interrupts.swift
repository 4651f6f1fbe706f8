import Glibc

/// Turns SIGINT and SIGTERM into a cancellation, so that an import can say how to go on.
enum Interrupts {
  /// Must be the first thing that the program does: threads made later inherit that the signals are blocked,
  /// so that only the thread that waits for them gets them.
  static func block() {
    var signals = set
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  private static var set: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }

  /// Waits for signals on the calling thread: the first one calls `onFirst`; the next one, or the first while
  /// a question waits for its answer, ends the process.
  static func waitForever(onFirst: () -> Void) -> Never {
    var signals = set
    var isFirst = true
    while true {
      var number: Int32 = 0
      guard sigwait(&signals, &number) == 0 else { continue }
      let wasAsking = SystemConsole.restoreTerminal()
      if !isFirst || wasAsking { _exit(128 + number) }
      isFirst = false
      onFirst()
    }
  }
}
