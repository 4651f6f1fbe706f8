/// What a streaming handler knows of its call and how it reaches storage: each read and each write is a snapshot
/// or a transaction of its own, so a stream never holds either open while it waits for a peer.
public struct StreamContext: Sendable {
  /// On whose behalf the stream runs.
  public let caller: Caller
  /// The call's identifier in the log.
  public let requestID: String
  /// The call's metadata.
  public let metadata: Metadata
  private let storage: any StreamStorage

  /// Creates a context; the host does.
  public init(caller: Caller, requestID: String, metadata: Metadata, storage: any StreamStorage) {
    self.caller = caller
    self.requestID = requestID
    self.metadata = metadata
    self.storage = storage
  }

  /// Reads in a snapshot on the pool of report threads.
  public func read<Result: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Result) async throws
    -> Result
  {
    try await storage.read(body)
  }

  /// Writes in a transaction on the writer; returns once the commit is durable.
  public func write<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws
    -> Result
  {
    try await storage.write(body)
  }
}

/// How streams reach the storage kernel; the host implements it for each call.
public protocol StreamStorage: Sendable {
  /// Runs a snapshot.
  func read<Result: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Result) async throws -> Result
  /// Runs a transaction.
  func write<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws
    -> Result
}

/// The requests of a streaming call, decoded and checked one by one.
public struct RequestStream<Request: Message>: AsyncSequence, Sendable {
  /// A decoded request.
  public typealias Element = Request
  let incoming: any IncomingMessages

  /// Creates a stream over undecoded messages.
  public init(_ incoming: any IncomingMessages) { self.incoming = incoming }

  /// Starts reading; a stream is read once.
  public func makeAsyncIterator() -> Iterator { Iterator(incoming: incoming) }

  /// Reads the requests one by one.
  public struct Iterator: AsyncIteratorProtocol {
    let incoming: any IncomingMessages

    /// The next request, or nil at the end of the stream.
    public mutating func next() async throws -> Request? {
      guard let bytes = try await incoming.next() else { return nil }
      return try bytes.withUnsafeBytes { try Request(checking: $0, in: Arena()) }
    }
  }
}

/// Sends the replies of a streaming call.
public struct ResponseWriter<Reply: Message>: Sendable {
  let outgoing: any OutgoingMessages

  /// Creates a writer over undecoded messages.
  public init(_ outgoing: any OutgoingMessages) { self.outgoing = outgoing }

  /// Sends one reply, its personal data masked; suspends while the client's window is closed.
  public func send(_ reply: Reply) async throws {
    var reply = reply
    reply.maskPersonalData(for: .masked)
    var framed: [UInt8] = []
    reply.encodeFramed(into: &framed, in: Arena())
    try await outgoing.send(framed)
  }
}
