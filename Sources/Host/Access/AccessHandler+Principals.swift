import ModuleKit

// Principals.
extension AccessHandler {
  /// The roles that a principal can have.
  private static let grantable: Roles = [.administrator, .staff, .platform, .partner, .auditor]

  func createPrincipal(_ request: CreatePrincipalRequest, _ transaction: Transaction) throws -> Principal {
    guard try PrincipalStore.principal(named: request.name, in: transaction) == nil else {
      throw AccessError.principalNameTaken
    }
    let row = try draft(
      name: request.name, kind: request.kind, roles: request.roles, organisationID: request.organisationID,
      areaCodes: request.areaCodes, transaction)
    try PrincipalStore.insert(row, in: transaction)
    transaction.subject = row.id
    return try view(row, transaction)
  }

  /// A new principal, checked against what the caller may make.
  func draft(
    name: String, kind: PrincipalKind, roles: [Role], organisationID: String, areaCodes: [String],
    _ transaction: Transaction
  ) throws -> PrincipalRow {
    guard name.first != " ", name.last != " ",
      !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { throw AccessError.principalNameInvalid }
    let roles = try Self.roles(roles)
    let reach = transaction.reach
    let row = PrincipalRow(
      id: transaction.makeID(), kind: kind == .unspecified ? PrincipalKind(roles) : kind, name: name,
      roles: roles, organisationID: organisationID.isEmpty ? nil : organisationID,
      areaCodes: try Self.areaCodes(areaCodes), createdAt: transaction.now, updatedAt: transaction.now)
    try requireOrganisation(of: row, within: reach, transaction)
    guard row.isWithin(reach) else { throw AccessError.reachesFurther }
    return row
  }

  func getPrincipal(_ request: GetPrincipalRequest, _ snapshot: Snapshot) throws -> Principal {
    try view(try principal(request.principalID, in: snapshot), snapshot)
  }

  func listPrincipals(_ request: ListPrincipalsRequest, _ snapshot: Snapshot) throws -> ListPrincipalsResponse
  {
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: ["principals", request.name, request.organisationID, "\(request.kind.rawValue)"])
    let filter = PrincipalStore.Filter(
      reach: snapshot.reach, name: request.name, organisationID: request.organisationID, kind: request.kind)
    var rows = try PrincipalStore.principals(
      filter, before: page.cursor.first, limit: page.limit + 1, in: snapshot)
    let next = page.cut(&rows) { [$0.id] }
    return ListPrincipalsResponse(principals: try rows.map { try view($0, snapshot) }, nextPageToken: next)
  }

  func updatePrincipal(_ request: UpdatePrincipalRequest, _ transaction: Transaction) throws -> Principal {
    var row = try principal(request.principalID, in: transaction)
    guard request.etag.isEmpty || request.etag == "\(row.version)" else { throw AccessError.etagStale }
    if !request.roles.isEmpty { row.roles = try Self.roles(request.roles) }
    if let areas = request.areas { row.areaCodes = try Self.areaCodes(areas.areaCodes) }
    if let disabled = request.disabled, disabled != (row.disabledAt != nil) {
      row.disabledAt = disabled ? transaction.now : nil
    }
    let reach = transaction.reach
    guard row.isWithin(reach) else { throw AccessError.reachesFurther }
    // Whoever manages a principal may stop it, whatever it acts for; anything else may give it more.
    if !request.roles.isEmpty || request.areas != nil || request.disabled == false {
      try requireOrganisation(of: row, within: reach, transaction)
    }
    row.version += 1
    row.updatedAt = transaction.now
    transaction.subject = row.id
    try keepingAnAdministrator(transaction) { try PrincipalStore.update(row, in: transaction) }
    return try view(row, transaction)
  }

  func revokeAllCredentials(_ request: RevokeAllCredentialsRequest, _ transaction: Transaction) throws
    -> RevokeAllCredentialsResponse
  {
    let row = try principal(request.principalID, in: transaction)
    transaction.subject = row.id
    return try keepingAnAdministrator(transaction) {
      RevokeAllCredentialsResponse(
        revokedTokens: Int32(try TokenStore.revokeAll(ofPrincipal: row.id, in: transaction)),
        unboundCertificates: Int32(try CertificateStore.deleteAll(ofPrincipal: row.id, in: transaction)))
    }
  }

  /// A principal that the caller may see and manage.
  /// - Throws: `AccessError.principalUnknown`, also for one that acts outside of the caller's areas.
  func principal(_ id: String, in snapshot: Snapshot) throws -> PrincipalRow {
    let reach = snapshot.reach
    guard let row = try PrincipalStore.principal(id: id, in: snapshot), row.isWithin(reach) else {
      throw AccessError.principalUnknown
    }
    return row
  }

  /// A principal as replies show it.
  func view(_ row: PrincipalRow, _ snapshot: Snapshot) throws -> Principal {
    Principal(
      row, validTokens: try TokenStore.validCount(ofPrincipal: row.id, in: snapshot),
      certificates: try CertificateStore.count(ofPrincipal: row.id, in: snapshot))
  }

  /// The roles of a request as a set.
  /// - Throws: `AccessError.roleInvalid`.
  static func roles(_ requested: [Role]) throws -> Roles {
    var roles: Roles = []
    for role in requested {
      guard (1..<32).contains(role.rawValue) else { throw AccessError.roleInvalid(role.rawValue) }
      let bit = Roles(rawValue: 1 << UInt32(role.rawValue))
      guard grantable.contains(bit) else { throw AccessError.roleInvalid(role.rawValue) }
      roles.insert(bit)
    }
    return roles
  }

  /// The areas of a request, in order, none within another. A code that stands for no area would bind a principal to
  /// nothing, and dropping it could bind it to nothing less than everything.
  private static func areaCodes(_ requested: [String]) throws -> [String] {
    guard requested.allSatisfy({ AreaCode($0) != nil }) else { throw AccessError.areaInvalid }
    return AreaCode.outermost(requested).map(\.text)
  }

  /// Checks that a principal may be given what it acts with: its organisation, if it has one, is in the register, within
  /// reach and open. One that lies elsewhere is refused as if it were not there. To act for it is to reach what is its
  /// own, so who administers a district gives that away for organisations of the district alone.
  func requireOrganisation(of principal: PrincipalRow, within reach: Reach, _ snapshot: Snapshot) throws {
    guard let id = principal.organisationID, let directory = organisations.value else { return }
    guard let organisation = try directory.organisation(id, in: snapshot),
      reach.includes(area: organisation.areaCode)
    else { throw AccessError.organisationUnknown }
    guard organisation.isActive else { throw AccessError.organisationClosed }
  }
}

extension Principal {
  /// A principal as replies show it.
  init(_ row: PrincipalRow, validTokens: Int, certificates: Int) {
    self.init(
      id: row.id, etag: "\(row.version)", kind: row.kind, name: row.name, roles: row.roles.protoRoles,
      organisationID: row.organisationID ?? "", areaCodes: row.areaCodes, disabled: row.disabledAt != nil,
      createTime: ProtoTimestamp(row.createdAt), updateTime: ProtoTimestamp(row.updatedAt),
      validTokens: Int32(validTokens), certificates: Int32(certificates))
  }
}

extension PrincipalKind {
  /// What a principal is that has these roles and of whom nobody says more.
  fileprivate init(_ roles: Roles) {
    if roles.contains(.administrator) {
      self = .administrator
    } else if roles.contains(.platform) {
      self = .platformSystem
    } else if roles.contains(.partner) {
      self = .partnerSystem
    } else {
      self = roles.contains(.staff) ? .staffMember : .serviceAccount
    }
  }
}

extension Roles {
  /// The roles of a principal, as its proto lists them.
  var protoRoles: [Role] {
    (1...5).filter { contains(Roles(rawValue: 1 << UInt32($0))) }.map { Role(rawValue: Int32($0)) }
  }
}
