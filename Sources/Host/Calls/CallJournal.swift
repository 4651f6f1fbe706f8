import Logging
import ModuleKit

/// Counts each call and logs those that are worth a line. Lines name the method, the request and the principal by
/// identifier; they never hold a message, a name, a token or a header.
struct CallJournal: Sendable {
  let metrics: CallMetrics
  let logger: Logger
  let slowNanoseconds: UInt64
  /// Asked once: a logger's level is behind an existential, and every call would pay for it.
  private let logsEveryCall: Bool

  init(metrics: CallMetrics, logger: Logger, slowCall: Duration) {
    self.metrics = metrics
    self.logger = logger
    slowNanoseconds = slowCall.wholeNanoseconds
    logsEveryCall = logger.logLevel <= .debug
  }

  /// A call has ended.
  func ended(_ run: CallRun, _ route: Route, _ code: Status.Code, shard: Int) {
    let nanoseconds = (ContinuousClock.now - run.start).wholeNanoseconds
    metrics.ended(shard: shard, method: run.call.methodIndex, code: code, nanoseconds: nanoseconds)
    if case .stream = route.work {
      if logsEveryCall { log(.debug, "stream", run, route, code, nanoseconds) }
    } else if nanoseconds > slowNanoseconds {
      log(.warning, "slow call", run, route, code, nanoseconds)
    } else if logsEveryCall {
      log(.debug, "call", run, route, code, nanoseconds)
    }
  }

  /// A call has failed in a way that nobody foresaw.
  func unexpected(_ run: CallRun, _ route: Route, _ description: String) {
    logger.error(
      "call failed unexpectedly",
      metadata: ["request": "\(run.requestID)", "method": "\(route.method)", "error": "\(description)"])
  }

  private func log(
    _ level: Logger.Level, _ message: Logger.Message, _ run: CallRun, _ route: Route, _ code: Status.Code,
    _ nanoseconds: UInt64
  ) {
    logger.log(
      level: level, message,
      metadata: [
        "request": "\(run.requestID)", "method": "\(route.method)", "status": "\(code)",
        "milliseconds": "\(Double(nanoseconds / 1_000) / 1_000)",
        "principal": "\(run.credential?.caller.id ?? "none")",
        "peer": "\(run.call.peer)",
      ])
  }
}

extension Duration {
  /// Whole nanoseconds; 0 for a negative duration, the largest number for one of centuries.
  var wholeNanoseconds: UInt64 {
    // Splitting 128 bits in two costs some hundred instructions; what takes less than eighteen seconds needs only the
    // lower half.
    if let short = UInt64(exactly: self.attoseconds) { return short / 1_000_000_000 }
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 1 << 33 else { return .max }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
  }
}
