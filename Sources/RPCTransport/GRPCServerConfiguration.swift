public import HTTP2
public import NIOCore
import RPC

/// How a server listens and what it bears. The defaults suit a host that strangers can reach.
public struct GRPCServerConfiguration: Sendable {
  /// The address to listen on: an IP address or a name that resolves to one.
  public var host: String
  /// The port to listen on; 0 lets the system choose, and `GRPCServer.start` tells.
  public var port: Int
  /// Event loops, each with a thread of its own; connections are spread over them.
  public var loopCount = 1
  /// What one connection may cost.
  public var limits = HTTP2Limits()
  /// Connections open at once; one more is closed as soon as it is accepted.
  public var maxConnections = 10_000
  /// Largest request message.
  public var maxMessageBytes = MessageFraming.defaultMaxMessageBytes
  /// Bytes of unfinished request messages that one connection may have buffered.
  public var maxBufferedBytes = 64 << 20

  /// From the connection until the client has acknowledged our SETTINGS.
  public var handshakeTimeout = Duration.seconds(10)
  /// For the message of a unary call to arrive in full, and for each message of a stream from its first byte on;
  /// a message that has to wait until the handler takes earlier ones is not timed.
  public var bodyTimeout = Duration.seconds(60)
  /// For a client to take any of a reply that waits for it.
  public var stallTimeout = Duration.seconds(60)
  /// For a connection without calls to be kept open.
  public var idleTimeout = Duration.seconds(900)
  /// Without a byte from a client that has calls open until it is asked whether it is still there (PING).
  public var keepaliveTime = Duration.seconds(120)
  /// For a connection to live, give or take a tenth; its calls are finished first. Nil for ever.
  public var maxConnectionAge: Duration?
  /// How often the times above are looked at.
  public var timeoutCheckInterval = Duration.milliseconds(500)

  /// Puts handlers in front of HTTP/2 on a new connection's pipeline, TLS for one; nil for none. Called on the
  /// connection's loop.
  public var preparePipeline: (@Sendable (any Channel) throws -> Void)?

  /// Connections that the system keeps waiting until they are accepted.
  static let backlog: Int32 = 1_024
  /// Reply bytes of one stream that wait for the client before `OutgoingMessages.send` suspends.
  static let maxQueuedReplyBytes = 64 << 10
  /// For a header block or any other frame but DATA to arrive in full once it has begun.
  static let headerTimeout = Duration.seconds(10)
  /// For a client to answer when it is asked whether it is still there.
  static let keepaliveTimeout = Duration.seconds(20)

  /// Creates a configuration.
  public init(host: String = "127.0.0.1", port: Int = 0) {
    self.host = host
    self.port = port
  }
}
