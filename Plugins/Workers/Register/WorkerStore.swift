import ModuleKit

/// The tables of workers, phones and employments, read.
struct WorkerStore {
  let snapshot: Snapshot

  /// The worker of an identifier, a merged one resolved, with employments; nil if there is none within reach.
  func worker(_ id: String, _ reach: Reach) throws -> Worker? {
    guard var record = try record(id) else { return nil }
    // A merge points every entry that led to its source at its target, so one step is enough; a second one
    // costs nothing and would carry over entries that were merged otherwise.
    for _ in 0..<2 {
      guard let target = record.mergedInto, let next = try self.record(target) else { break }
      record = next
    }
    guard record.mergedInto == nil else { return nil }
    record.worker.employments = try employments(of: record.worker.id)
    return reach.includes(record.worker) ? record.worker : nil
  }

  /// Who has an identity number.
  func id(identityNumber: String) throws -> String? {
    try snapshot.first("SELECT id FROM workers_worker WHERE identity_number = ?", identityNumber) {
      $0.text(0)
    }
  }

  /// Who has a phone.
  func id(phone: String) throws -> String? {
    try snapshot.first("SELECT worker_id FROM workers_phone WHERE phone = ?", phone) { $0.text(0) }
  }

  /// What registration compares of a worker.
  func known(_ id: String?) throws -> KnownWorker? {
    try id.flatMap { try worker($0, .everything) }.map { KnownWorker($0) }
  }

  /// A worker's employments, in the order that they were entered.
  func employments(of workerID: String) throws -> [Employment] {
    try snapshot.all(
      """
      SELECT id, organisation_id, station, occupation, staff_number, start_date, end_date, state
      FROM workers_employment WHERE worker_id = ? ORDER BY id
      """, workerID
    ) { row in
      Employment(
        id: row.text(0), organisationID: row.text(1), station: row.text(2),
        occupation: Occupation(rawValue: Int32(row.int(3))), staffNumber: row.text(4), startDate: row.text(5),
        endDate: row.text(6), state: EmploymentState(rawValue: Int32(row.int(7))))
    }
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

  private func record(_ id: String) throws -> WorkerRecord? {
    try snapshot.first(
      """
      SELECT id, name, identity_number, phone, other_phones, occupations, area_code, party_membership,
        is_mobile_party_member, party_branch, is_union_member, union_name, is_youth_league_member,
        youth_league_branch, state, merged_into, source, version, create_time, update_time
      FROM workers_worker WHERE id = ?
      """, id, read: WorkerRecord.init)
  }
}

/// A row of the table of workers.
struct WorkerRecord {
  var worker: Worker
  var mergedInto: String?

  init(_ row: Row) {
    let number = row.optionalText(2) ?? ""
    let facts = WorkerRecord.facts(ofNumber: number)
    worker = Worker(
      id: row.text(0), name: row.text(1), identityNumber: number, phone: row.text(3),
      otherPhones: WorkerRecord.phones(row.text(4)), sex: facts.sex, birthDate: facts.birthDate,
      occupations: OccupationSet(rawValue: row.int64(5)).list, areaCode: row.text(6),
      affiliation: WorkerRecord.affiliation(row), state: Worker.State(rawValue: Int32(row.int(14))),
      source: WorkerSource(rawValue: Int32(row.int(16))), createTime: ProtoTimestamp(row.instant(18)),
      updateTime: ProtoTimestamp(row.instant(19)), etag: String(row.int64(17)))
    mergedInto = row.optionalText(15)
  }

  /// Sex and birth date of a number that was checked when it was taken in.
  private static func facts(ofNumber number: String) -> (sex: Sex, birthDate: String) {
    let bytes = number.utf8
    guard bytes.count == 18 else { return (.unspecified, "") }
    let date = bytes.dropFirst(6).prefix(8)
    var text = [UInt8]()
    text.reserveCapacity(10)
    for (offset, byte) in date.enumerated() {
      if offset == 4 || offset == 6 { text.append(UInt8(ascii: "-")) }
      text.append(byte)
    }
    let order = bytes[bytes.index(bytes.startIndex, offsetBy: 16)]
    return (order % 2 == 1 ? .male : .female, String(decoding: text, as: UTF8.self))
  }

  /// Phones as a column keeps them, with spaces between them.
  private static func phones(_ text: String) -> [String] {
    text.isEmpty ? [] : text.split(separator: " ").map(String.init)
  }

  /// Nil if nothing is known of it.
  private static func affiliation(_ row: Row) -> Affiliation? {
    let affiliation = Affiliation(
      partyMembership: PartyMembership(rawValue: Int32(row.int(7))), isMobilePartyMember: row.bool(8),
      partyBranch: row.text(9), isUnionMember: row.bool(10), unionName: row.text(11),
      isYouthLeagueMember: row.bool(12), youthLeagueBranch: row.text(13))
    return affiliation == Affiliation() ? nil : affiliation
  }
}
