/// What a client may say of one call.
public struct CallOptions: Sendable {
  /// How long to wait before DEADLINE_EXCEEDED; nil for the channel's default.
  public var timeout: Duration?
  /// Metadata sent with the call, over the channel's own.
  public var metadata: Metadata
  /// Makes a write repeatable: the same key has one effect and the same reply.
  public var idempotencyKey: String?

  /// Creates options.
  public init(timeout: Duration? = nil, metadata: Metadata = [:], idempotencyKey: String? = nil) {
    self.timeout = timeout
    self.metadata = metadata
    self.idempotencyKey = idempotencyKey
  }
}

/// The reply of a unary call, undecoded.
public struct ClientReply: Sendable {
  /// The message without its prefix.
  public var message: [UInt8]
  /// Metadata sent before the message.
  public var headers: Metadata
  /// Metadata sent after it.
  public var trailers: Metadata

  /// Creates a reply.
  public init(message: [UInt8], headers: Metadata, trailers: Metadata) {
    self.message = message
    self.headers = headers
    self.trailers = trailers
  }
}

/// A call with a stream of requests, of replies or of both, undecoded.
public protocol ClientStream: Sendable {
  /// Sends one message (without prefix); suspends while the server's flow-control window is closed.
  /// - Throws: the call's `Status` if it has ended already.
  func send(_ message: [UInt8]) async throws
  /// Says that no more requests follow.
  func finishSending() async throws
  /// The next reply, or nil when the call has ended with OK.
  /// - Throws: the call's `Status` if it ended with another.
  func next() async throws -> [UInt8]?
  /// Gives the call up.
  func cancel()
}

/// A way to reach a server: over HTTP/2, or straight into a host in the same process.
public protocol ClientChannel: Sendable {
  /// Makes a unary call.
  /// - Parameter path: "/package.Service/Method".
  /// - Throws: `Status`.
  func unary(_ path: String, _ message: [UInt8], _ options: CallOptions) async throws -> ClientReply
  /// Opens a streaming call.
  func open(_ path: String, _ options: CallOptions) async throws -> any ClientStream
}
