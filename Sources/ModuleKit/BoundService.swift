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
  /// The second step of a write: it appends the framed reply, as its caller sees it, to `output`. A call whose reply is
  /// kept, but not as it is sent, brings `first` along: then `first` gets what is sent, and `output` what is kept and
  /// answered to a repeated call, masked for nobody's purpose.
  public typealias Perform =
    @Sendable (_ transaction: Transaction, _ arena: Arena, _ output: inout [UInt8], _ first: FirstReply?)
    throws -> Void
  /// A stream.
  public typealias Stream =
    @Sendable (_ context: StreamContext, _ incoming: any IncomingMessages, _ outgoing: any OutgoingMessages)
    async throws -> Void

  /// How the method runs.
  public enum Body: Sendable {
    case read(Read)
    case write(Prepare)
    /// A write whose first reply holds what is never kept, whatever the call's purpose.
    case writeUnstored(Prepare)
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

  /// Binds a handler of kind WRITE. What is kept with an idempotency key is masked, whatever the call's purpose: by the
  /// time the call is repeated, its caller may no longer reach what the reply is about.
  @inlinable
  public static func write<Request: Message, Reply: Message>(
    _ descriptor: MethodDescriptor, _ handler: @escaping @Sendable (Request, Transaction) throws -> Reply
  ) -> BoundMethod {
    BoundMethod(
      descriptor: descriptor, purposes: Reply.personalPurposes,
      body: .write { message, arena in
        let request = try Request(checking: message, in: arena)
        return { transaction, arena, output, first in
          var reply = try handler(request, transaction)
          if let first {
            // Made from what the handler answered: a masked text that is masked again may be another.
            var kept = reply
            kept.maskPersonalData(for: .masked)
            kept.encodeFramed(into: &output, in: arena)
            reply.maskPersonalData(for: transaction.personalSight)
            first.bytes.removeAll()
            reply.encodeFramed(into: &first.bytes, in: arena)
          } else {
            reply.maskPersonalData(for: transaction.personalSight)
            reply.encodeFramed(into: &output, in: arena)
          }
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
        return { transaction, arena, output, first in
          let reply = try handler(request, transaction)
          let sight = transaction.personalSight
          if let first {
            var kept = reply.stored
            kept.maskPersonalData(for: .masked)
            kept.encodeFramed(into: &output, in: arena)
            first.bytes.removeAll()
            reply.encodeFramed(for: sight, into: &first.bytes, in: arena)
          } else {
            reply.encodeFramed(for: sight, into: &output, in: arena)
          }
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

  /// Appends both parts as one message: protobuf merges what is appended into the message before it.
  func encodeFramed(for sight: PersonalSight, into output: inout [UInt8], in arena: Arena) {
    let start = output.count
    var reply = self
    reply.stored.maskPersonalData(for: sight)
    reply.unstored.maskPersonalData(for: sight)
    reply.stored.encodeFramed(into: &output, in: arena)
    reply.unstored.encode(into: &output, in: arena)
    MessageFraming.setLength(of: &output, at: start)
  }
}

/// What the first call of a keyed write is sent, where something else is kept for repeated ones.
///
/// Written by the writer thread in the write's transaction and read by it once that is durable; that, and nothing else,
/// makes it safe to send.
public final class FirstReply: @unchecked Sendable {
  /// The framed reply; that of the latest run, as a write may be run again before one run commits.
  public var bytes: [UInt8] = []

  /// Creates one, empty until the write runs.
  public init() {}
}

extension Snapshot {
  /// What the caller sees of personal data in the reply.
  public var personalSight: PersonalSight { PersonalSight(purpose: purpose, roles: admittedRoles) }
}
