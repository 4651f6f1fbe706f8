import RPC
import RPCTransport
import Wire

/// A host to call: its channel, the caller's credential and how long to wait.
struct Server: Sendable {
  /// How long a unary call may take where nothing else is said, retries included.
  static let defaultTimeout = Duration.seconds(30)
  /// How often a call is made at most.
  static let attemptsLimit = 5

  let endpoint: Endpoint
  let channel: any ClientChannel
  let token: String?
  let timeout: Duration?
  /// What personal data is wanted for, unmasked; nil for masked.
  var purpose: String?
  /// Waits between two attempts; tests wait less.
  let sleep: @Sendable (Duration) async throws -> Void

  init(
    endpoint: Endpoint, channel: any ClientChannel, token: String?, timeout: Duration?,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.endpoint = endpoint
    self.channel = channel
    self.token = token
    self.timeout = timeout
    self.sleep = sleep
  }

  /// The same host, asked for unmasked personal data for a purpose.
  func asking(for purpose: String?) -> Server {
    var server = self
    server.purpose = purpose
    return server
  }

  private func options(timeout: Duration?, idempotencyKey: String?) -> CallOptions {
    var metadata = Metadata()
    if let token { metadata.add("authorization", "Bearer \(token)") }
    if let purpose { metadata.add("yizhan-purpose", purpose) }
    return CallOptions(timeout: timeout, metadata: metadata, idempotencyKey: idempotencyKey)
  }

  /// Makes a unary call, again and again within the time to wait while the server is not available.
  ///
  /// That is safe for reads, and for writes because each attempt carries the same idempotency key.
  /// - Parameter mayRepeat: false for a method of which it is not known whether it changes something.
  /// - Throws: `Status`, or `CancellationError`.
  func call(_ path: String, _ request: [UInt8], idempotencyKey: String? = nil, mayRepeat: Bool = true)
    async throws -> ClientReply
  {
    let limit = timeout ?? Self.defaultTimeout
    let clock = ContinuousClock()
    let deadline = clock.now.advanced(by: limit)
    var attempt = 1
    while true {
      let left = clock.now.duration(to: deadline)
      do {
        return try await channel.unary(path, request, options(timeout: left, idempotencyKey: idempotencyKey))
      } catch let status as Status {
        guard mayRepeat, attempt < Self.attemptsLimit,
          let delay = Self.retryDelay(after: status, attempt: attempt),
          clock.now.advanced(by: delay) < deadline
        else { throw status }
        try await sleep(delay)
        attempt += 1
      }
    }
  }

  /// How long to wait before the next attempt; nil if another one would not help.
  ///
  /// UNAVAILABLE may pass by itself. Any other status is repeated only where the server says when. Without
  /// the server's word the wait doubles from 100 ms, less a random part, so that many clients do not come at
  /// once.
  static func retryDelay(after status: Status, attempt: Int) -> Duration? {
    if let told = status.retryDelay { return told }
    // Certificates do not become right by waiting.
    guard status.code == .unavailable, status.domain != ClientTLSReason.domain else { return nil }
    let full = 100 << min(attempt - 1, 6)
    return .milliseconds(Int.random(in: full / 2...full))
  }

  /// Opens a stream. A stream has no limit in time unless one was asked for.
  /// - Throws: `Status`.
  func open(_ path: String) async throws -> any ClientStream {
    try await channel.open(path, options(timeout: timeout, idempotencyKey: nil))
  }
}
