import ModuleKit

/// The tables of workers, phones and employments, written. Each change raises the worker's version and emits
/// its events.
struct WorkerWriter {
  let transaction: Transaction
  let vault: WorkerVault

  /// Enters a new person.
  /// - Returns: the identifier.
  func create(_ entry: WorkerEntry) throws -> String {
    let id = transaction.makeID()
    let number = entry.identityNumber?.text
    let employmentID = transaction.makeID()
    var personal = PersonalFacts(
      name: entry.name, identityNumber: number, phones: [entry.phone], affiliation: entry.affiliation)
    if let employment = entry.employment {
      personal.staffNumbers.set(employment.staffNumber, of: employmentID)
    }
    try transaction.execute(
      """
      INSERT INTO workers_worker
        (id, personal, name_hash, identity_hash, occupations, area_code, state, merged_into, source, version,
         create_time, update_time)
      VALUES (?, ?, ?, ?, ?, ?, 1, NULL, ?, 1, ?, ?)
      """,
      id, try vault.seal(personal, of: id, in: transaction), vault.hash(name: entry.name),
      number.map { vault.hash(identityNumber: $0) }, entry.occupations.rawValue, entry.areaCode.text,
      entry.source.rawValue, transaction.now, transaction.now)
    try insert(phone: entry.phone, of: id)
    try transaction.emit(WorkerRegisteredEvent(workerID: id, areaCode: entry.areaCode.text), subject: id)
    if let employment = entry.employment { try insert(employment, employmentID, of: id) }
    return id
  }

  /// Adds to a known person what an entry brought.
  func apply(_ enrichment: Enrichment, to known: KnownWorker) throws {
    guard !enrichment.fields.isEmpty else { return }
    if let phone = enrichment.phone { try insert(phone: phone, of: known.id) }
    var personal = known.applying(enrichment).personal
    let employmentID =
      enrichment.isEmploymentKnown
      ? try openEmployment(of: known.id, with: enrichment.employment?.organisationID) : transaction.makeID()
    if let employment = enrichment.employment {
      personal.staffNumbers.set(employment.staffNumber, of: employmentID)
    }
    try update(
      known.id, personal, occupations: enrichment.occupations ?? known.occupations,
      areaCode: enrichment.areaCode ?? known.areaCode)
    if let areaCode = enrichment.areaCode { try emitMove(known.id, from: known.areaCode, to: areaCode) }
    if enrichment.isReturn { try setState(.active, of: known.id) }
    guard let employment = enrichment.employment else { return }
    if enrichment.isEmploymentKnown {
      try transaction.execute(
        """
        UPDATE workers_employment SET station = ?, occupation = ?, start_date = ?
        WHERE worker_id = ? AND id = ?
        """, employment.station, employment.occupation.rawValue, "\(employment.startDate)", known.id,
        employmentID)
    } else {
      try insert(employment, employmentID, of: known.id)
      try setState(.active, of: known.id)
    }
  }

  /// The open employment of a worker with an organisation, which was looked up before.
  private func openEmployment(of workerID: String, with organisationID: String?) throws -> String {
    let id = try transaction.first(
      "SELECT id FROM workers_employment WHERE organisation_id = ? AND worker_id = ? AND state = 1",
      organisationID ?? "", workerID
    ) { $0.text(0) }
    guard let id else { throw WorkersError.employmentNotFound }
    return id
  }

  /// Writes what is known of a person; phones are in their own table as well, which is the caller's to keep.
  func update(_ id: String, _ personal: PersonalFacts, occupations: OccupationSet, areaCode: String) throws {
    try transaction.execute(
      """
      UPDATE workers_worker
      SET personal = ?, name_hash = ?, identity_hash = ?, occupations = ?, area_code = ?, version = version + 1,
        update_time = ?
      WHERE id = ?
      """,
      try vault.seal(personal, of: id, in: transaction), vault.hash(name: personal.name),
      personal.identityNumber.map { vault.hash(identityNumber: $0) }, occupations.rawValue, areaCode,
      transaction.now, id)
  }

  /// Gives a phone to a worker. The primary key refuses a phone that another one has.
  func insert(phone: String, of workerID: String) throws {
    try transaction.execute(
      "INSERT INTO workers_phone (phone_hash, worker_id) VALUES (?, ?)", vault.hash(phone: phone), workerID)
  }

  /// Takes a phone from a worker.
  func delete(phone: String, of workerID: String) throws {
    try transaction.execute(
      "DELETE FROM workers_phone WHERE phone_hash = ? AND worker_id = ?", vault.hash(phone: phone), workerID)
  }

  /// Begins an employment; its staff number is part of what is sealed of the worker.
  private func insert(_ entry: EmploymentEntry, _ id: String, of workerID: String) throws {
    try transaction.execute(
      """
      INSERT INTO workers_employment
        (id, worker_id, organisation_id, station, occupation, start_date, end_date, state)
      VALUES (?, ?, ?, ?, ?, ?, '', 1)
      """,
      id, workerID, entry.organisationID, entry.station, entry.occupation.rawValue, "\(entry.startDate)")
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
