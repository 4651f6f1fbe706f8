import Dispatch
import ModuleKit

/// Calls a host's handler straight, on a queue that stands for its event loop.
final class MemoryChannel: ClientChannel {
  private let handler: any CallHandler
  private let loop: DispatchQueue
  private let peerIdentity: PeerIdentity?

  init(_ handler: any CallHandler) {
    self.handler = handler
    loop = DispatchQueue(label: "yizhan.test-loop")
    peerIdentity = nil
  }

  private init(_ channel: MemoryChannel, _ identity: PeerIdentity) {
    handler = channel.handler
    loop = channel.loop
    peerIdentity = identity
  }

  /// The same channel, for a client that has shown a certificate.
  func identified(as identity: PeerIdentity) -> MemoryChannel { MemoryChannel(self, identity) }

  func unary(_ path: String, _ message: [UInt8], _ options: CallOptions) async throws -> ClientReply {
    let call = try makeCall(path, options)
    guard handler.methods[call.methodIndex].kind != .stream else {
      let stream = try await open(path, options)
      return try await Self.single(stream, message)
    }
    loop.async { [handler] in
      do throws(Status) {
        try handler.admit(call)
        message.withUnsafeBytes { handler.unary(call, $0) }
      } catch {
        call.fail(error)
      }
      handler.batchEnded(loopIndex: 0)
    }
    return try await withDeadline(call) { try await call.result() }
  }

  func open(_ path: String, _ options: CallOptions) async throws -> any ClientStream {
    let call = try makeCall(path, options)
    guard handler.methods[call.methodIndex].kind == .stream else {
      throw Status(.internalError, "\(path) is not a stream; a test calls it with unary")
    }
    let admitted: Result<Void, Status> = await withCheckedContinuation { continuation in
      loop.async { [handler] in
        continuation.resume(returning: Result { () throws(Status) in try handler.admit(call) })
        handler.batchEnded(loopIndex: 0)
      }
    }
    return MemoryStream(call: call, handler: handler, refusal: admitted.failure)
  }

  /// Returns when the loop has worked through everything that it was given. A call's reply comes before the end of
  /// its batch, so a host must not be closed before.
  func finish() async {
    await withCheckedContinuation { continuation in loop.async { continuation.resume() } }
  }

  private func makeCall(_ path: String, _ options: CallOptions) throws(Status) -> MemoryCall {
    guard let index = handler.methods.index(of: path) else {
      throw Status(.unimplemented, "this host has no method \(path)")
    }
    return MemoryCall(methodIndex: index, options: options, peerIdentity: peerIdentity)
  }

  /// Lets the caller go at its deadline or when its task is cancelled, as a client over a network does.
  private func withDeadline<Value: Sendable>(
    _ call: MemoryCall, _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    let timer = call.deadline.map { deadline in
      Task {
        try await Task.sleep(until: deadline, clock: .continuous)
        call.giveUp(Status(.deadlineExceeded, "the deadline passed"))
      }
    }
    defer { timer?.cancel() }
    return try await withTaskCancellationHandler {
      try await body()
    } onCancel: {
      call.giveUp(Status(.cancelled, "the caller cancelled"))
    }
  }

  private static func single(_ stream: any ClientStream, _ message: [UInt8]) async throws -> ClientReply {
    try await stream.send(message)
    try await stream.finishSending()
    guard let reply = try await stream.next() else {
      throw Status(.internalError, "the call ended without a reply")
    }
    while try await stream.next() != nil {}
    return ClientReply(message: reply, headers: [:], trailers: [:])
  }
}

extension Result where Success == Void {
  fileprivate var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
