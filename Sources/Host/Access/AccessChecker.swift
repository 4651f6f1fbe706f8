import ModuleKit

/// Checks the credential of a call, a token or a client certificate or both: from the loop's cache, else in the
/// database.
final class AccessChecker: Sendable {
  let generation: CredentialGeneration
  let uses: CredentialUses
  let scope: ModuleScope

  init(scope: ModuleScope, generation: CredentialGeneration, uses: CredentialUses) {
    self.scope = scope
    self.generation = generation
    self.uses = uses
  }

  /// The credential behind a call's `authorization` header or its client certificate.
  /// - Throws: `Status` UNAUTHENTICATED, with the same words for a token that is unknown, revoked, expired or of a
  ///   principal that is disabled; `StorageError` when it cannot be looked up.
  func credential(of call: any ServerCall, on loop: LoopState) throws -> Credential {
    let byToken = try call.withHeader("authorization") { header throws -> Credential? in
      guard let header else { return nil }
      let generation = generation(of: loop)
      if let known = loop.credentials.credential(for: header, generation: generation) { return known }
      return try look(up: header, generation, on: loop)
    }
    guard let identity = call.peerIdentity else {
      guard let byToken else { throw Self.missing }
      return byToken
    }
    let byCertificate = try credential(of: identity, on: loop)
    guard let byToken else {
      guard let byCertificate, byCertificate !== Self.ended else { throw Self.certificateUnknown }
      return byCertificate
    }
    // A key that is bound to nobody says nothing of the principal: where certificates are required, a new system
    // comes with a token and such a key, and so does the first administrator.
    guard byCertificate.map({ $0.caller.id == byToken.caller.id }) ?? true else { throw Self.disagreeing }
    return byToken
  }

  /// The generation of credentials that the loop's snapshot shows, or a later one. A snapshot that was taken before the
  /// last change is let go first: it still shows what was revoked, and an entry that was read from it must neither let
  /// a call in nor stay in the cache.
  private func generation(of loop: LoopState) -> UInt64 {
    let current = generation.current
    if loop.snapshotGeneration != current {
      loop.reader.endBatch()
      loop.snapshotGeneration = current
    }
    return current
  }

  private func look(
    up header: UnsafeBufferPointer<UInt8>, _ generation: UInt64, on loop: LoopState
  ) throws -> Credential {
    guard let token = TokenText.token(in: header) else { throw Self.invalid }
    let hash = TokenText.hash(token)
    let (found, now) = try loop.reader.read(call: context) {
      snapshot -> ((TokenRow, PrincipalRow)?, Instant) in
      guard let token = try TokenStore.token(hash: hash, in: snapshot), token.isValid(at: snapshot.now),
        let principal = try PrincipalStore.principal(id: token.principalID, in: snapshot)
      else { return (nil, snapshot.now) }
      return ((token, principal), snapshot.now)
    }
    guard let (token, principal) = found, principal.disabledAt == nil else { throw Self.invalid }
    let credential = Credential(id: token.id, principal: principal, generation: generation)
    loop.credentials.store(
      credential, for: header, generation: generation,
      holdsMilliseconds: token.expiresAt.map { $0.milliseconds - now.milliseconds })
    uses.seen(token.id, at: now)
    return credential
  }

  /// The credential of the principal that a certificate's key is bound to; nil for a key that is bound to none,
  /// `ended` for a certificate or a principal that counts no longer.
  private func credential(of identity: PeerIdentity, on loop: LoopState) throws -> Credential? {
    let generation = generation(of: loop)
    let known = identity.publicKeyHash.withUnsafeBufferPointer {
      loop.certificates.credential(for: $0, generation: generation)
    }
    if let known { return known === Self.unbound ? nil : known }
    let (found, now) = try loop.reader.read(call: context) {
      snapshot -> ((CertificateRow, PrincipalRow)?, Instant) in
      guard
        let certificate = try CertificateStore.certificate(keyHash: identity.publicKeyHash, in: snapshot),
        let principal = try PrincipalStore.principal(id: certificate.principalID, in: snapshot)
      else { return (nil, snapshot.now) }
      return ((certificate, principal), snapshot.now)
    }
    // A connection can outlive the certificate that it began with.
    let holds = identity.notAfterSeconds.multipliedReportingOverflow(by: 1_000)
    let holdsMilliseconds = holds.overflow ? nil : holds.partialValue - now.milliseconds
    func remember(_ credential: Credential) {
      identity.publicKeyHash.withUnsafeBufferPointer {
        loop.certificates.store(
          credential, for: $0, generation: generation, holdsMilliseconds: holdsMilliseconds)
      }
    }
    guard let (certificate, principal) = found else {
      remember(Self.unbound)
      return nil
    }
    guard principal.disabledAt == nil, holdsMilliseconds.map({ $0 >= 0 }) ?? true else { return Self.ended }
    let credential = Credential(id: certificate.id, principal: principal, generation: generation)
    remember(credential)
    uses.seen(certificate.id, at: now)
    return credential
  }

  /// What stands in the cache for a key that is bound to nobody, so that calls with a token beside it do not look it
  /// up again and again.
  private static let unbound = Credential(id: "", principal: nobody)
  /// The credential of a certificate that counts no longer. It belongs to nobody, so it agrees with no token.
  private static let ended = Credential(id: "", principal: nobody)
  private static let nobody = PrincipalRow(
    id: "", kind: .unspecified, name: "", roles: [], organisationID: nil, areaCodes: [],
    createdAt: Instant(milliseconds: 0), updatedAt: Instant(milliseconds: 0))

  private var context: CallContext {
    CallContext(module: scope, caller: .system, requestID: "", method: "admit")
  }

  private static let missing = Status(
    .unauthenticated,
    "send the metadata 'authorization: Bearer TOKEN'; an administrator makes tokens with 'yizhan access create-token'",
    reason: "TOKEN_MISSING", messageChinese: "请在元数据中提供 authorization: Bearer 令牌;令牌由管理员创建")
  private static let invalid = Status(
    .unauthenticated,
    "the token is not valid on this host: unknown, expired or revoked; ask an administrator for another",
    reason: "TOKEN_INVALID", messageChinese: "令牌在此服务器上无效:未知、已过期或已吊销;请向管理员索取")
  private static let certificateUnknown = Status(
    .unauthenticated,
    "the client's certificate is bound to nobody on this host and the call has no token; an administrator binds it with"
      + " 'yizhan access bind-certificate'",
    reason: "CERTIFICATE_UNKNOWN", messageChinese: "客户端证书未绑定任何主体,且请求未带令牌;请由管理员绑定证书")
  private static let disagreeing = Status(
    .unauthenticated,
    "the token and the client's certificate do not belong to the same principal; send one of them, or a pair that does",
    reason: "CREDENTIALS_DISAGREE", messageChinese: "令牌与客户端证书不属于同一主体;请只使用其一,或使用同一主体的令牌和证书")

  /// What a caller is told whose credential does not carry a role that the method wants.
  static func denied(_ method: MethodDescriptor) -> Status {
    let names = method.policy.roles.names
    return Status(
      .permissionDenied,
      "the token carries none of the roles that \(method.path) is for: "
        + (names.isEmpty ? "administrator" : names.joined(separator: ", ")),
      reason: "ROLE_MISSING", messageChinese: "此令牌不具有调用该方法所需的角色")
  }

  /// What a caller is told who is bound to areas and calls for what belongs to none.
  static func areaBound(_ method: MethodDescriptor) -> Status {
    Status(
      .permissionDenied,
      "\(method.path) deals with what is one for the whole host, and this credential is bound to an area; use one that"
        + " is not",
      reason: "AREA_BOUND", messageChinese: "该方法涉及整个服务器,而此凭证限于某一区域;请使用不限区域的凭证")
  }
}

extension Roles {
  /// The roles' names, in the order of their numbers.
  var names: [String] {
    let all = ["administrator", "staff", "platform", "partner", "auditor", "authenticated", "anyone"]
    return all.enumerated().filter { contains(Roles(rawValue: 2 << UInt32($0.offset))) }.map(\.element)
  }
}
