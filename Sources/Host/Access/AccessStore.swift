import ModuleKit

/// The SQL of tokens and principals.
enum AccessStore {
  /// A row of `access_token` with its principal's name.
  struct TokenRow: Sendable {
    var id: String
    var principalID: String
    var principalName: String
    var roles: Roles
    var organisationID: String?
    var areaCode: String?
    var createdAt: Instant
    var expiresAt: Instant?
    var revokedAt: Instant?
    var lastUsedAt: Instant?

    fileprivate init(_ row: Row) {
      id = row.text(0)
      principalID = row.text(1)
      principalName = row.text(2)
      roles = Roles(rawValue: UInt32(truncatingIfNeeded: row.int64(3)))
      organisationID = row.optionalText(4)
      areaCode = row.optionalText(5)
      createdAt = row.instant(6)
      expiresAt = row.optionalInstant(7)
      revokedAt = row.optionalInstant(8)
      lastUsedAt = row.optionalInstant(9)
    }
  }

  /// The token with this hash, valid or not.
  static func token(hash: [UInt8], in snapshot: Snapshot) throws -> TokenRow? {
    try snapshot.first(
      """
      SELECT t.id, t.principal_id, p.name, t.roles, t.organisation_id, t.area_code, t.created_at, t.expires_at,
        t.revoked_at, t.last_used_at
      FROM access_token t JOIN access_principal p ON p.id = t.principal_id WHERE t.hash = ?
      """, hash, read: TokenRow.init)
  }

  /// The token with this identifier.
  static func token(id: String, in snapshot: Snapshot) throws -> TokenRow? {
    try snapshot.first(
      """
      SELECT t.id, t.principal_id, p.name, t.roles, t.organisation_id, t.area_code, t.created_at, t.expires_at,
        t.revoked_at, t.last_used_at
      FROM access_token t JOIN access_principal p ON p.id = t.principal_id WHERE t.id = ?
      """, id, read: TokenRow.init)
  }

  /// Tokens, the latest first: identifiers are ordered by time.
  /// - Parameter before: The last identifier of the page before; nil for the first page.
  static func tokens(
    before: String?, principalName: String, includeInvalid: Bool, limit: Int, in snapshot: Snapshot
  ) throws -> [TokenRow] {
    var query = Query(
      """
      SELECT t.id, t.principal_id, p.name, t.roles, t.organisation_id, t.area_code, t.created_at, t.expires_at,
        t.revoked_at, t.last_used_at
      FROM access_token t JOIN access_principal p ON p.id = t.principal_id WHERE 1 = 1
      """)
    if let before { query.append(" AND t.id < ?", before) }
    if !principalName.isEmpty { query.append(" AND p.name = ?", principalName) }
    if !includeInvalid {
      query.append(
        " AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?)", snapshot.now)
    }
    query.append(" ORDER BY t.id DESC LIMIT ?", limit)
    return try snapshot.all(query, read: TokenRow.init)
  }

  /// The principal of this name, made if there is none.
  static func principal(named name: String, in transaction: Transaction) throws -> String {
    if let known = try transaction.first(
      "SELECT id FROM access_principal WHERE name = ?", name, read: { $0.text(0) })
    {
      return known
    }
    let id = transaction.makeID()
    try transaction.execute(
      "INSERT INTO access_principal (id, name, created_at) VALUES (?, ?, ?)", id, name, transaction.now)
    return id
  }

  /// Keeps a new token.
  static func insert(
    hash: [UInt8], principalName: String, roles: Roles, organisationID: String?, areaCode: String?,
    expiresAt: Instant?, in transaction: Transaction
  ) throws -> TokenRow? {
    let id = transaction.makeID()
    let principal = try principal(named: principalName, in: transaction)
    try transaction.execute(
      """
      INSERT INTO access_token (id, principal_id, hash, roles, organisation_id, area_code, created_at, created_by,
        expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, id, principal, hash, Int64(roles.rawValue), organisationID, areaCode, transaction.now,
      transaction.caller.id, expiresAt)
    return try token(id: id, in: transaction)
  }

  /// How many tokens of administrators hold, and hold longer than any other way in.
  static func validAdministrators(in snapshot: Snapshot) throws -> Int {
    try snapshot.first(
      """
      SELECT COUNT(*) FROM access_token
      WHERE roles & ? <> 0 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
      """, Int64(Roles.administrator.rawValue), snapshot.now, read: { $0.int(0) }) ?? 0
  }

  /// Whether any token was ever made.
  static func isEmpty(in snapshot: Snapshot) throws -> Bool {
    try snapshot.first("SELECT 1 FROM access_token LIMIT 1", read: { _ in true }) == nil
  }

  /// Revokes a token.
  static func revoke(id: String, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE access_token SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL",
      transaction.now, transaction.caller.id, id)
  }

  /// Notes when a token was last seen; never moves it back.
  static func touch(id: String, at time: Instant, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE access_token SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)",
      time, id, time)
  }
}
