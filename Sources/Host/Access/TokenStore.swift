import ModuleKit

/// A row of `access_token`.
struct TokenRow: Sendable {
  var id: String
  var principalID: String
  var createdAt: Instant
  var expiresAt: Instant?
  var revokedAt: Instant?
  var lastUsedAt: Instant?
  /// The end that an administrator chose, for the token and for those that replace it; nil where none was chosen.
  var chosenEnd: Instant?

  /// Whether the token is neither revoked nor expired; its principal may be disabled nevertheless.
  func isValid(at time: Instant) -> Bool { revokedAt == nil && expiresAt.map { $0 > time } ?? true }

  fileprivate init(_ row: Row) {
    id = row.text(0)
    principalID = row.text(1)
    createdAt = row.instant(2)
    expiresAt = row.optionalInstant(3)
    revokedAt = row.optionalInstant(4)
    lastUsedAt = row.optionalInstant(5)
    chosenEnd = row.optionalInstant(6)
  }
}

/// The table of tokens.
enum TokenStore {
  /// The token with this hash, valid or not.
  static func token(hash: [UInt8], in snapshot: Snapshot) throws -> TokenRow? {
    var query = select
    query.append(" WHERE t.hash = ?", hash)
    return try snapshot.first(query, read: TokenRow.init)
  }

  /// The token with this identifier.
  static func token(id: String, in snapshot: Snapshot) throws -> TokenRow? {
    var query = select
    query.append(" WHERE t.id = ?", id)
    return try snapshot.first(query, read: TokenRow.init)
  }

  /// Tokens, the latest first: identifiers are ordered by time.
  /// - Parameters:
  ///   - before: The last identifier of the page before; nil for the first page.
  ///   - reach: Only tokens of principals who act within it.
  static func tokens(
    before: String?, principalName: String, includeInvalid: Bool, reach: Reach, limit: Int,
    in snapshot: Snapshot
  ) throws -> [TokenRow] {
    var query = select
    query.append(" JOIN access_principal p ON p.id = t.principal_id WHERE 1 = 1")
    PrincipalStore.appendReach(reach, to: &query)
    if let before { query.append(" AND t.id < ?", before) }
    if !principalName.isEmpty { query.append(" AND p.name = ?", principalName) }
    if !includeInvalid {
      query.append(
        " AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?)", snapshot.now)
    }
    query.append(" ORDER BY t.id DESC LIMIT ?", limit)
    return try snapshot.all(query, read: TokenRow.init)
  }

  /// Keeps a new token.
  static func insert(
    hash: [UInt8], principalID: String, expiresAt: Instant?, chosenEnd: Instant? = nil,
    in transaction: Transaction
  ) throws -> String {
    let id = transaction.makeID()
    try transaction.execute(
      """
      INSERT INTO access_token (id, principal_id, hash, created_at, created_by, expires_at, chosen_end)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """, id, principalID, hash, transaction.now, transaction.caller.id, expiresAt, chosenEnd)
    return id
  }

  /// How many tokens of a principal are valid.
  static func validCount(ofPrincipal id: String, in snapshot: Snapshot) throws -> Int {
    try snapshot.first(
      """
      SELECT COUNT(*) FROM access_token
      WHERE principal_id = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
      """, id, snapshot.now, read: { $0.int(0) }) ?? 0
  }

  /// Until when a token is valid of some administrator who is bound to no area, the way in for those who can let
  /// everybody else in: the end of all time for one that does not expire, nil where there is none.
  static func administratorsEnd(in snapshot: Snapshot) throws -> Instant? {
    let end = try snapshot.first(
      """
      SELECT MAX(COALESCE(t.expires_at, ?)) FROM access_token t JOIN access_principal p ON p.id = t.principal_id
      WHERE p.roles & ? <> 0 AND p.disabled_at IS NULL AND t.revoked_at IS NULL
        AND (t.expires_at IS NULL OR t.expires_at > ?)
        AND NOT EXISTS (SELECT 1 FROM access_principal_area a WHERE a.principal_id = p.id)
      """, Instant(milliseconds: .max), Int64(Roles.administrator.rawValue), snapshot.now,
      read: { $0.optionalInstant(0) })
    return end ?? nil
  }

  /// Whether any token was ever made.
  static func isEmpty(in snapshot: Snapshot) throws -> Bool {
    try snapshot.first("SELECT 1 FROM access_token LIMIT 1", read: { _ in true }) == nil
  }

  /// Drops a token as if it had never been.
  static func delete(hash: [UInt8], in transaction: Transaction) throws {
    try transaction.execute("DELETE FROM access_token WHERE hash = ?", hash)
  }

  /// Revokes a token.
  static func revoke(id: String, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE access_token SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL",
      transaction.now, transaction.caller.id, id)
  }

  /// Revokes the valid tokens of a principal.
  /// - Returns: how many there were.
  static func revokeAll(ofPrincipal id: String, in transaction: Transaction) throws -> Int {
    let count = try validCount(ofPrincipal: id, in: transaction)
    try transaction.execute(
      "UPDATE access_token SET revoked_at = ?, revoked_by = ? WHERE principal_id = ? AND revoked_at IS NULL",
      transaction.now, transaction.caller.id, id)
    return count
  }

  /// Lets a token end at a time, unless it ends before.
  static func expire(id: String, at time: Instant, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE access_token SET expires_at = ? WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)", time,
      id, time)
  }

  /// Notes when a token was last seen; never moves it back.
  /// - Returns: whether there is such a token and the time is news.
  @discardableResult
  static func touch(id: String, at time: Instant, in transaction: Transaction) throws -> Bool {
    try transaction.execute(
      "UPDATE access_token SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)",
      time, id, time) > 0
  }

  private static let select = Query(
    """
    SELECT t.id, t.principal_id, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, t.chosen_end
    FROM access_token t
    """)
}
