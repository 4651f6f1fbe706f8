import ModuleKit

/// A row of `access_certificate`.
struct CertificateRow: Sendable {
  var id: String
  var principalID: String
  var keyHash: [UInt8]
  var label: String
  var createdAt: Instant
  var lastUsedAt: Instant?

  fileprivate init(_ row: Row) {
    id = row.text(0)
    principalID = row.text(1)
    keyHash = row.bytes(2)
    label = row.text(3)
    createdAt = row.instant(4)
    lastUsedAt = row.optionalInstant(5)
  }
}

/// The table of certificates that are bound to principals.
enum CertificateStore {
  /// The binding of a key.
  static func certificate(keyHash: [UInt8], in snapshot: Snapshot) throws -> CertificateRow? {
    var query = select
    query.append(" WHERE key_hash = ?", keyHash)
    return try snapshot.first(query, read: CertificateRow.init)
  }

  /// The binding of an identifier.
  static func certificate(id: String, in snapshot: Snapshot) throws -> CertificateRow? {
    var query = select
    query.append(" WHERE id = ?", id)
    return try snapshot.first(query, read: CertificateRow.init)
  }

  /// The bindings of a principal, the latest first.
  static func certificates(ofPrincipal id: String, before: String?, limit: Int, in snapshot: Snapshot) throws
    -> [CertificateRow]
  {
    var query = select
    query.append(" WHERE principal_id = ?", id)
    if let before { query.append(" AND id < ?", before) }
    query.append(" ORDER BY id DESC LIMIT ?", limit)
    return try snapshot.all(query, read: CertificateRow.init)
  }

  /// How many keys are bound to a principal.
  static func count(ofPrincipal id: String, in snapshot: Snapshot) throws -> Int {
    try snapshot.first("SELECT COUNT(*) FROM access_certificate WHERE principal_id = ?", id) { $0.int(0) }
      ?? 0
  }

  /// Binds a key.
  static func insert(_ keyHash: [UInt8], to principalID: String, label: String, in transaction: Transaction)
    throws -> String
  {
    let id = transaction.makeID()
    try transaction.execute(
      """
      INSERT INTO access_certificate (id, principal_id, key_hash, label, created_at, created_by)
      VALUES (?, ?, ?, ?, ?, ?)
      """, id, principalID, keyHash, label, transaction.now, transaction.caller.id)
    return id
  }

  /// Unbinds a key.
  static func delete(id: String, in transaction: Transaction) throws {
    try transaction.execute("DELETE FROM access_certificate WHERE id = ?", id)
  }

  /// Unbinds all keys of a principal.
  /// - Returns: how many there were.
  static func deleteAll(ofPrincipal id: String, in transaction: Transaction) throws -> Int {
    try transaction.execute("DELETE FROM access_certificate WHERE principal_id = ?", id)
  }

  /// Notes when a certificate was last seen; never moves it back.
  static func touch(id: String, at time: Instant, in transaction: Transaction) throws {
    try transaction.execute(
      """
      UPDATE access_certificate SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)
      """, time, id, time)
  }

  private static let select = Query(
    "SELECT id, principal_id, key_hash, label, created_at, last_used_at FROM access_certificate")
}
