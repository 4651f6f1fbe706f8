import ModuleKit
import Synchronization

/// What a checked token stands for.
final class Credential: Sendable {
  /// The token's identifier; empty for calls without one.
  let tokenID: String
  /// On whose behalf its calls run.
  let caller: Caller
  /// Its roles, with `authenticated` among them.
  let roles: Roles
  /// From when on it is refused.
  let expiresAt: Instant?

  init(tokenID: String, caller: Caller, roles: Roles, expiresAt: Instant?) {
    self.tokenID = tokenID
    self.caller = caller
    self.roles = roles
    self.expiresAt = expiresAt
  }
}

/// Counts changes that make cached credentials stale: a cache takes an entry only if nothing was revoked since.
final class CredentialGeneration: Sendable {
  private let number = Atomic<UInt64>(1)
  var current: UInt64 { number.load(ordering: .acquiring) }
  /// Called once a revocation is durable and before it is answered.
  func advance() { number.add(1, ordering: .releasing) }
}
