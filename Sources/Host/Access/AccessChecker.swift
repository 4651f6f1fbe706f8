import ModuleKit

/// Checks the token of a call: from the loop's cache, else in the database.
final class AccessChecker: Sendable {
  let generation: CredentialGeneration
  let uses: TokenUses
  private let scope: ModuleScope

  init(scope: ModuleScope, generation: CredentialGeneration, uses: TokenUses) {
    self.scope = scope
    self.generation = generation
    self.uses = uses
  }

  /// The credential behind a call's `authorization` header.
  /// - Throws: `Status` UNAUTHENTICATED, with the same words for a token that is unknown, revoked or expired;
  ///   `StorageError` when it cannot be looked up.
  func credential(of call: any ServerCall, on loop: LoopState) throws -> Credential {
    try call.withHeader("authorization") { header throws -> Credential in
      guard let header else { throw Self.missing }
      let generation = generation.current
      if let known = loop.credentials.credential(for: header, generation: generation) { return known }
      return try look(up: header, generation, on: loop)
    }
  }

  private func look(
    up header: UnsafeBufferPointer<UInt8>, _ generation: UInt64, on loop: LoopState
  ) throws -> Credential {
    guard let token = TokenText.token(in: header) else { throw Self.invalid }
    let hash = TokenText.hash(token)
    let call = CallContext(module: scope, caller: .system, requestID: "", method: "admit")
    let (row, now) = try loop.reader.read(call: call) { snapshot in
      (try AccessStore.token(hash: hash, in: snapshot), snapshot.now)
    }
    guard let row, row.revokedAt == nil, row.expiresAt.map({ $0 > now }) ?? true else { throw Self.invalid }
    let roles = row.roles.union(.authenticated)
    let credential = Credential(
      tokenID: row.id,
      caller: Caller(
        id: row.principalID, name: row.principalName, roles: roles.rawValue,
        organisationID: row.organisationID,
        areaCode: row.areaCode),
      roles: roles, expiresAt: row.expiresAt)
    loop.credentials.store(
      credential, for: header, generation: generation,
      holdsMilliseconds: row.expiresAt.map { $0.milliseconds - now.milliseconds })
    uses.seen(row.id, at: now)
    return credential
  }

  private static let missing = Status(
    .unauthenticated,
    "send the metadata 'authorization: Bearer TOKEN'; an administrator makes tokens with 'yizhan access create-token'",
    reason: "TOKEN_MISSING", messageChinese: "请在元数据中提供 authorization: Bearer 令牌;令牌由管理员创建")
  private static let invalid = Status(
    .unauthenticated,
    "the token is not valid on this host: unknown, expired or revoked; ask an administrator for another",
    reason: "TOKEN_INVALID", messageChinese: "令牌在此服务器上无效:未知、已过期或已吊销;请向管理员索取")

  /// What a caller is told whose token does not carry a role that the method wants.
  static func denied(_ method: MethodDescriptor) -> Status {
    let names = method.policy.roles.names
    return Status(
      .permissionDenied,
      "the token carries none of the roles that \(method.path) is for: "
        + (names.isEmpty ? "administrator" : names.joined(separator: ", ")),
      reason: "ROLE_MISSING", messageChinese: "此令牌不具有调用该方法所需的角色")
  }
}

extension Roles {
  /// The roles' names, in the order of their numbers.
  var names: [String] {
    let all = ["administrator", "staff", "platform", "partner", "auditor", "authenticated", "anyone"]
    return all.enumerated().filter { contains(Roles(rawValue: 2 << UInt32($0.offset))) }.map(\.element)
  }
}
