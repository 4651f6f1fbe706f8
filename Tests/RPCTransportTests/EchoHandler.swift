import Dispatch
import RPC
import Synchronization
import Wire

/// A handler with one method for each way in which a call can go, for tests over a live connection.
final class EchoHandler: CallHandler {
  enum Method: String, CaseIterable {
    /// Answers with the request.
    case echo = "Echo"
    /// Answers with 40 bytes, whatever is asked.
    case constant = "Constant"
    /// Answers with the request from another thread.
    case echoElsewhere = "EchoElsewhere"
    /// Answers 200 ms later, from another thread.
    case slow = "Slow"
    /// Fails with the status whose code is the request's first byte.
    case fail = "Fail"
    /// Answers with the request's metadata as trailers.
    case metadata = "Metadata"
    /// Refused in `admit`.
    case forbidden = "Forbidden"
    /// Answers with the peer's address.
    case peer = "Peer"
    /// Answers with the peer's identity as text, or with nothing.
    case peerIdentity = "PeerIdentity"
    /// Never answers, until the caller gives up; counts that in `cancelledCount`.
    case hang = "Hang"
    /// Stream: sends each message back.
    case bidirectional = "Bidirectional"
    /// Stream: answers with the number of messages and of bytes, as text.
    case collect = "Collect"
    /// Stream: takes one message "count size" and sends that many of that size.
    case produce = "Produce"
    /// Stream: sends a message, then fails.
    case failLate = "FailLate"
    /// Stream: sends a message, then waits for ever.
    case hangStream = "HangStream"
  }

  static let service = "yizhan.test.v1.EchoService"
  static func path(_ method: Method) -> String { "/\(service)/\(method.rawValue)" }

  let methods: MethodTable
  private let cancelled = Atomic<Int>(0)
  private let hangs = Atomic<Int>(0)
  private let batches = Atomic<Int>(0)
  private let metadataSeen = Mutex<Metadata?>(nil)

  init() throws {
    methods = try MethodTable(
      Method.allCases.map { method in
        let isStream: Bool =
          switch method {
          case .bidirectional, .collect, .produce, .failLate, .hangStream: true
          default: false
          }
        return MethodDescriptor(
          service: Self.service, name: method.rawValue, kind: isStream ? .stream : .read,
          isClientStreaming: isStream, isServerStreaming: isStream,
          policy: AccessPolicy(roles: .anyone, scope: .any))
      })
  }

  /// Calls whose end before their time the handler saw.
  var cancelledCount: Int { cancelled.load(ordering: .relaxed) }
  /// How many calls of `hang` have begun.
  var hangCount: Int { hangs.load(ordering: .relaxed) }
  /// How often `batchEnded` was called.
  var batchCount: Int { batches.load(ordering: .relaxed) }
  /// What the method `metadata` was called with last.
  var lastMetadata: Metadata? { metadataSeen.withLock { $0 } }

  func admit(_ call: any ServerCall) throws(Status) {
    if Method.allCases[call.methodIndex] == .forbidden {
      throw Status(.permissionDenied, "not for you: 不行 100%", reason: "FORBIDDEN", domain: "test.yizhan")
    }
  }

  func batchEnded(loopIndex: Int) { batches.add(1, ordering: .relaxed) }

  func unary(_ call: any ServerCall, _ message: UnsafeRawBufferPointer) {
    switch Method.allCases[call.methodIndex] {
    case .echo:
      call.reply(Self.framed(message), trailers: [:])
    case .constant:
      call.reply(Self.constantReply, trailers: [:])
    case .echoElsewhere:
      let reply = Self.framed(message)
      DispatchQueue.global().async { call.reply(reply, trailers: [:]) }
    case .slow:
      let reply = Self.framed(message)
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(200)) {
        call.reply(reply, trailers: [:])
      }
    case .fail:
      let code = message.first.flatMap { Status.Code(rawValue: Int($0)) } ?? .unknown
      call.fail(
        Status(
          code, "failed as asked\n100% 不行 🚚", reason: "AS_ASKED", domain: "test.yizhan",
          metadata: ["code": "\(code.rawValue)"], messageChinese: "按要求失败",
          violations: [
            FieldViolation("rows[3].phone", "PHONE_INVALID", "not a phone number", "不是电话号码")
          ], retryDelay: .milliseconds(1_500)))
    case .metadata:
      let metadata = call.metadata
      metadataSeen.withLock { $0 = metadata }
      var trailers = Metadata()
      for field in metadata.fields where field.name.hasPrefix("x-") { trailers.append(field) }
      call.reply(Self.framed(message), trailers: trailers)
    case .peer:
      call.reply(Self.framed(Array(call.peer.utf8)), trailers: [:])
    case .peerIdentity:
      let text = call.peerIdentity.map { identity in
        let names = (identity.dnsNames + identity.uris).joined(separator: " ")
        return
          "\(identity.publicKeyHashText) \(names) \(identity.serialNumberText) \(identity.notAfterSeconds)"
      }
      call.reply(Self.framed(Array((text ?? "").utf8)), trailers: [:])
    case .hang:
      hangs.add(1, ordering: .relaxed)
      Thread.waitUntil(call) { [self] in
        cancelled.add(1, ordering: .relaxed)
        call.fail(Status(.cancelled, "too late"))
      }
    default:
      call.fail(Status(.internalError, "not a unary method"))
    }
  }

  func stream(
    _ call: any ServerCall, _ incoming: any IncomingMessages, _ outgoing: any OutgoingMessages
  ) async throws {
    switch Method.allCases[call.methodIndex] {
    case .bidirectional:
      while let message = try await incoming.next() { try await outgoing.send(Self.framed(message)) }
    case .collect:
      var count = 0
      var size = 0
      while let message = try await incoming.next() {
        count += 1
        size += message.count
      }
      try await outgoing.send(Self.framed(Array("\(count) \(size)".utf8)))
    case .produce:
      let order = String(decoding: try await incoming.next() ?? [], as: UTF8.self).split(separator: " ")
      guard order.count == 2, let count = Int(order[0]), let size = Int(order[1]) else {
        throw Status(.invalidArgument, "ask for: count size")
      }
      for index in 0..<count {
        try await outgoing.send(
          Self.framed([UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size)))
      }
    case .failLate:
      try await outgoing.send(Self.framed([1, 2, 3]))
      throw Status(.aborted, "after one message")
    case .hangStream:
      try await outgoing.send(Self.framed([1]))
      do {
        try await Task.sleep(for: .seconds(600))
      } catch {
        cancelled.add(1, ordering: .relaxed)
        throw error
      }
    default:
      throw Status(.internalError, "not a streaming method")
    }
  }

  static let constantReply = framed([UInt8](repeating: 0x61, count: 40))

  static func framed(_ message: some Collection<UInt8>) -> [UInt8] {
    var framed: [UInt8] = []
    framed.reserveCapacity(MessageFraming.prefixSizeBytes + message.count)
    framed.append(contentsOf: repeatElement(0, count: MessageFraming.prefixSizeBytes))
    framed.append(contentsOf: message)
    MessageFraming.setLength(of: &framed, at: 0)
    return framed
  }

  private enum Thread {
    /// Looks every 10 ms whether the caller has given up.
    static func waitUntil(_ call: any ServerCall, _ body: @escaping @Sendable () -> Void) {
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(10)) {
        if call.isCancelled { body() } else { waitUntil(call, body) }
      }
    }
  }
}
