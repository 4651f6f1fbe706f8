import ModuleKit

/// Serves `yizhan.access.v1.AccessService`: tokens here, principals and certificates in extensions.
struct AccessHandler: AccessServiceHandler {
  let tokenLifetimeDays: Int
  /// The register of organisations, if a module provides one.
  let organisations: OptionalCapability<any OrganisationDirectory>

  /// Valid tokens of a principal at most: the one in use, and the one that is to replace it.
  static let maximumValidTokens = 2
  /// How long a replaced token stays valid unless the request says otherwise.
  static let defaultGrace = Duration.seconds(86_400)
  /// How long some administrator of the whole host holds a valid token, at least, after a change that ends another.
  static let administratorsLeastTime = Duration.seconds(86_400)

  func createToken(_ request: CreateTokenRequest, _ transaction: Transaction) throws -> CreateTokenResponse {
    let (token, secret) = try makeToken(request, transaction)
    return CreateTokenResponse(token: token, secret: secret)
  }

  /// Makes a token, and its principal if there is none of the name, and returns what is kept of it and, apart, the
  /// token itself.
  func makeToken(_ request: CreateTokenRequest, _ transaction: Transaction) throws -> (Token, String) {
    let reach = transaction.reach
    let principal: PrincipalRow
    if let known = try PrincipalStore.principal(named: request.principalName, in: transaction) {
      guard known.isWithin(reach) else { throw AccessError.principalNameTaken }
      guard try matches(request, known) else { throw AccessError.principalDiffers }
      try requireOrganisation(of: known, within: reach, transaction)
      guard known.disabledAt == nil else { throw AccessError.principalDisabled }
      principal = known
    } else {
      guard !request.roles.isEmpty else { throw AccessError.rolesMissing }
      let draft = try draft(
        name: request.principalName, kind: .unspecified, roles: request.roles,
        organisationID: request.organisationID, areaCodes: request.areaCodes, transaction)
      try PrincipalStore.insert(draft, in: transaction)
      principal = draft
    }
    return try issue(
      to: principal, chosenEnd: try chosenEnd(request.expireTime, now: transaction.now), transaction)
  }

  /// Whether a request says nothing of a principal that is not so.
  private func matches(_ request: CreateTokenRequest, _ principal: PrincipalRow) throws -> Bool {
    try (request.roles.isEmpty || Self.roles(request.roles) == principal.roles)
      && (request.organisationID.isEmpty || request.organisationID == principal.organisationID)
      && (request.areaCodes.isEmpty
        || AreaCode.outermost(request.areaCodes).map(\.text).sorted() == principal.areaCodes.sorted())
  }

  /// Makes a token.
  /// - Parameter chosenEnd: the end that an administrator chose; nil for the host's default lifetime.
  private func issue(to principal: PrincipalRow, chosenEnd: Instant?, _ transaction: Transaction) throws
    -> (Token, String)
  {
    let count = try TokenStore.validCount(ofPrincipal: principal.id, in: transaction)
    guard count < Self.maximumValidTokens else { throw AccessError.tokenLimit(Self.maximumValidTokens) }
    let secret = TokenText.make()
    let usualEnd = transaction.now + .seconds(tokenLifetimeDays * 86_400)
    let id = try TokenStore.insert(
      hash: TokenText.hash(secret.utf8), principalID: principal.id, expiresAt: chosenEnd ?? usualEnd,
      chosenEnd: chosenEnd, in: transaction)
    transaction.subject = principal.id
    return (try token(id, transaction), secret)
  }

  func rotateToken(_ request: RotateTokenRequest, _ transaction: Transaction) throws -> CreateTokenResponse {
    let (token, secret) = try replaceToken(request, transaction)
    return CreateTokenResponse(token: token, secret: secret)
  }

  /// Makes a token in place of another one.
  func replaceToken(_ request: RotateTokenRequest, _ transaction: Transaction) throws -> (Token, String) {
    let isAdministrator = Roles(rawValue: transaction.caller.roles).contains(.administrator)
    let own = transaction.credentialID
    let wanted = request.tokenID.isEmpty ? own : request.tokenID
    // A principal's own token is its own wherever it acts; another's is within the caller's areas, or not there.
    let reach = Reach(scope: .area, roles: .administrator, caller: transaction.caller)
    guard let old = try TokenStore.token(id: wanted, in: transaction),
      let principal = try PrincipalStore.principal(id: old.principalID, in: transaction),
      principal.id == transaction.caller.id || (isAdministrator && principal.isWithin(reach))
    else { throw AccessError.tokenUnknown }
    guard old.isValid(at: transaction.now) else { throw AccessError.tokenEnded }
    let isOwn = principal.id == transaction.caller.id
    try requireOrganisation(of: principal, within: isOwn ? .everything : reach, transaction)
    guard principal.disabledAt == nil else { throw AccessError.principalDisabled }
    guard isAdministrator || request.expireTime == nil else { throw AccessError.expiryForAdministrators }
    // A chosen end holds for the tokens that follow too: else who gets one for a day could renew it for ever.
    let end = try chosenEnd(request.expireTime, now: transaction.now) ?? old.chosenEnd
    let grace = request.graceSeconds.map { Duration.seconds($0) } ?? Self.defaultGrace
    return try keepingAnAdministrator(transaction) {
      let made = try issue(to: principal, chosenEnd: end, transaction)
      try TokenStore.expire(id: old.id, at: transaction.now + grace, in: transaction)
      return made
    }
  }

  /// The end that a request chooses for a token; nil where it chooses none.
  private func chosenEnd(_ wanted: ProtoTimestamp?, now: Instant) throws -> Instant? {
    guard let wanted else { return nil }
    guard let instant = Instant(wanted) else { throw AccessError.expiryInvalid }
    guard instant > now else { throw AccessError.expiryInPast }
    guard instant <= now + .seconds(3_653 * 86_400) else { throw AccessError.expiryTooFar }
    return instant
  }

  func listTokens(_ request: ListTokensRequest, _ snapshot: Snapshot) throws -> ListTokensResponse {
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: [request.principalName, request.includeInvalid ? "all" : "valid"])
    var rows = try TokenStore.tokens(
      before: page.cursor.first, principalName: request.principalName,
      includeInvalid: request.includeInvalid, reach: snapshot.reach, limit: page.limit + 1, in: snapshot)
    let next = page.cut(&rows) { [$0.id] }
    return ListTokensResponse(tokens: try rows.map { try view($0, snapshot) }, nextPageToken: next)
  }

  func revokeToken(_ request: RevokeTokenRequest, _ transaction: Transaction) throws -> Token {
    let reach = transaction.reach
    guard let row = try TokenStore.token(id: request.tokenID, in: transaction),
      let principal = try PrincipalStore.principal(id: row.principalID, in: transaction),
      principal.isWithin(reach)
    else { throw AccessError.tokenUnknown }
    transaction.subject = principal.id
    try keepingAnAdministrator(transaction) { try TokenStore.revoke(id: row.id, in: transaction) }
    return try token(row.id, transaction)
  }

  func getCaller(_ request: GetCallerRequest, _ snapshot: Snapshot) throws -> CallerIdentity {
    let caller = snapshot.caller
    let principal = try PrincipalStore.principal(id: caller.id, in: snapshot)
    return CallerIdentity(
      principalID: caller.id, principalName: caller.name, roles: Roles(rawValue: caller.roles).protoRoles,
      organisationID: caller.organisationID ?? "", areaCodes: caller.areaCodes,
      kind: principal?.kind ?? .unspecified, credentialID: snapshot.credentialID)
  }

  private func token(_ id: String, _ snapshot: Snapshot) throws -> Token {
    guard let row = try TokenStore.token(id: id, in: snapshot) else { throw AccessError.tokenUnknown }
    return try view(row, snapshot)
  }

  private func view(_ row: TokenRow, _ snapshot: Snapshot) throws -> Token {
    guard let principal = try PrincipalStore.principal(id: row.principalID, in: snapshot) else {
      throw AccessError.tokenUnknown
    }
    return Token(
      id: row.id, principalID: principal.id, principalName: principal.name, roles: principal.roles.protoRoles,
      organisationID: principal.organisationID ?? "", areaCodes: principal.areaCodes,
      createTime: ProtoTimestamp(row.createdAt), expireTime: row.expiresAt.map { ProtoTimestamp($0) },
      revokeTime: row.revokedAt.map { ProtoTimestamp($0) },
      lastUseTime: row.lastUsedAt.map { ProtoTimestamp($0) })
  }

  /// Makes a change after which somebody must still be able to administer the whole host, for a day at least or, where
  /// that was not so before, for as long as before: a token that ends in a minute lets nobody make another in time.
  /// - Throws: `AccessError.lastAdministrator`, which undoes the change.
  func keepingAnAdministrator<Result>(_ transaction: Transaction, _ change: () throws -> Result) throws
    -> Result
  {
    let before = try TokenStore.administratorsEnd(in: transaction)
    let result = try change()
    guard let before else { return result }
    guard let after = try TokenStore.administratorsEnd(in: transaction),
      after >= min(before, transaction.now + Self.administratorsLeastTime)
    else { throw AccessError.lastAdministrator }
    return result
  }
}
