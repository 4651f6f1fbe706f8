import ModuleKit
import Synchronization

/// Messages on their way from one task to another; a full pipe makes the sender wait, as flow control does.
final class MemoryPipe: Sendable {
  private struct State {
    var messages: [[UInt8]] = []
    /// Set once: nil inside means the end without an error.
    var end: Status??
    var reader: CheckedContinuation<[UInt8]?, any Error>?
    var writers: [(message: [UInt8], continuation: CheckedContinuation<Void, any Error>)] = []
  }

  /// Messages that wait at most.
  private static let capacity = 16
  private let state = Mutex(State())

  func push(_ message: [UInt8]) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      state.withLock { state in
        if let end = state.end {
          continuation.resume(
            throwing: end ?? Status(.failedPrecondition, "nothing more can be sent on this call"))
        } else if let reader = state.reader {
          state.reader = nil
          reader.resume(returning: message)
          continuation.resume()
        } else if state.messages.count < Self.capacity {
          state.messages.append(message)
          continuation.resume()
        } else {
          state.writers.append((message, continuation))
        }
      }
    }
  }

  func next() async throws -> [UInt8]? {
    try await withCheckedThrowingContinuation { continuation in
      state.withLock { state in
        precondition(state.reader == nil, "a stream is read by one task")
        if !state.messages.isEmpty {
          continuation.resume(returning: state.messages.removeFirst())
          if !state.writers.isEmpty {
            let writer = state.writers.removeFirst()
            state.messages.append(writer.message)
            writer.continuation.resume()
          }
        } else if let end = state.end {
          if let error = end {
            continuation.resume(throwing: error)
          } else {
            continuation.resume(returning: nil)
          }
        } else {
          state.reader = continuation
        }
      }
    }
  }

  /// Ends the pipe; the first end counts.
  /// - Parameter isAbrupt: Whether what was pushed before is lost, as when a call is given up.
  func end(_ error: Status?, isAbrupt: Bool = false) {
    state.withLock { state in
      guard state.end == nil else { return }
      state.end = .some(error)
      let reader = state.reader
      state.reader = nil
      if isAbrupt { state.messages = [] }
      if let error { reader?.resume(throwing: error) } else { reader?.resume(returning: nil) }
      for writer in state.writers {
        if isAbrupt {
          writer.continuation.resume(throwing: error ?? Status(.cancelled, "the call has ended"))
        } else {
          state.messages.append(writer.message)
          writer.continuation.resume()
        }
      }
      state.writers = []
    }
  }
}
