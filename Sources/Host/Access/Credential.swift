import ModuleKit
import Synchronization

/// What a checked token or certificate stands for.
final class Credential: Sendable {
  /// The identifier of the token or of the certificate's binding.
  let id: String
  /// On whose behalf its calls run.
  let caller: Caller
  /// Its roles, with `authenticated` among them.
  let roles: Roles
  /// The generation of credentials that it was looked up in: while that is current, nothing of it has changed.
  let generation: UInt64
  /// What its principal asks of the host; set when its first call is let in.
  let account = AccountReference()

  init(id: String, principal: PrincipalRow, generation: UInt64 = 0) {
    self.id = id
    self.generation = generation
    roles = principal.roles.union(.authenticated)
    caller = Caller(
      id: principal.id, name: principal.name, roles: roles.rawValue,
      organisationID: principal.organisationID, areaCodes: principal.areaCodes)
  }
}

/// Counts changes that make cached credentials stale: a cache takes an entry only if nothing was
/// revoked or changed since.
final class CredentialGeneration: Sendable {
  private let number = Atomic<UInt64>(1)
  var current: UInt64 { number.load(ordering: .acquiring) }
  /// Called once a revocation is durable and before it is answered.
  func advance() { number.add(1, ordering: .releasing) }
}
