/// A service with its handlers bound, its messages' Swift types erased: what the host serves.
public struct BoundService: Sendable {
  /// The service's full name.
  public let name: String
  /// Its methods.
  public let methods: [BoundMethod]

  /// Creates a service; generated code does, in `<Service>Handler.bound()`.
  public init(name: String, methods: [BoundMethod]) {
    self.name = name
    self.methods = methods
  }
}

/// A method bound to its handler: bytes in, framed bytes out.
public struct BoundMethod: Sendable {
  /// A read or report: decode, check, run, encode.
  public typealias Read =
    @Sendable (
      _ message: UnsafeRawBufferPointer, _ arena: Arena, _ snapshot: Snapshot, _ output: inout [UInt8]
    )
    throws -> Void
  /// A write in two steps: decoding and checking on the event loop, then the transaction on the writer.
  public typealias Prepare =
    @Sendable (_ message: UnsafeRawBufferPointer, _ arena: Arena) throws -> Perform
  /// The second step of a write.
  public typealias Perform =
    @Sendable (_ transaction: Transaction, _ arena: Arena, _ output: inout [UInt8]) throws -> Void
  /// The first step of a write whose reply is not stored whole.
  public typealias PrepareUnstored =
    @Sendable (_ message: UnsafeRawBufferPointer, _ arena: Arena) throws -> PerformUnstored
  /// The second step of such a write: `output` is stored with the idempotency key, `unstored` is appended to the
  /// first reply only. Protobuf merges what is appended into the message before it.
  public typealias PerformUnstored =
    @Sendable (
      _ transaction: Transaction, _ arena: Arena, _ output: inout [UInt8], _ unstored: inout [UInt8]
    ) throws -> Void
  /// A stream.
  public typealias Stream =
    @Sendable (_ context: StreamContext, _ incoming: any IncomingMessages, _ outgoing: any OutgoingMessages)
    async throws -> Void

  /// How the method runs.
  public enum Body: Sendable {
    case read(Read)
    case write(Prepare)
    case writeUnstored(PrepareUnstored)
    case stream(Stream)
  }

  /// The method's name, kind and policy.
  public let descriptor: MethodDescriptor
  /// Its handler.
  public let body: Body
  /// The purposes for which personal data of its replies can be seen unmasked; empty if they hold none.
  public let purposes: [PersonalPurpose]

  /// Creates a method. The body masks what the caller does not see: the functions below make such bodies.
  public init(descriptor: MethodDescriptor, purposes: [PersonalPurpose] = [], body: Body) {
    self.descriptor = descriptor
    self.purposes = purposes
    self.body = body
  }

  /// Binds a handler of kind READ or REPORT.
  @inlinable
  public static func read<Request: Message, Reply: Message>(
    _ descriptor: MethodDescriptor, _ handler: @escaping @Sendable (Request, Snapshot) throws -> Reply
  ) -> BoundMethod {
    BoundMethod(
      descriptor: descriptor, purposes: Reply.personalPurposes,
      body: .read { message, arena, snapshot, output in
        let request = try Request(checking: message, in: arena)
        var reply = try handler(request, snapshot)
        reply.maskPersonalData(for: snapshot.personalSight)
        reply.encodeFramed(into: &output, in: arena)
      })
  }

  /// Binds a handler of kind WRITE.
  @inlinable
  public static func write<Request: Message, Reply: Message>(
    _ descriptor: MethodDescriptor, _ handler: @escaping @Sendable (Request, Transaction) throws -> Reply
  ) -> BoundMethod {
    BoundMethod(
      descriptor: descriptor, purposes: Reply.personalPurposes,
      body: .write { message, arena in
        let request = try Request(checking: message, in: arena)
        return { transaction, arena, output in
          var reply = try handler(request, transaction)
          reply.maskPersonalData(for: transaction.personalSight)
          reply.encodeFramed(into: &output, in: arena)
        }
      })
  }

  /// Binds a handler of kind WRITE whose reply holds what must not be stored, such as a token that is shown once.
  /// A call repeated with its idempotency key gets the stored part only.
  public static func write<Request: Message, Reply: Message>(
    _ descriptor: MethodDescriptor,
    _ handler: @escaping @Sendable (Request, Transaction) throws -> UnstoredReply<Reply>
  ) -> BoundMethod {
    BoundMethod(
      descriptor: descriptor, purposes: Reply.personalPurposes,
      body: .writeUnstored { message, arena in
        let request = try Request(checking: message, in: arena)
        return { transaction, arena, output, unstored in
          var reply = try handler(request, transaction)
          reply.stored.maskPersonalData(for: transaction.personalSight)
          reply.unstored.maskPersonalData(for: transaction.personalSight)
          reply.stored.encodeFramed(into: &output, in: arena)
          unstored.removeAll()
          reply.unstored.encode(into: &unstored, in: arena)
        }
      })
  }

  /// Binds a handler that takes a stream of requests and answers once.
  @inlinable
  public static func clientStream<Request: Message, Reply: Message>(
    _ descriptor: MethodDescriptor,
    _ handler: @escaping @Sendable (RequestStream<Request>, StreamContext) async throws -> Reply
  ) -> BoundMethod {
    BoundMethod(
      descriptor: descriptor, purposes: Reply.personalPurposes,
      body: .stream { context, incoming, outgoing in
        let reply = try await handler(RequestStream(incoming), context)
        try await ResponseWriter(outgoing).send(reply)
      })
  }

  /// Binds a handler that takes one request and answers with a stream. A call with none or with several ends with
  /// UNIMPLEMENTED, as a unary one does (gRPC, "Status codes and their use": cardinality violation).
  @inlinable
  public static func serverStream<Request: Message, Reply: Message>(
    _ descriptor: MethodDescriptor,
    _ handler: @escaping @Sendable (Request, ResponseWriter<Reply>, StreamContext) async throws -> Void
  ) -> BoundMethod {
    BoundMethod(
      descriptor: descriptor, purposes: Reply.personalPurposes,
      body: .stream { context, incoming, outgoing in
        var requests = RequestStream<Request>(incoming).makeAsyncIterator()
        guard let request = try await requests.next() else {
          throw Status(
            .unimplemented, "the method takes exactly one request message, and none came",
            reason: "REQUEST_MISSING")
        }
        if try await requests.next() != nil {
          throw Status(
            .unimplemented, "the method takes exactly one request message, and more than one came",
            reason: "REQUEST_REPEATED")
        }
        try await handler(request, ResponseWriter(outgoing), context)
      })
  }

  /// Binds a handler that takes a stream of requests and answers with a stream.
  @inlinable
  public static func bidirectional<Request: Message, Reply: Message>(
    _ descriptor: MethodDescriptor,
    _ handler:
      @escaping @Sendable (RequestStream<Request>, ResponseWriter<Reply>, StreamContext) async throws -> Void
  ) -> BoundMethod {
    BoundMethod(
      descriptor: descriptor, purposes: Reply.personalPurposes,
      body: .stream { context, incoming, outgoing in
        try await handler(RequestStream(incoming), ResponseWriter(outgoing), context)
      })
  }
}

/// A reply in two parts, of which only one is kept with the idempotency key of its call.
public struct UnstoredReply<Reply: Message>: Sendable {
  /// What is kept, and answered again to a repeated call.
  public var stored: Reply
  /// What is merged into the first reply and nowhere kept.
  public var unstored: Reply

  /// Creates a reply.
  public init(stored: Reply, unstored: Reply) {
    self.stored = stored
    self.unstored = unstored
  }
}

extension Snapshot {
  /// What the caller sees of personal data in the reply.
  public var personalSight: PersonalSight { PersonalSight(purpose: purpose, roles: admittedRoles) }
}
