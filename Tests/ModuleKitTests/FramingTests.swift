import ModuleKit
import Testing

@Suite struct FramingTests {
  /// google.protobuf.StringValue { value: "hi" } by hand: field 1, length-delimited, two bytes.
  private let hi: [UInt8] = [0x0a, 0x02, 0x68, 0x69]

  @Test func putsThePrefixOfGRPCInFront() {
    var output: [UInt8] = [0xff]
    ProtoStringValue(value: "hi").encodeFramed(into: &output, in: Arena())
    #expect(output == [0xff, 0, 0, 0, 0, 4] + hi)
    var empty: [UInt8] = []
    ProtoStringValue().encodeFramed(into: &empty, in: Arena())
    #expect(empty == [0, 0, 0, 0, 0])
    var long: [UInt8] = []
    ProtoStringValue(value: String(repeating: "x", count: 70_000)).encodeFramed(into: &long, in: Arena())
    // 70,000 bytes, a tag and a length of three bytes: 70,004 = 0x011174.
    #expect(long.prefix(5) == [0, 0, 0x01, 0x11, 0x74])
    #expect(long.count == 70_009)
  }

  private func status(_ bytes: [UInt8], _ arena: Arena = Arena()) -> Status? {
    #expect(throws: Status.self) {
      _ = try bytes.withUnsafeBytes { try ProtoStringValue(checking: $0, in: arena) }
    }
  }

  @Test func saysWhyBytesAreNoMessage() {
    let malformed = status([0x0a, 0x05, 0x68])
    #expect(malformed?.code == .internalError)
    #expect(malformed?.reason == "MESSAGE_MALFORMED")
    #expect(malformed?.message.contains("google.protobuf.StringValue") == true)
    #expect(status([0x0a, 0x01, 0xff])?.reason == "MESSAGE_MALFORMED")
    let large = [0x0a, 0xff, 0x7f] + [UInt8](repeating: 0x61, count: 16_383)
    let tooLarge = status(large, Arena(limitBytes: 1_024))
    #expect(tooLarge?.code == .resourceExhausted)
    #expect(tooLarge?.reason == "MESSAGE_TOO_LARGE")
  }

  @Test func keepsPartOfAReplyOutOfStorage() throws {
    let descriptor = MethodDescriptor(
      service: "t.v1.S", name: "Make", kind: .write, policy: AccessPolicy(roles: .staff, scope: .any))
    let method = BoundMethod.write(descriptor) { (request: ProtoStringValue, _) in
      UnstoredReply(stored: request, unstored: ProtoStringValue(value: "secret"))
    }
    guard case .writeUnstored(let prepare) = method.body else {
      Issue.record("the handler was bound as another kind")
      return
    }
    // Preparing decodes and checks; that a transaction is needed for the rest is what the host's tests are for.
    _ = try hi.withUnsafeBytes { try prepare($0, Arena()) }
    #expect(throws: Status.self) { _ = try [0x0a as UInt8].withUnsafeBytes { try prepare($0, Arena()) } }
  }
}

@Suite struct StreamingTests {
  private struct Messages: IncomingMessages {
    let messages: [[UInt8]]
    let position = Position()
    final class Position: @unchecked Sendable { var index = 0 }  // used by one test's one task
    func next() async throws -> [UInt8]? {
      defer { position.index += 1 }
      return position.index < messages.count ? messages[position.index] : nil
    }
  }

  private struct Nowhere: OutgoingMessages { func send(_ framed: [UInt8]) async throws {} }
  private struct NoStorage: StreamStorage {
    func read<Result: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Result) async throws
      -> Result
    {
      throw StorageError.closed
    }
    func write<Result: Sendable>(
      _ body: @escaping @Sendable (Transaction) throws -> Result
    ) async throws -> Result { throw StorageError.closed }
  }

  @Test func decodesRequestsOneByOne() async throws {
    let encoded = ["a", "b"].map { ProtoStringValue(value: $0).encoded() }
    var texts: [String] = []
    for try await request in RequestStream<ProtoStringValue>(Messages(messages: encoded)) {
      texts.append(request.value)
    }
    #expect(texts == ["a", "b"])
    var iterator = RequestStream<ProtoStringValue>(Messages(messages: [[0x0a]])).makeAsyncIterator()
    await #expect(throws: Status.self) { _ = try await iterator.next() }
  }

  @Test(arguments: [(0, "REQUEST_MISSING"), (2, "REQUEST_REPEATED")])
  func wantsOneRequestForAStreamOfReplies(count: Int, reason: String) async throws {
    let descriptor = MethodDescriptor(
      service: "t.v1.S", name: "Watch", kind: .stream, isServerStreaming: true,
      policy: AccessPolicy(roles: .staff, scope: .any))
    let method = BoundMethod.serverStream(descriptor) {
      (_: ProtoStringValue, _: ResponseWriter<ProtoStringValue>, _) in Issue.record("the handler ran")
    }
    guard case .stream(let body) = method.body else {
      Issue.record("the handler was bound as another kind")
      return
    }
    let context = StreamContext(caller: .system, requestID: "r", metadata: [:], storage: NoStorage())
    let status = await #expect(throws: Status.self) {
      try await body(context, Messages(messages: Array(repeating: [], count: count)), Nowhere())
    }
    #expect(status?.code == .unimplemented)
    #expect(status?.reason == reason)
  }
}
