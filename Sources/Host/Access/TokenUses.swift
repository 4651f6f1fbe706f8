import ModuleKit
import Synchronization

/// Remembers when tokens were last seen until it is written down: a write for each call would cost more than
/// the calls.
final class TokenUses: Sendable {
  /// Tokens remembered at most; further ones are noted when they are seen again.
  private static let limit = 10_000
  private let seen = Mutex<[String: Instant]>([:])

  /// A token was looked up.
  func seen(_ tokenID: String, at time: Instant) {
    seen.withLock { seen in
      if seen.count < Self.limit || seen[tokenID] != nil { seen[tokenID] = time }
    }
  }

  /// Takes what is to be written.
  func take() -> [String: Instant] {
    seen.withLock { seen in
      defer { seen = [:] }
      return seen
    }
  }
}
