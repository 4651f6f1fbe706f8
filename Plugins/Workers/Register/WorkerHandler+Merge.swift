import ModuleKit

extension WorkerHandler {
  func mergeWorkers(_ request: MergeWorkersRequest, _ transaction: Transaction) throws -> Worker {
    let reach = transaction.reach
    let source = try fullWorker(request.sourceID, reach, transaction)
    let target = try fullWorker(request.targetID, reach, transaction)
    guard source.id != target.id else { throw WorkersError.mergeWithItself }
    try WorkersError.requireETag(request.sourceEtag, is: source.etag, of: "source")
    try WorkersError.requireETag(request.targetEtag, is: target.etag, of: "target")
    guard source.identityNumber.isEmpty || target.identityNumber.isEmpty else {
      throw WorkersError.mergeOfTwoPersons
    }
    let (sourcePhones, targetPhones) = (1 + source.otherPhones.count, 1 + target.otherPhones.count)
    guard sourcePhones + targetPhones <= WorkerInput.maximumPhoneCount else {
      throw WorkersError.tooManyPhones(ofSource: sourcePhones, ofTarget: targetPhones)
    }
    try WorkerMerge(transaction: transaction, vault: vault, source: source, target: target).run()
    return try self.worker(target.id, reach, transaction)
  }

  func listDuplicates(_ request: ListDuplicatesRequest, _ snapshot: Snapshot) throws -> ListDuplicatesResponse
  {
    let filter = WorkerFilter(
      area: request.areaCode.isEmpty ? nil : try AreaInput.code(request.areaCode), occupation: .unspecified,
      state: .unspecified, name: "", nameHash: [], reach: snapshot.reach)
    let page = try Page(
      size: request.pageSize, token: request.pageToken, query: ["duplicates"] + filter.fingerprint,
      keyCount: 3)
    guard let query = DuplicateQuery.query(filter, after: page.cursor, limit: page.limit + 1) else {
      return ListDuplicatesResponse()
    }
    var found = try snapshot.all(query, read: DuplicateQuery.found)
    let next = page.cut(&found) {
      [Base64.encode($0.nameHash, .url, padded: false), $0.duplicate.sourceID, $0.duplicate.targetID]
    }
    let duplicates = try found.map { pair in
      var duplicate = pair.duplicate
      duplicate.name = try vault.name(in: pair.personal, of: duplicate.sourceID, in: snapshot)
      return duplicate
    }
    return ListDuplicatesResponse(duplicates: duplicates, nextPageToken: next)
  }
}

/// The merge of one entry into another.
///
/// Afterwards: the target has the identity number, the phones, occupations, employments and affiliation of
/// both; each platform has at most one open employment with it; the source, and every entry merged into it
/// before, leads to the target.
struct WorkerMerge {
  let transaction: Transaction
  let vault: WorkerVault
  let source: Worker
  let target: Worker

  func run() throws {
    try retireSource()
    try moveEmployments()
    try transaction.execute(
      "UPDATE workers_phone SET worker_id = ? WHERE worker_id = ?", target.id, source.id)
    let writer = WorkerWriter(transaction: transaction, vault: vault)
    try writer.update(
      target.id, PersonalFacts(target).adding(PersonalFacts(source)),
      occupations: OccupationSet(target.occupations).union(OccupationSet(source.occupations)),
      areaCode: target.areaCode)
    let isAtWork = source.state == .active || target.state == .active
    try writer.setState(isAtWork ? .active : .left, of: target.id)
    try transaction.emit(
      WorkerMergedEvent(sourceID: source.id, targetID: target.id), subject: source.id)
  }

  /// The source gives up what is personal, because a number belongs to one entry, and leads to the target. Its key
  /// stays for what other modules have sealed with it, until they have followed the event.
  private func retireSource() throws {
    try transaction.execute(
      """
      UPDATE workers_worker
      SET state = ?, merged_into = ?, personal = NULL, name_hash = NULL, identity_hash = NULL, version = version + 1,
        update_time = ?
      WHERE id = ?
      """, Worker.State.merged.rawValue, target.id, transaction.now, source.id)
    try transaction.execute(
      "UPDATE workers_worker SET merged_into = ? WHERE merged_into = ?", target.id, source.id)
  }

  private func moveEmployments() throws {
    let open = Set(target.employments.filter { $0.state == .open }.map(\.organisationID))
    for employment in source.employments {
      let isDuplicate = employment.state == .open && open.contains(employment.organisationID)
      try transaction.execute(
        "UPDATE workers_employment SET worker_id = ?, state = ? WHERE worker_id = ? AND id = ?", target.id,
        (isDuplicate ? EmploymentState.duplicate : employment.state).rawValue, source.id, employment.id)
    }
  }
}

/// Pairs of entries that may be one person.
enum DuplicateQuery {
  /// Nil if nothing can be in the list.
  static func query(_ filter: WorkerFilter, after cursor: [String], limit: Int) -> Query? {
    if filter.areas?.isEmpty ?? false { return nil }
    var query = Query(
      """
      SELECT s.id, t.id, s.name_hash, s.personal,
        EXISTS (
          SELECT 1 FROM workers_employment a JOIN workers_employment b ON b.organisation_id = a.organisation_id
          WHERE a.worker_id = s.id AND b.worker_id = t.id),
        EXISTS (
          SELECT 1 FROM workers_employment a JOIN workers_employment b ON b.station = a.station
          WHERE a.worker_id = s.id AND b.worker_id = t.id AND a.station <> '')
      FROM workers_worker s CROSS JOIN workers_worker t
      WHERE s.identity_hash IS NULL AND s.name_hash IS NOT NULL
        AND t.name_hash = s.name_hash AND t.id <> s.id
        AND (t.identity_hash IS NOT NULL OR t.id < s.id)
        AND t.area_code >= substr(s.area_code, 1, 6) AND t.area_code < substr(s.area_code, 1, 6) || ':'
      """)
    if let areas = filter.areas {
      appendPrefixes(of: areas, column: "s.area_code", to: &query)
      appendPrefixes(of: areas, column: "t.area_code", to: &query)
    }
    if cursor.count == 3, let name = Base64.decode(cursor[0].utf8, .url) {
      query.append(
        " AND s.name_hash >= ? AND (s.name_hash, s.id, t.id) > (?, ?, ?)", name, name, cursor[1], cursor[2])
    }
    query.append(" ORDER BY s.name_hash, s.id, t.id LIMIT ?", limit)
    return query
  }

  /// Not as ranges of codes: the list is to be read from the index of entries without a number, in order.
  private static func appendPrefixes(of areas: [AreaCode], column: StaticString, to query: inout Query) {
    for (index, area) in areas.enumerated() {
      let prefix = String(area.prefix)
      query.append(index == 0 ? " AND (substr(" : " OR substr(")
      query.append(column)
      query.append(", 1, ?) = ?", prefix.count, prefix)
    }
    query.append(")")
  }

  /// A pair, its names still sealed.
  struct Found {
    var duplicate: Duplicate
    var nameHash: [UInt8]
    var personal: [UInt8]
  }

  static func found(_ row: Row) -> Found {
    Found(
      duplicate: Duplicate(
        sourceID: row.text(0), targetID: row.text(1), samePlatform: row.bool(4), sameStation: row.bool(5)),
      nameHash: row.bytes(2), personal: row.bytes(3))
  }
}
