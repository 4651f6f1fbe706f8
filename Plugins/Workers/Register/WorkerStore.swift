import ModuleKit

/// The tables of workers, phones and employments, read.
struct WorkerStore {
  let snapshot: Snapshot
  let vault: WorkerVault

  /// How many entries are looked at for one that was merged. A merge points every entry that led to its source at its
  /// target, so two are enough; a third costs nothing and would carry over entries that were merged otherwise.
  private static let mergeSteps = 3

  /// The worker of an identifier, a merged one resolved, with employments; nil if there is none within reach.
  func worker(_ id: String, _ reach: Reach) throws -> Worker? {
    var worker = Worker()
    return try read(id, reach, into: &worker) ? worker : nil
  }

  /// The same where a worker is made once and handed on without a copy, as most calls want it.
  /// - Parameter worker: an empty one.
  /// - Returns: whether there is one within reach.
  func read(_ id: String, _ reach: Reach, into worker: inout Worker) throws -> Bool {
    try find(id, into: &worker, isOpened: true) && reach.includes(worker)
  }

  /// Where a worker is and for whom they work now, without anything personal; nil if there is none.
  func standing(_ id: String) throws -> Worker? {
    var worker = Worker()
    return try find(id, into: &worker, isOpened: false) ? worker : nil
  }

  /// A worker's name; nil if there is no such worker.
  func name(of id: String) throws -> String? {
    var next: String? = id
    for _ in 0..<Self.mergeSteps {
      guard let id = next else { break }
      let entry = try snapshot.first("SELECT personal, merged_into FROM workers_worker WHERE id = ?", id) {
        (sealed: $0.optionalBytes(0), mergedInto: $0.optionalText(1))
      }
      if let sealed = entry?.sealed { return try vault.name(in: sealed, of: id, in: snapshot) }
      next = entry?.mergedInto
    }
    return nil
  }

  /// Who has an identity number.
  func id(identityNumber: String) throws -> String? {
    try snapshot.first(
      "SELECT id FROM workers_worker WHERE identity_hash = ?", vault.hash(identityNumber: identityNumber)
    ) { $0.text(0) }
  }

  /// Who has a phone.
  func id(phone: String) throws -> String? {
    try snapshot.first("SELECT worker_id FROM workers_phone WHERE phone_hash = ?", vault.hash(phone: phone)) {
      $0.text(0)
    }
  }

  /// What registration compares of a worker.
  func known(_ id: String?) throws -> KnownWorker? {
    try id.flatMap { try worker($0, .everything) }.map { KnownWorker($0) }
  }

  /// Whom an entry means: who has its identity number, and who has its phone.
  func known(_ entry: WorkerEntry) throws -> (byNumber: KnownWorker?, byPhone: KnownWorker?) {
    (
      try known(try entry.identityNumber.flatMap { try id(identityNumber: $0.text) }),
      try known(try id(phone: entry.phone))
    )
  }

  /// A worker's employments, in the order that they were entered, without their staff numbers, which are sealed.
  func employments(of workerID: String) throws -> [Employment] {
    try snapshot.all(
      """
      SELECT id, organisation_id, station, occupation, start_date, end_date, state
      FROM workers_employment WHERE worker_id = ? ORDER BY id
      """, workerID
    ) { Employment($0, from: 0) }
  }

  /// Who works for a platform now, by identifier.
  func ids(ofPlatform organisationID: String, after id: String, limit: Int) throws -> [String] {
    try snapshot.all(
      """
      SELECT worker_id FROM workers_employment
      WHERE organisation_id = ? AND state = 1 AND worker_id > ? ORDER BY worker_id LIMIT ?
      """, organisationID, id, limit
    ) { $0.text(0) }
  }

  /// Reads an entry, a merged one resolved, with employments. One that was erased is not found.
  private func find(_ id: String, into worker: inout Worker, isOpened: Bool) throws -> Bool {
    var next: String? = id
    for _ in 0..<Self.mergeSteps {
      guard let id = next else { break }
      guard let sealed = try read(id, into: &worker, mergedInto: &next) else { return false }
      if next == nil {
        guard !sealed.isEmpty else { return false }
        if isOpened { try vault.open(sealed, of: id, into: &worker, in: snapshot) }
        return true
      }
    }
    return false
  }

  /// Reads an entry with its employments, in one statement because most calls about a worker come here.
  /// - Parameter mergedInto: becomes the identifier of the entry that this one was merged into, nil for none.
  /// - Returns: what is sealed of it, empty for one that was erased or merged; nil if there is no such entry.
  private func read(_ id: String, into worker: inout Worker, mergedInto: inout String?) throws -> [UInt8]? {
    var sealed: [UInt8]?
    try snapshot.forEach(
      """
      SELECT w.personal, w.occupations, w.area_code, w.state, w.source, w.version, w.create_time, w.update_time,
        w.merged_into, e.id, e.organisation_id, e.station, e.occupation, e.start_date, e.end_date, e.state
      FROM workers_worker w LEFT JOIN workers_employment e ON e.worker_id = w.id
      WHERE w.id = ? ORDER BY e.id
      """, id
    ) { row in
      if sealed == nil {
        sealed = row.optionalBytes(0) ?? []
        worker.set(row, id: id, from: 1)
        mergedInto = row.optionalText(8)
      }
      if !row.isNull(9) { worker.employments.append(Employment(row, from: 9)) }
    }
    return sealed
  }
}

extension Worker {
  /// Reads id, personal, occupations, area_code, state, source, version, create_time and update_time, in this order;
  /// what is sealed in the second is for `set`.
  init(_ row: Row) {
    self.init()
    set(row, id: row.text(0), from: 2)
  }

  /// Sets occupations, area_code, state, source, version, create_time and update_time from a row, in this order, from a
  /// column on.
  mutating func set(_ row: Row, id: String, from first: Int) {
    self.id = id
    occupations = OccupationSet(rawValue: row.int64(first)).list
    areaCode = row.text(first + 1)
    state = State(rawValue: Int32(row.int(first + 2)))
    source = WorkerSource(rawValue: Int32(row.int(first + 3)))
    etag = String(row.int64(first + 4))
    createTime = ProtoTimestamp(row.instant(first + 5))
    updateTime = ProtoTimestamp(row.instant(first + 6))
  }
}

extension Employment {
  /// Reads id, organisation_id, station, occupation, start_date, end_date and state, in this order, from a column on.
  /// The staff number is sealed with what is personal of the worker.
  init(_ row: Row, from first: Int) {
    self.init(
      id: row.text(first), organisationID: row.text(first + 1), station: row.text(first + 2),
      occupation: Occupation(rawValue: Int32(row.int(first + 3))), startDate: row.text(first + 4),
      endDate: row.text(first + 5), state: EmploymentState(rawValue: Int32(row.int(first + 6))))
  }
}
