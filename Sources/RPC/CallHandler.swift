/// One call that a server has received. The transport implements it; the host answers through it.
///
/// `reply` and `fail` may be called from any thread, exactly one of them exactly once. Everything else
/// belongs to the call's event loop until the host has handed the call to another thread.
public protocol ServerCall: AnyObject, Sendable {
  /// The method's position in the handler's `MethodTable`.
  var methodIndex: Int { get }
  /// Which event loop the call belongs to, from 0.
  var loopIndex: Int { get }
  /// When the caller stops waiting (`grpc-timeout`, counted from arrival); nil for never.
  var deadline: ContinuousClock.Instant? { get }
  /// Whether the caller has given up or the connection is gone.
  var isCancelled: Bool { get }
  /// All request metadata, parsed on demand.
  var metadata: Metadata { get }
  /// The bytes of the first header of that name, without parsing the others; nil if absent.
  /// The name is in lower case. The pointer is valid inside `body` only.
  func withHeader<Result>(_ name: StaticString, _ body: (UnsafeBufferPointer<UInt8>?) throws -> Result)
    rethrows
    -> Result
  /// The address of the peer, for logs: "127.0.0.1:50314".
  var peer: String { get }
  /// Whom the connection's verified client certificate names; nil without one.
  var peerIdentity: PeerIdentity? { get }
  /// What the host wants to remember of the call: set in `admit`, read afterwards.
  var hostContext: AnyObject? { get set }

  /// Answers a unary call. `framed` is one length-prefixed message, as `MessageFraming` makes it.
  func reply(_ framed: consuming [UInt8], trailers: Metadata)
  /// Ends a unary call with a status other than OK.
  func fail(_ status: Status)
}

/// The messages a client sends on a streaming call, one by one, undecoded.
public protocol IncomingMessages: Sendable {
  /// The next message without its prefix, or nil at the end of the stream. Flow control follows consumption.
  /// - Throws: `Status` when the stream is broken, cancelled or past its deadline.
  func next() async throws -> [UInt8]?
}

/// The messages a server sends on a streaming call.
public protocol OutgoingMessages: Sendable {
  /// Sends one length-prefixed message; suspends while the client's flow-control window is closed.
  /// - Throws: `Status` when the client is gone or the deadline has passed.
  func send(_ framed: [UInt8]) async throws
}

/// What a server does with its calls. The host implements it; the transport calls it on the loop of the call.
public protocol CallHandler: AnyObject, Sendable {
  /// The methods served; a path that is not in it is answered UNIMPLEMENTED by the transport.
  var methods: MethodTable { get }
  /// Decides, once the headers are there and before a body is buffered, whether a call may go on.
  func admit(_ call: any ServerCall) throws(Status)
  /// Runs a unary call whose one message has arrived whole. The bytes are valid until this returns.
  func unary(_ call: any ServerCall, _ message: UnsafeRawBufferPointer)
  /// Runs a streaming call, in a task on the loop's executor. Returning ends the call with OK, throwing with
  /// the error's status. Cancelled when the client goes or the deadline passes.
  func stream(_ call: any ServerCall, _ incoming: any IncomingMessages, _ outgoing: any OutgoingMessages)
    async throws
  /// Called after each batch of bytes from a connection has been worked through, so that reads of one batch
  /// can share one snapshot.
  func batchEnded(loopIndex: Int)
}
