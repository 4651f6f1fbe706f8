import ModuleKit

/// The tables of workers, phones and employments, written. Each change raises the worker's version and emits
/// its events.
struct WorkerWriter {
  let transaction: Transaction

  /// Enters a new person.
  /// - Returns: the identifier.
  func create(_ entry: WorkerEntry) throws -> String {
    let id = transaction.makeID()
    let affiliation = entry.affiliation
    try transaction.execute(
      """
      INSERT INTO workers_worker
        (id, name, identity_number, phone, other_phones, occupations, area_code, party_membership,
         is_mobile_party_member, party_branch, is_union_member, union_name, is_youth_league_member,
         youth_league_branch, state, merged_into, source, version, create_time, update_time)
      VALUES (?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, NULL, ?, 1, ?, ?)
      """,
      id, entry.name, entry.identityNumber?.text, entry.phone, entry.occupations.rawValue,
      entry.areaCode.text,
      affiliation.partyMembership.rawValue, affiliation.isMobilePartyMember, affiliation.partyBranch,
      affiliation.isUnionMember, affiliation.unionName, affiliation.isYouthLeagueMember,
      affiliation.youthLeagueBranch, entry.source.rawValue, transaction.now, transaction.now)
    try insert(phone: entry.phone, of: id)
    try transaction.emit(WorkerRegisteredEvent(workerID: id, areaCode: entry.areaCode.text), subject: id)
    if let employment = entry.employment { try insert(employment, of: id) }
    return id
  }

  /// Adds to a known person what an entry brought.
  func apply(_ enrichment: Enrichment, to known: KnownWorker) throws {
    guard !enrichment.fields.isEmpty else { return }
    let after = known.applying(enrichment)
    if let phone = enrichment.phone { try insert(phone: phone, of: known.id) }
    try update(
      known.id, name: after.name, identityNumber: after.identityNumber, phones: after.phones,
      occupations: after.occupations, areaCode: after.areaCode, affiliation: after.affiliation)
    if let areaCode = enrichment.areaCode { try emitMove(known.id, from: known.areaCode, to: areaCode) }
    guard let employment = enrichment.employment else { return }
    if enrichment.isEmploymentKnown {
      try transaction.execute(
        """
        UPDATE workers_employment SET station = ?, staff_number = ?
        WHERE organisation_id = ? AND worker_id = ? AND state = 1
        """, employment.station, employment.staffNumber, employment.organisationID, known.id)
    } else {
      try insert(employment, of: known.id)
      try setState(.active, of: known.id)
    }
  }

  /// Writes what is known of a person; phones are in their own table as well, which is the caller's to keep.
  func update(
    _ id: String, name: String, identityNumber: String?, phones: [String], occupations: OccupationSet,
    areaCode: String, affiliation: Affiliation
  ) throws {
    try transaction.execute(
      """
      UPDATE workers_worker
      SET name = ?, identity_number = ?, phone = ?, other_phones = ?, occupations = ?, area_code = ?,
        party_membership = ?, is_mobile_party_member = ?, party_branch = ?, is_union_member = ?, union_name = ?,
        is_youth_league_member = ?, youth_league_branch = ?, version = version + 1, update_time = ?
      WHERE id = ?
      """,
      name, identityNumber, phones.first ?? "", phones.dropFirst().joined(separator: " "),
      occupations.rawValue, areaCode, affiliation.partyMembership.rawValue, affiliation.isMobilePartyMember,
      affiliation.partyBranch, affiliation.isUnionMember, affiliation.unionName,
      affiliation.isYouthLeagueMember, affiliation.youthLeagueBranch, transaction.now, id)
  }

  /// Gives a phone to a worker. The primary key refuses a phone that another one has.
  func insert(phone: String, of workerID: String) throws {
    try transaction.execute("INSERT INTO workers_phone (phone, worker_id) VALUES (?, ?)", phone, workerID)
  }

  /// Takes a phone from a worker.
  func delete(phone: String, of workerID: String) throws {
    try transaction.execute(
      "DELETE FROM workers_phone WHERE phone = ? AND worker_id = ?", phone, workerID)
  }

  /// Begins an employment.
  func insert(_ entry: EmploymentEntry, of workerID: String) throws {
    let id = transaction.makeID()
    try transaction.execute(
      """
      INSERT INTO workers_employment
        (id, worker_id, organisation_id, station, occupation, staff_number, start_date, end_date, state)
      VALUES (?, ?, ?, ?, ?, ?, ?, '', 1)
      """,
      id, workerID, entry.organisationID, entry.station, entry.occupation.rawValue, entry.staffNumber,
      "\(entry.startDate)")
    try transaction.emit(
      EmploymentStartedEvent(workerID: workerID, employmentID: id, organisationID: entry.organisationID),
      subject: workerID)
  }

  /// Ends an employment.
  func end(_ employment: Employment, of workerID: String, on date: CalendarDate, isLast: Bool) throws {
    try transaction.execute(
      "UPDATE workers_employment SET state = ?, end_date = ? WHERE worker_id = ? AND id = ?",
      EmploymentState.ended.rawValue, "\(date)", workerID, employment.id)
    try setState(isLast ? .left : .active, of: workerID)
    try transaction.emit(
      EmploymentEndedEvent(
        workerID: workerID, employmentID: employment.id, organisationID: employment.organisationID,
        wasLast: isLast), subject: workerID)
  }

  /// Says that a worker is at work here, or has left.
  func setState(_ state: Worker.State, of workerID: String) throws {
    try transaction.execute(
      "UPDATE workers_worker SET state = ?, version = version + 1, update_time = ? WHERE id = ?",
      state.rawValue, transaction.now, workerID)
  }

  /// Tells other modules that a worker is registered in another area now.
  func emitMove(_ workerID: String, from old: String, to new: String) throws {
    try transaction.emit(
      WorkerMovedEvent(workerID: workerID, fromAreaCode: old, toAreaCode: new), subject: workerID)
  }
}
