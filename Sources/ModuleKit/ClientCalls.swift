extension ClientChannel {
  /// Makes a unary call with typed messages; generated clients do.
  /// - Throws: `Status`; INTERNAL if the reply is not the declared message.
  public func unary<Request: Message, Reply: Message>(
    _ method: MethodDescriptor, _ request: Request, _ options: CallOptions
  ) async throws -> Reply {
    let reply = try await unary(method.path, request.encoded(), options)
    return try Reply(replied: reply.message)
  }
}

/// A call that sends a stream of requests and is answered once.
public struct ClientStreamingCall<Request: Message, Reply: Message>: Sendable {
  private let stream: any ClientStream

  /// Creates a call over undecoded messages.
  public init(_ stream: any ClientStream) { self.stream = stream }

  /// Sends one request; suspends while the server's window is closed.
  /// - Throws: the call's `Status` if it has ended already.
  public func send(_ request: Request) async throws { try await stream.send(request.encoded()) }

  /// Says that no more requests follow and waits for the reply.
  /// - Throws: the call's `Status`; INTERNAL if it ended with OK but without a reply, or with two.
  public func finish() async throws -> Reply {
    try await stream.finishSending()
    guard let message = try await stream.next() else {
      throw Status(.internalError, "the server ended the call with OK but without a reply")
    }
    let reply = try Reply(replied: message)
    guard try await stream.next() == nil else {
      throw Status(.internalError, "the server sent more than one reply to a call that has one")
    }
    return reply
  }

  /// Gives the call up.
  public func cancel() { stream.cancel() }
}

/// A call that sends one request and is answered with a stream. Iterate over it once.
public struct ServerStreamingCall<Reply: Message>: AsyncSequence, Sendable {
  /// A decoded reply.
  public typealias Element = Reply
  private let stream: any ClientStream

  /// Sends the request over an opened call.
  /// - Throws: the call's `Status` if it has ended already.
  public init(_ stream: any ClientStream, _ request: some Message) async throws {
    self.stream = stream
    try await stream.send(request.encoded())
    try await stream.finishSending()
  }

  /// Starts reading.
  public func makeAsyncIterator() -> ReplyIterator<Reply> { ReplyIterator(stream) }

  /// Gives the call up.
  public func cancel() { stream.cancel() }
}

/// A call that sends a stream of requests and is answered with a stream.
public struct BidirectionalCall<Request: Message, Reply: Message>: AsyncSequence, Sendable {
  /// A decoded reply.
  public typealias Element = Reply
  private let stream: any ClientStream

  /// Creates a call over undecoded messages.
  public init(_ stream: any ClientStream) { self.stream = stream }

  /// Sends one request; suspends while the server's window is closed.
  /// - Throws: the call's `Status` if it has ended already.
  public func send(_ request: Request) async throws { try await stream.send(request.encoded()) }

  /// Says that no more requests follow; replies may still come.
  public func finishSending() async throws { try await stream.finishSending() }

  /// Starts reading the replies; they are read once.
  public func makeAsyncIterator() -> ReplyIterator<Reply> { ReplyIterator(stream) }

  /// Gives the call up.
  public func cancel() { stream.cancel() }
}

/// Reads the replies of a call one by one.
public struct ReplyIterator<Reply: Message>: AsyncIteratorProtocol {
  private let stream: any ClientStream

  init(_ stream: any ClientStream) { self.stream = stream }

  /// The next reply, or nil when the call has ended with OK.
  /// - Throws: the call's `Status` if it ended with another.
  public mutating func next() async throws -> Reply? {
    guard let message = try await stream.next() else { return nil }
    return try Reply(replied: message)
  }
}

extension Message {
  /// Decodes a server's reply.
  fileprivate init(replied message: [UInt8]) throws {
    do {
      try self.init(decoding: message)
    } catch {
      throw Status(.internalError, "the reply is not a valid \(Self.fullName): \(error)")
    }
  }
}
