import HTTP2
import NIOCore
import RPC

/// A client's connection to its server.
final class ClientConnection: HTTP2Connection, @unchecked Sendable {
  private let connector: Connector
  private let configuration: GRPCClientConfiguration
  private var keepalive: RepeatedTask?
  private var pingedAtNanoseconds: UInt64?
  private var isRetired = false
  /// Whether calls could be made on it.
  private(set) var wasConnected = false
  /// Why the connection did not come about or was lost, where more is known than words.
  private(set) var failure: Status?

  init(_ configuration: GRPCClientConfiguration, _ connector: Connector) {
    self.configuration = configuration
    self.connector = connector
    super.init(connector.eventLoop, role: .client, limits: configuration.limits)
  }

  override func connected() {
    wasConnected = true
    let interval = TimeAmount.nanoseconds(
      Int64(clamping: max(configuration.keepaliveTimeout.wholeNanoseconds / 4, 10_000_000)))
    keepalive = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [unowned self] _ in
      checkKeepalive()
    }
    connector.connected(self)
  }

  override func failed(_ error: any Error) {
    if failure == nil { failure = (error as? ConnectionFailure)?.status }
    super.failed(error)
  }

  override func protocolBroken(_ error: HTTP2Error, by bytes: UnsafeRawBufferPointer) {
    // A TLS server answers what is not TLS with an alert, which begins with 21 (RFC 8446, section 5.1).
    if bytes.first == 21 { failure = Self.tlsRequired }
    super.protocolBroken(error, by: bytes)
  }

  override func disconnected() {
    keepalive?.cancel()
    connector.disconnected(self)
  }

  /// Whether the server said why it takes no calls on this connection at all.
  var hasFailed: Bool { failure != nil }

  /// What a call ends with whose connection was lost.
  var lostStatus: Status {
    let address = "\(configuration.host):\(configuration.port)"
    if var failure {
      failure.message = "\(address): \(failure.message)"
      return failure
    }
    return Status(
      .unavailable, "the connection to \(address) was lost: \(closeReason ?? "closed by the server")")
  }

  private static let tlsRequired = Status(
    tls: ClientTLSReason.required, "the server speaks TLS on this port")

  private func checkKeepalive() {
    let now = NIODeadline.now().uptimeNanoseconds
    func isOver(_ since: UInt64, _ limit: Duration) -> Bool {
      now > since && now - since >= limit.wholeNanoseconds
    }
    guard session.openStreamCount > 0 else {
      pingedAtNanoseconds = nil
      return
    }
    if let pinged = pingedAtNanoseconds {
      if readAtNanoseconds > pinged {
        pingedAtNanoseconds = nil
      } else if isOver(pinged, configuration.keepaliveTimeout) {
        close("the server stopped answering")
      }
    } else if isOver(readAtNanoseconds, configuration.keepaliveTime) {
      pingedAtNanoseconds = now
      session.ping()
      flush()
    }
  }

  private func retire() {
    isRetired = true
    connector.retire(self)
    closeIfDone()
  }

  /// Closes a connection that takes no more calls once its last one is through.
  func closeIfDone() {
    guard isRetired, session.openStreamCount == 0 else { return }
    eventLoop.execute { [self] in
      flush()
      close()
    }
  }

  /// Opens a stream for a call; false if this connection takes no more.
  func begin(_ call: ClientCall, _ headers: HTTP2Headers) -> Bool {
    if session.request(call, headers, hasBody: true) { return true }
    retire()
    return false
  }

  override func goAwayReceived(lastStreamID: Int32, errorCode: HTTP2ErrorCode, reason: String) {
    if errorCode == .inadequateSecurity { failure = Self.tlsRequired }
    if errorCode != .noError {
      closeReason =
        "the server ended it with HTTP/2 error \(errorCode.rawValue)\(reason.isEmpty ? "" : ": \(reason)")"
    }
    retire()
  }
}
