import ModuleKit

/// A streaming call in memory: a pipe of requests, a pipe of replies, and the task that runs the handler.
final class MemoryStream: ClientStream {
  private let requests = MemoryPipe()
  private let replies = MemoryPipe()
  private let call: MemoryCall
  private let task: Task<Void, Never>

  init(call: MemoryCall, handler: any CallHandler, refusal: Status?) {
    self.call = call
    let (requests, replies) = (requests, replies)
    task = Task {
      if let refusal { return replies.end(refusal) }
      do {
        try await handler.stream(call, Incoming(pipe: requests), Outgoing(pipe: replies))
        replies.end(nil)
      } catch {
        replies.end(error as? Status ?? Status(.unknown, "the handler threw something that is no status"))
      }
      requests.end(Status(.cancelled, "the call has ended"), isAbrupt: true)
    }
    guard let deadline = call.deadline else { return }
    Task { [weak self] in
      try await Task.sleep(until: deadline, clock: .continuous)
      self?.end(Status(.deadlineExceeded, "the deadline passed"))
    }
  }

  deinit { end(Status(.cancelled, "the caller let the call go")) }

  func send(_ message: [UInt8]) async throws { try await requests.push(message) }
  func finishSending() async throws { requests.end(nil) }
  func next() async throws -> [UInt8]? { try await replies.next() }
  func cancel() { end(Status(.cancelled, "the caller cancelled")) }

  private func end(_ status: Status) {
    call.giveUp(status)
    replies.end(status, isAbrupt: true)
    requests.end(status, isAbrupt: true)
    task.cancel()
  }

  private struct Incoming: IncomingMessages {
    let pipe: MemoryPipe
    func next() async throws -> [UInt8]? { try await pipe.next() }
  }

  private struct Outgoing: OutgoingMessages {
    let pipe: MemoryPipe
    func send(_ framed: [UInt8]) async throws { try await pipe.push(MemoryCall.message(framed)) }
  }
}
