import ModuleKit
import Synchronization

/// Remembers when credentials were last seen until it is written down: a write for each call would cost more than
/// the calls.
final class CredentialUses: Sendable {
  /// Credentials remembered at most; further ones are noted when they are seen again.
  private static let limit = 10_000
  private let seen = Mutex<[String: Instant]>([:])

  /// A credential was looked up.
  func seen(_ id: String, at time: Instant) {
    seen.withLock { seen in
      if seen.count < Self.limit || seen[id] != nil { seen[id] = time }
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
