import ModuleKit
package import RPC
import Synchronization

/// What tests give a caller.
package struct TestCredential: Sendable {
  package var principalName: String
  package var roles: Roles
  package var organisationID: String?
  package var areaCodes: [String]

  package init(principalName: String, roles: Roles, organisationID: String?, areaCodes: [String]) {
    self.principalName = principalName
    self.roles = roles
    self.organisationID = organisationID
    self.areaCodes = areaCodes
  }
}

extension HostCore {
  /// Makes a token for a test, beyond the number that a principal can have, and its principal if there is none of
  /// the name.
  /// - Throws: `AccessError.principalDiffers` for a name that stands for another principal.
  package func makeToken(
    _ wanted: TestCredential, isExpired: Bool = false, isRevoked: Bool = false
  ) async throws -> String {
    try await perform { transaction in
      let principal = try Self.principal(wanted, in: transaction)
      let secret = TokenText.make()
      let id = try TokenStore.insert(
        hash: TokenText.hash(secret.utf8), principalID: principal.id,
        expiresAt: isExpired ? transaction.now : nil, in: transaction)
      if isRevoked { try TokenStore.revoke(id: id, in: transaction) }
      return secret
    }
  }

  /// Disables a principal for a test.
  package func disable(principalNamed name: String) async throws {
    try await perform { transaction in
      guard var row = try PrincipalStore.principal(named: name, in: transaction) else { return }
      row.disabledAt = transaction.now
      try PrincipalStore.update(row, in: transaction)
    }
    access.generation.advance()
  }

  /// The paths of methods that can take their own caller's credential away.
  package static var revokingPaths: Set<String> { AccessModule.revokingPaths }

  /// The descriptors of what the host itself serves.
  package static var ownDescriptorSet: [UInt8] { HostDescriptors.fileDescriptorSet }

  /// Binds a certificate's key for a test, unless it is bound, and makes its principal if there is none of the name.
  package func bind(publicKeyHash: [UInt8], to wanted: TestCredential) async throws {
    try await perform { transaction in
      let principal = try Self.principal(wanted, in: transaction)
      guard try CertificateStore.certificate(keyHash: publicKeyHash, in: transaction) == nil else { return }
      _ = try CertificateStore.insert(publicKeyHash, to: principal.id, label: "test", in: transaction)
    }
  }

  private static func principal(_ wanted: TestCredential, in transaction: Transaction) throws -> PrincipalRow
  {
    let areaCodes = wanted.areaCodes.sorted()
    if let known = try PrincipalStore.principal(named: wanted.principalName, in: transaction) {
      guard known.roles == wanted.roles, known.organisationID == wanted.organisationID,
        known.areaCodes == areaCodes
      else { throw AccessError.principalDiffers }
      return known
    }
    let row = PrincipalRow(
      id: transaction.makeID(), kind: .serviceAccount, name: wanted.principalName, roles: wanted.roles,
      organisationID: wanted.organisationID, areaCodes: areaCodes, createdAt: transaction.now,
      updatedAt: transaction.now)
    try PrincipalStore.insert(row, in: transaction)
    return row
  }

  private func perform<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
    try await storage.database.writer.perform(call: .host("test", in: AccessModule.scope), body: body)
  }
}
