import Host
import Synchronization

/// Writes a test host's log lines to standard error and keeps them for the test.
final class LogKeeper: Sendable {
  private static let limit = 4_000_000
  private let lines = Mutex("")

  var text: String { lines.withLock { $0 } }

  func add(_ line: String) {
    LineLogHandler.standardError(line)
    lines.withLock {
      $0 += line
      if $0.utf8.count > 2 * Self.limit { $0 = String($0.suffix(Self.limit)) }
    }
  }
}
