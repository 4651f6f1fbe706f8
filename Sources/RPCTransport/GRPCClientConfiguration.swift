public import HTTP2
public import NIOCore
public import RPC

/// Where a client connects and what it sends with every call.
public struct GRPCClientConfiguration: Sendable {
  /// The server's name or IP address.
  public var host: String
  /// The server's port.
  public var port: Int
  /// Metadata of every call; a call's own replaces fields of the same name.
  public var metadata: Metadata
  /// How long to try to connect.
  public var connectTimeout = Duration.seconds(10)
  /// For calls that say nothing else; nil for no limit.
  public var defaultTimeout: Duration?
  /// Largest reply message.
  public var maxMessageBytes = 64 << 20
  /// Request bytes of one stream that wait for the server before `ClientStream.send` suspends.
  public var maxQueuedRequestBytes = 64 << 10
  /// Without a byte from the server, while calls are open, until it is asked whether it is still there.
  public var keepaliveTime = Duration.seconds(300)
  /// For the answer to that question.
  public var keepaliveTimeout = Duration.seconds(20)
  /// Windows and header limits of the connection.
  public var limits: HTTP2Limits
  /// The `user-agent` that is sent.
  public var userAgent = "yizhan-swift"
  /// The `:scheme` that is sent: "http", or "https" behind a TLS handler.
  public var scheme = "http"
  /// Puts handlers in front of HTTP/2 on a new connection's pipeline, TLS for one; nil for none. Called on the
  /// connection's loop.
  public var preparePipeline: (@Sendable (any Channel) throws -> Void)?

  /// Creates a configuration.
  /// - Parameter token: sent as `authorization: Bearer …` with every call; nil for none.
  public init(host: String, port: Int, token: String? = nil) {
    self.host = host
    self.port = port
    metadata = [:]
    if let token { metadata["authorization"] = "Bearer \(token)" }
    limits = HTTP2Limits()
    limits.streamWindowBytes = 1 << 20
    limits.connectionWindowBytes = 4 << 20
    limits.maxHeaderListBytes = 64 << 10
  }
}
