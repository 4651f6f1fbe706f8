import ModuleKit

/// The table of organisations, read.
struct OrganisationStore {
  let snapshot: Snapshot

  /// The organisation of an identifier.
  func organisation(_ id: String) throws -> Organisation? {
    var query = OrganisationStore.select
    query.append(" WHERE id = ?", id)
    return try snapshot.first(query, read: OrganisationStore.organisation)
  }

  /// The organisation that a row of an import means: by identifier, by credit code, by full name. A name that
  /// several organisations have means none of them.
  func organisation(named text: String) throws -> Organisation? {
    if TextFormat.uuid.admits(text) { return try organisation(text.lowercased()) }
    if let code = CreditCode.normalised(text) {
      var query = OrganisationStore.select
      query.append(" WHERE credit_code = ?", code)
      return try snapshot.first(query, read: OrganisationStore.organisation)
    }
    var query = OrganisationStore.select
    query.append(" WHERE name = ? ORDER BY id LIMIT 2", text)
    let found = try snapshot.all(query, read: OrganisationStore.organisation)
    return found.count == 1 ? found[0] : nil
  }

  /// Which organisations a list holds.
  struct Filter {
    /// Only this kind; `.unspecified` for all.
    var kind: OrganisationKind
    /// Only in this area and those below it.
    var area: AreaCode?
    /// Only names that hold this text; empty for all.
    var nameContains: String
    /// Only in this state.
    var state: Organisation.State
  }

  /// Organisations in the order that they were added.
  func organisations(_ filter: Filter, after id: String, limit: Int) throws -> [Organisation] {
    var query = OrganisationStore.select
    query.append(" WHERE id > ? AND state = ?", id, filter.state.rawValue)
    if filter.kind != .unspecified { query.append(" AND kind = ?", filter.kind.rawValue) }
    if let area = filter.area {
      query.append(" AND area_code >= ? AND area_code < ?", area.lowerBound, area.upperBound)
    }
    if !filter.nameContains.isEmpty {
      let pattern = LikePattern.containing(filter.nameContains)
      query.append(" AND (name LIKE ? ESCAPE '\\' OR short_name LIKE ? ESCAPE '\\')", pattern, pattern)
    }
    query.append(" ORDER BY id LIMIT ?", limit)
    return try snapshot.all(query, read: OrganisationStore.organisation)
  }

  /// Whether another organisation has a credit code.
  func isTaken(creditCode: String, otherThan id: String) throws -> Bool {
    try snapshot.first(
      "SELECT 1 FROM workers_organisation WHERE credit_code = ? AND id <> ?", creditCode, id
    ) { _ in true } ?? false
  }

  /// Whether another organisation of the kind has a name in an area.
  func isTaken(name: String, kind: OrganisationKind, areaCode: String, otherThan id: String) throws -> Bool {
    try snapshot.first(
      "SELECT 1 FROM workers_organisation WHERE name = ? AND kind = ? AND area_code = ? AND id <> ?", name,
      kind.rawValue, areaCode, id
    ) { _ in true } ?? false
  }

  /// Whether workers are employed with an organisation now.
  func hasWorkers(_ id: String) throws -> Bool {
    try snapshot.first(
      "SELECT 1 FROM workers_employment WHERE organisation_id = ? AND state = 1 LIMIT 1", id
    ) { _ in true } ?? false
  }

  private static let select = Query(
    """
    SELECT id, kind, name, short_name, credit_code, area_code, address, phone, contact_name, contact_phone,
      state, version, create_time, update_time
    FROM workers_organisation
    """)

  private static func organisation(_ row: Row) -> Organisation {
    Organisation(
      id: row.text(0), kind: OrganisationKind(rawValue: Int32(row.int(1))), name: row.text(2),
      shortName: row.text(3), creditCode: row.optionalText(4) ?? "", areaCode: row.text(5),
      address: row.text(6), phone: row.text(7), contactName: row.text(8), contactPhone: row.text(9),
      state: Organisation.State(rawValue: Int32(row.int(10))), createTime: ProtoTimestamp(row.instant(12)),
      updateTime: ProtoTimestamp(row.instant(13)), etag: String(row.int64(11)))
  }
}

/// The table of organisations, written.
struct OrganisationWriter {
  let transaction: Transaction

  /// Adds an organisation; its times and version are made here.
  func insert(_ organisation: Organisation) throws {
    try transaction.execute(
      """
      INSERT INTO workers_organisation
        (id, kind, name, short_name, credit_code, area_code, address, phone, contact_name, contact_phone, state,
         version, create_time, update_time)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
      """,
      organisation.id, organisation.kind.rawValue, organisation.name, organisation.shortName,
      organisation.creditCode.nonEmpty, organisation.areaCode, organisation.address, organisation.phone,
      organisation.contactName, organisation.contactPhone, organisation.state.rawValue, transaction.now,
      transaction.now)
  }

  /// Changes everything but kind and times.
  func update(_ organisation: Organisation) throws {
    try transaction.execute(
      """
      UPDATE workers_organisation
      SET name = ?, short_name = ?, credit_code = ?, area_code = ?, address = ?, phone = ?, contact_name = ?,
        contact_phone = ?, state = ?, version = version + 1, update_time = ?
      WHERE id = ?
      """,
      organisation.name, organisation.shortName, organisation.creditCode.nonEmpty, organisation.areaCode,
      organisation.address, organisation.phone, organisation.contactName, organisation.contactPhone,
      organisation.state.rawValue, transaction.now, organisation.id)
  }
}

extension String {
  /// The text, or nil if it is empty: what a column that may be NULL holds.
  var nonEmpty: String? { isEmpty ? nil : self }
}
