import ModuleKit

/// The administrator's token that a new host begins with.
enum FirstToken {
  /// The name of the principal that the token acts for.
  static let principalName = "administrator"

  /// Makes a token if there has never been any; it does not expire, because it may be the only way in.
  static func makeIfNeeded(_ database: Database, scope: ModuleScope) async throws -> String? {
    let call = CallContext(module: scope, caller: .system, requestID: "start", method: "start")
    return try await database.writer.perform(call: call) { transaction in
      guard try AccessStore.isEmpty(in: transaction) else { return nil }
      return try make(transaction)
    }
  }

  /// Makes another, for an operator who has lost every token but holds the machine.
  static func make(_ transaction: Transaction) throws -> String {
    let secret = TokenText.make()
    _ = try AccessStore.insert(
      hash: TokenText.hash(secret.utf8), principalName: principalName, roles: .administrator,
      organisationID: nil, areaCode: nil, expiresAt: nil, in: transaction)
    return secret
  }
}
