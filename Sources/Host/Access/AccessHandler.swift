import ModuleKit

/// Serves `yizhan.access.v1.AccessService`.
struct AccessHandler: AccessServiceHandler {
  let tokenLifetimeDays: Int
  /// The roles that a token can carry.
  private static let grantable: Roles = [.administrator, .staff, .platform, .partner, .auditor]

  func createToken(_ request: CreateTokenRequest, _ transaction: Transaction) throws -> CreateTokenResponse {
    let (token, secret) = try makeToken(request, transaction)
    return CreateTokenResponse(token: token, secret: secret)
  }

  /// Makes a token and returns what is kept of it and, apart, the token itself.
  func makeToken(_ request: CreateTokenRequest, _ transaction: Transaction) throws -> (Token, String) {
    var roles: Roles = []
    for role in request.roles {
      guard (1..<32).contains(role.rawValue) else { throw AccessError.roleInvalid(role.rawValue) }
      let bit = Roles(rawValue: 1 << UInt32(role.rawValue))
      guard Self.grantable.contains(bit) else { throw AccessError.roleInvalid(role.rawValue) }
      roles.insert(bit)
    }
    let name = request.principalName
    guard name.first != " ", name.last != " ",
      !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { throw AccessError.principalNameInvalid }
    let secret = TokenText.make()
    let row = try AccessStore.insert(
      hash: TokenText.hash(secret.utf8), principalName: name, roles: roles,
      organisationID: request.organisationID.isEmpty ? nil : request.organisationID,
      areaCode: request.areaCode.isEmpty ? nil : request.areaCode,
      expiresAt: try expiry(request.expireTime, now: transaction.now), in: transaction)
    guard let row else { throw AccessError.tokenUnknown }
    return (Token(row), secret)
  }

  private func expiry(_ wanted: ProtoTimestamp?, now: Instant) throws -> Instant {
    guard let wanted else { return now + .seconds(tokenLifetimeDays * 86_400) }
    guard let instant = Instant(wanted) else { throw AccessError.expiryInvalid }
    guard instant > now else { throw AccessError.expiryInPast }
    guard instant <= now + .seconds(3_653 * 86_400) else { throw AccessError.expiryTooFar }
    return instant
  }

  func listTokens(_ request: ListTokensRequest, _ snapshot: Snapshot) throws -> ListTokensResponse {
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: [request.principalName, request.includeInvalid ? "all" : "valid"])
    var rows = try AccessStore.tokens(
      before: page.cursor.first, principalName: request.principalName, includeInvalid: request.includeInvalid,
      limit: page.limit + 1, in: snapshot)
    let next = page.cut(&rows) { [$0.id] }
    return ListTokensResponse(tokens: rows.map { Token($0) }, nextPageToken: next)
  }

  func revokeToken(_ request: RevokeTokenRequest, _ transaction: Transaction) throws -> Token {
    guard let row = try AccessStore.token(id: request.tokenID, in: transaction) else {
      throw AccessError.tokenUnknown
    }
    let isValid = row.revokedAt == nil && row.expiresAt.map { $0 > transaction.now } ?? true
    if isValid, row.roles.contains(.administrator), try AccessStore.validAdministrators(in: transaction) == 1
    {
      throw AccessError.lastAdministrator
    }
    try AccessStore.revoke(id: row.id, in: transaction)
    guard let revoked = try AccessStore.token(id: row.id, in: transaction) else {
      throw AccessError.tokenUnknown
    }
    return Token(revoked)
  }

  func getCaller(_ request: GetCallerRequest, _ snapshot: Snapshot) throws -> CallerIdentity {
    let caller = snapshot.caller
    return CallerIdentity(
      principalID: caller.id, principalName: caller.name, roles: Roles(rawValue: caller.roles).protoRoles,
      organisationID: caller.organisationID ?? "", areaCode: caller.areaCode ?? "")
  }
}

extension Roles {
  /// The roles of a credential, as its proto lists them.
  fileprivate var protoRoles: [Role] {
    (1...5).filter { contains(Roles(rawValue: 1 << UInt32($0))) }.map { Role(rawValue: Int32($0)) }
  }
}

extension Token {
  fileprivate init(_ row: AccessStore.TokenRow) {
    self.init(
      id: row.id, principalID: row.principalID, principalName: row.principalName, roles: row.roles.protoRoles,
      organisationID: row.organisationID ?? "", areaCode: row.areaCode ?? "",
      createTime: ProtoTimestamp(row.createdAt), expireTime: row.expiresAt.map { ProtoTimestamp($0) },
      revokeTime: row.revokedAt.map { ProtoTimestamp($0) },
      lastUseTime: row.lastUsedAt.map { ProtoTimestamp($0) })
  }
}
