import Glibc
import Logging
import RPCTransport
import Synchronization

/// The TLS of a host: takes up new files, ends the connections of clients that are no longer accepted, warns before
/// the certificate expires, and counts.
final class HostTLS: Sendable {
  /// How often the files are looked at. A change is taken up once it has stood for one look, so that certificate and
  /// key are both there.
  static let interval = Duration.seconds(1)
  /// From how long before the certificate expires the log warns, once a day.
  static let warningSeconds: Int64 = 14 * 86_400
  /// How often clients are looked at whose certificate may have expired.
  private static let looksPerCheck = 30

  let server: ServerTLS
  let counters: TLSCounters
  private let logger: Logger
  private let task = Mutex<Task<Void, Never>?>(nil)
  private let nextWarningSeconds = Mutex<Int64>(0)

  /// - Throws: `StartError.tls` for files that cannot be used.
  init(_ configuration: ServerTLSConfiguration, logger: Logger) throws(StartError) {
    let counters = TLSCounters(logger)
    do throws(TLSError) {
      server = try ServerTLS(configuration) { counters.count($0) }
    } catch {
      throw .tls(error)
    }
    self.counters = counters
    self.logger = logger
    warn()
  }

  /// Looks at the files until `stopWatching`.
  /// - Parameter grace: for the calls on connections that are ended.
  func watch(_ connections: GRPCServer, grace: Duration) {
    let new = Task { [self] in
      var tried = server.loadedFileVersions
      var seen = tried
      var looks = 0
      while (try? await Task.sleep(for: Self.interval)) != nil {
        let now = server.fileVersions
        // What was refused is not tried again until it changes.
        if now != server.loadedFileVersions, now != tried, now == seen {
          tried = now
          await reload(connections, grace: grace)
        }
        seen = now
        warn()
        counters.flush()
        looks += 1
        if looks % Self.looksPerCheck == 0 { await endRefused(connections, grace) }
      }
    }
    task.withLock { $0 = new }
  }

  /// Ends the watch.
  func stopWatching() { task.withLock { $0?.cancel() } }

  /// Reads the files again; what is wrong with them is logged.
  func reload(_ connections: GRPCServer, grace: Duration) async {
    do throws(TLSError) {
      let before = server.status
      let status = try server.reload()
      counters.reloaded.add(1, ordering: .relaxed)
      logger.notice(
        "TLS files read again",
        metadata: [
          "serial": "\(status.serialNumber)", "serial-before": "\(before.serialNumber)",
          "expires": "\(LogTime.text(seconds: Int(status.notAfterSeconds), milliseconds: 0))",
          "revoked": "\(status.revokedCount)",
        ])
      nextWarningSeconds.withLock { $0 = 0 }
      warn()
    } catch {
      counters.reloadsFailed.add(1, ordering: .relaxed)
      return logger.error(
        "new TLS files are not used, the old ones are kept", metadata: ["reason": "\(error)"])
    }
    await endRefused(connections, grace)
  }

  private func endRefused(_ connections: GRPCServer, _ grace: Duration) async {
    let ended = await connections.endRefusedConnections(server, grace: grace)
    for connection in ended.prefix(100) {
      logger.warning(
        "connection is being ended",
        metadata: ["peer": "\(connection.peer)", "reason": "\(connection.reason)"])
    }
    counters.ended.add(ended.count, ordering: .relaxed)
  }

  /// Logs, once a day, what will keep clients away soon.
  private func warn() {
    let now = Int64(time(nil))
    let isDue = nextWarningSeconds.withLock { next in
      if now < next { return false }
      next = now + 86_400
      return true
    }
    guard isDue else { return }
    let status = server.status
    for warning in status.warnings { logger.warning("TLS: \(warning)") }
    let left = status.notAfterSeconds - now
    let expires = LogTime.text(seconds: Int(status.notAfterSeconds), milliseconds: 0)
    if left <= 0 {
      logger.error("the TLS certificate has expired; clients refuse it", metadata: ["expired": "\(expires)"])
    } else if left < Self.warningSeconds {
      logger.warning(
        "the TLS certificate expires in \(left / 86_400) days; have it renewed",
        metadata: ["expires": "\(expires)"])
    }
  }

  /// What `/metrics` says of TLS.
  func metricsPage() -> String {
    var text = PrometheusText()
    MetricsPage.append(server.status, counters, nowSeconds: Int64(time(nil)), to: &text)
    return text.page
  }
}
