import ModuleKit

/// A row of `access_principal` with its areas.
struct PrincipalRow: Sendable, Equatable {
  var id: String
  var version: Int64 = 1
  var kind: PrincipalKind
  var name: String
  var roles: Roles
  var organisationID: String?
  /// In order, none within another; empty for everywhere.
  var areaCodes: [String]
  var disabledAt: Instant?
  var createdAt: Instant
  var updatedAt: Instant

  /// Whether all that the principal acts in lies within reach, so that who has the reach may see and manage it.
  func isWithin(_ reach: Reach) -> Bool {
    if reach == .everything { return true }
    return !areaCodes.isEmpty && areaCodes.allSatisfy { reach.includes(area: $0) }
  }
}

extension PrincipalRow {
  /// Reads the columns that `PrincipalStore` selects, in their order, but for the areas.
  fileprivate init(_ row: Row) {
    id = row.text(0)
    version = row.int64(1)
    kind = PrincipalKind(rawValue: Int32(truncatingIfNeeded: row.int64(2)))
    name = row.text(3)
    roles = Roles(rawValue: UInt32(truncatingIfNeeded: row.int64(4)))
    organisationID = row.optionalText(5)
    areaCodes = []
    disabledAt = row.optionalInstant(6)
    createdAt = row.instant(7)
    updatedAt = row.instant(8)
  }
}

/// The tables of principals and their areas.
enum PrincipalStore {
  /// The principal of an identifier.
  static func principal(id: String, in snapshot: Snapshot) throws -> PrincipalRow? {
    var query = select
    query.append(" AND p.id = ?", id)
    return try withAreas(try snapshot.first(query, read: PrincipalRow.init), in: snapshot)
  }

  /// The principal of a name.
  static func principal(named name: String, in snapshot: Snapshot) throws -> PrincipalRow? {
    var query = select
    query.append(" AND p.name = ?", name)
    return try withAreas(try snapshot.first(query, read: PrincipalRow.init), in: snapshot)
  }

  /// Which principals a list holds.
  struct Filter {
    /// What whoever lists them reaches.
    var reach: Reach
    /// Empty for any.
    var name = ""
    /// Empty for any.
    var organisationID = ""
    /// Unspecified for any.
    var kind: PrincipalKind = .unspecified
  }

  /// Principals, the latest first: identifiers are ordered by time.
  /// - Parameter before: The last identifier of the page before; nil for the first page.
  static func principals(_ filter: Filter, before: String?, limit: Int, in snapshot: Snapshot) throws
    -> [PrincipalRow]
  {
    var query = select
    appendReach(filter.reach, to: &query)
    if let before { query.append(" AND p.id < ?", before) }
    if !filter.name.isEmpty { query.append(" AND p.name = ?", filter.name) }
    if !filter.organisationID.isEmpty { query.append(" AND p.organisation_id = ?", filter.organisationID) }
    if filter.kind != .unspecified { query.append(" AND p.kind = ?", filter.kind.rawValue) }
    query.append(" ORDER BY p.id DESC LIMIT ?", limit)
    return try snapshot.all(query, read: PrincipalRow.init).map { row in
      var row = row
      row.areaCodes = try areaCodes(of: row.id, in: snapshot)
      return row
    }
  }

  /// Keeps a query over `access_principal p` to those who act within reach and nowhere else.
  static func appendReach(_ reach: Reach, to query: inout Query) {
    if reach == .everything { return }
    query.append(
      """
       AND EXISTS (SELECT 1 FROM access_principal_area a WHERE a.principal_id = p.id)
       AND NOT EXISTS (SELECT 1 FROM access_principal_area a WHERE a.principal_id = p.id AND NOT (1 = 1
      """)
    query.append(reach, area: "a.area_code")
    query.append("))")
  }

  /// The areas of a principal, in order.
  static func areaCodes(of id: String, in snapshot: Snapshot) throws -> [String] {
    try snapshot.all(
      "SELECT area_code FROM access_principal_area WHERE principal_id = ? ORDER BY area_code", id
    ) { $0.text(0) }
  }

  /// Adds a principal.
  static func insert(_ row: PrincipalRow, in transaction: Transaction) throws {
    try transaction.execute(
      """
      INSERT INTO access_principal (id, version, kind, name, roles, organisation_id, disabled_at, created_at,
        created_by, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, row.id, row.version, row.kind.rawValue, row.name, Int64(row.roles.rawValue), row.organisationID,
      row.disabledAt, row.createdAt, transaction.caller.id, row.updatedAt)
    try insertAreas(row, in: transaction)
  }

  /// Writes what can change of a principal.
  static func update(_ row: PrincipalRow, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE access_principal SET version = ?, roles = ?, disabled_at = ?, updated_at = ? WHERE id = ?",
      row.version, Int64(row.roles.rawValue), row.disabledAt, row.updatedAt, row.id)
    try transaction.execute("DELETE FROM access_principal_area WHERE principal_id = ?", row.id)
    try insertAreas(row, in: transaction)
  }

  /// Whether an administrator who is not disabled belongs to an organisation.
  static func hasAdministrators(ofOrganisation id: String, in snapshot: Snapshot) throws -> Bool {
    try snapshot.first(
      "SELECT 1 FROM access_principal WHERE organisation_id = ? AND disabled_at IS NULL AND roles & ? <> 0",
      id, Int64(Roles.administrator.rawValue), read: { _ in true }) ?? false
  }

  /// Disables the principals of an organisation.
  static func disableAll(ofOrganisation id: String, in transaction: Transaction) throws {
    try transaction.execute(
      """
      UPDATE access_principal SET version = version + 1, disabled_at = ?, updated_at = ?
      WHERE organisation_id = ? AND disabled_at IS NULL
      """, transaction.now, transaction.now, id)
  }

  private static func insertAreas(_ row: PrincipalRow, in transaction: Transaction) throws {
    for code in row.areaCodes {
      try transaction.execute(
        "INSERT INTO access_principal_area (principal_id, area_code) VALUES (?, ?)", row.id, code)
    }
  }

  private static func withAreas(_ row: PrincipalRow?, in snapshot: Snapshot) throws -> PrincipalRow? {
    guard var row else { return nil }
    row.areaCodes = try areaCodes(of: row.id, in: snapshot)
    return row
  }

  private static let select = Query(
    """
    SELECT p.id, p.version, p.kind, p.name, p.roles, p.organisation_id, p.disabled_at, p.created_at, p.updated_at
    FROM access_principal p WHERE 1 = 1
    """)
}
