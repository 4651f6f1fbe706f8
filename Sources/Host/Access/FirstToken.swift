import ModuleKit

/// The administrator's token that a new host begins with.
enum FirstToken {
  /// The name of the principal that the token acts for.
  static let principalName = "administrator"

  /// Makes a token if there has never been any; it does not expire, because it may be the only way in.
  static func makeIfNeeded(_ database: Database, scope: ModuleScope) async throws -> String? {
    try await database.writer.perform(call: .host("start", in: scope)) { transaction in
      guard try TokenStore.isEmpty(in: transaction) else { return nil }
      return try make(transaction)
    }
  }

  /// Forgets a token that could be shown to nobody, so that the next start makes another.
  static func takeBack(_ token: String, _ database: Database, scope: ModuleScope) async throws {
    try await database.writer.perform(call: .host("start", in: scope)) { transaction in
      try TokenStore.delete(hash: TokenText.hash(token.utf8), in: transaction)
    }
  }

  /// Makes another, for an operator who has lost every token but holds the machine.
  static func make(_ transaction: Transaction) throws -> String {
    let secret = TokenText.make()
    var principal = try PrincipalStore.principal(named: principalName, in: transaction)
    if principal == nil {
      let row = PrincipalRow(
        id: transaction.makeID(), kind: .administrator, name: principalName, roles: .administrator,
        organisationID: nil, areaCodes: [], createdAt: transaction.now, updatedAt: transaction.now)
      try PrincipalStore.insert(row, in: transaction)
      principal = row
    }
    guard var principal else { preconditionFailure("a principal was made") }
    // Whoever holds the machine gets in, whatever became of this principal since.
    principal.roles.insert(.administrator)
    principal.areaCodes = []
    principal.disabledAt = nil
    try PrincipalStore.update(principal, in: transaction)
    _ = try TokenStore.insert(
      hash: TokenText.hash(secret.utf8), principalID: principal.id, expiresAt: nil, in: transaction)
    return secret
  }
}
