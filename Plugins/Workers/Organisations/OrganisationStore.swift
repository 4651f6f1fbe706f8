import ModuleKit

/// Who to ask for in an organisation: a person who is not registered, but has an identifier and a key of their own, so
/// that they can be erased and somebody else can take their place.
struct OrganisationVault: Sendable {
  let vault: Vault

  private static let label: StaticString = "workers_organisation.contact"

  /// Seals name and phone; nil if there is neither.
  func seal(_ organisation: Organisation, in transaction: Transaction) throws -> [UInt8]? {
    guard organisation.hasContact else { return nil }
    return try vault.seal(
      [organisation.contactName, organisation.contactPhone], of: organisation.contactPersonID, as: Self.label,
      in: transaction)
  }

  /// Destroys the key of a contact who is one no longer.
  func forget(_ person: String, in transaction: Transaction) throws {
    try vault.destroyKey(of: person, in: transaction)
  }

  /// Sets what `seal` sealed.
  func open(_ sealed: [UInt8], into organisation: inout Organisation, in snapshot: Snapshot) throws {
    let texts = try vault.openTexts(sealed, of: organisation.contactPersonID, as: Self.label, in: snapshot)
    guard texts.count == 2 else { return }
    organisation.contactName = texts[0]
    organisation.contactPhone = texts[1]
  }
}

/// The table of organisations, read.
struct OrganisationStore {
  let snapshot: Snapshot
  /// Opens who to ask for; nil where nobody asks.
  var vault: OrganisationVault?

  /// The organisation of an identifier.
  func organisation(_ id: String) throws -> Organisation? {
    var query = OrganisationStore.select
    query.append(" WHERE id = ?", id)
    return try snapshot.first(query, read: read).map(opened)
  }

  /// The organisation whose contact a person is.
  func organisation(contactPerson id: String) throws -> Organisation? {
    var query = OrganisationStore.select
    query.append(" WHERE contact_person = ?", id)
    return try snapshot.first(query, read: read).map(opened)
  }

  /// The organisation that a row of an import means: by identifier, by credit code, by full name. A name that
  /// several organisations have means none of them.
  func organisation(named text: String) throws -> Organisation? {
    if TextFormat.uuid.admits(text) { return try organisation(text.lowercased()) }
    if let code = CreditCode.normalised(text) {
      var query = OrganisationStore.select
      query.append(" WHERE credit_code = ?", code)
      return try snapshot.first(query, read: read).map(opened)
    }
    var query = OrganisationStore.select
    query.append(" WHERE name = ? ORDER BY id LIMIT 2", text)
    let found = try snapshot.all(query, read: read)
    return found.count == 1 ? try opened(found[0]) : nil
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
    query.append(filter.area.map { [$0] }, in: "area_code")
    if !filter.nameContains.isEmpty {
      let pattern = LikePattern.containing(filter.nameContains)
      query.append(" AND (name LIKE ? ESCAPE '\\' OR short_name LIKE ? ESCAPE '\\')", pattern, pattern)
    }
    query.append(" ORDER BY id LIMIT ?", limit)
    return try snapshot.all(query, read: read).map(opened)
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
    SELECT id, kind, name, short_name, credit_code, area_code, address, phone, contact, state, version,
      create_time, update_time, contact_person
    FROM workers_organisation
    """)

  private func read(_ row: Row) -> (organisation: Organisation, contact: [UInt8]) {
    let organisation = Organisation(
      id: row.text(0), kind: OrganisationKind(rawValue: Int32(row.int(1))), name: row.text(2),
      shortName: row.text(3), creditCode: row.optionalText(4) ?? "", areaCode: row.text(5),
      address: row.text(6), phone: row.text(7), state: Organisation.State(rawValue: Int32(row.int(9))),
      createTime: ProtoTimestamp(row.instant(11)), updateTime: ProtoTimestamp(row.instant(12)),
      etag: String(row.int64(10)), contactPersonID: row.optionalText(13) ?? "")
    return (organisation, row.optionalBytes(8) ?? [])
  }

  private func opened(_ row: (organisation: Organisation, contact: [UInt8])) throws -> Organisation {
    var organisation = row.organisation
    if let vault, !row.contact.isEmpty { try vault.open(row.contact, into: &organisation, in: snapshot) }
    return organisation
  }
}

/// The table of organisations, written.
struct OrganisationWriter {
  let transaction: Transaction
  let vault: OrganisationVault

  /// Adds an organisation; its times and version are made here.
  func insert(_ organisation: Organisation) throws {
    try transaction.execute(
      """
      INSERT INTO workers_organisation
        (id, kind, name, short_name, credit_code, area_code, address, phone, contact, contact_person, state, version,
         create_time, update_time)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
      """,
      organisation.id, organisation.kind.rawValue, organisation.name, organisation.shortName,
      organisation.creditCode.nonEmpty, organisation.areaCode, organisation.address, organisation.phone,
      try vault.seal(organisation, in: transaction), organisation.contactPersonID.nonEmpty,
      organisation.state.rawValue, transaction.now, transaction.now)
  }

  /// Changes everything but kind and times.
  func update(_ organisation: Organisation) throws {
    try transaction.execute(
      """
      UPDATE workers_organisation
      SET name = ?, short_name = ?, credit_code = ?, area_code = ?, address = ?, phone = ?, contact = ?,
        contact_person = ?, state = ?, version = version + 1, update_time = ?
      WHERE id = ?
      """,
      organisation.name, organisation.shortName, organisation.creditCode.nonEmpty, organisation.areaCode,
      organisation.address, organisation.phone, try vault.seal(organisation, in: transaction),
      organisation.contactPersonID.nonEmpty, organisation.state.rawValue, transaction.now, organisation.id)
  }

  /// Forgets a contact, whose key is destroyed by who asks for it.
  func removeContact(_ person: String) throws {
    try transaction.execute(
      """
      UPDATE workers_organisation
      SET contact = NULL, contact_person = NULL, version = version + 1, update_time = ? WHERE contact_person = ?
      """, transaction.now, person)
  }
}

extension Organisation {
  /// Whether there is somebody to ask for.
  var hasContact: Bool { !contactName.isEmpty || !contactPhone.isEmpty }

  /// Whether the contact is another person than before. One of name and phone alone is a correction or a new number of
  /// the same person, unless there is nothing else to know the person by.
  func hasAnotherContact(than known: Organisation) -> Bool {
    let isRenamed = contactName != known.contactName
    let isElsewhere = contactPhone != known.contactPhone
    return isRenamed && (isElsewhere || known.contactPhone.isEmpty)
      || isElsewhere && known.contactName.isEmpty && contactName.isEmpty
  }
}

extension String {
  /// The text, or nil if it is empty: what a column that may be NULL holds.
  var nonEmpty: String? { isEmpty ? nil : self }
}
