import ModuleKit

extension WorkerHandler {
  func mergeWorkers(_ request: MergeWorkersRequest, _ transaction: Transaction) throws -> Worker {
    let reach = Reach(transaction.caller)
    let source = try WorkerHandler.fullWorker(request.sourceID, reach, transaction)
    let target = try WorkerHandler.fullWorker(request.targetID, reach, transaction)
    guard source.id != target.id else { throw WorkersError.mergeWithItself }
    guard request.sourceEtag.isEmpty || request.sourceEtag == source.etag,
      request.targetEtag.isEmpty || request.targetEtag == target.etag
    else { throw WorkersError.staleETag }
    guard source.identityNumber.isEmpty || target.identityNumber.isEmpty else {
      throw WorkersError.mergeOfTwoPersons
    }
    try WorkerMerge(transaction: transaction, source: source, target: target).run()
    return try WorkerHandler.worker(target.id, reach, transaction)
  }

  func listDuplicates(_ request: ListDuplicatesRequest, _ snapshot: Snapshot) throws -> ListDuplicatesResponse
  {
    let filter = WorkerFilter(
      area: request.areaCode.isEmpty ? nil : try AreaInput.code(request.areaCode), occupation: .unspecified,
      state: .unspecified, namePrefix: "", reach: Reach(snapshot.caller))
    let page = try Page(
      size: request.pageSize, token: request.pageToken, query: ["duplicates"] + filter.fingerprint,
      keyCount: 3)
    guard let query = DuplicateQuery.query(filter, after: page.cursor, limit: page.limit + 1) else {
      return ListDuplicatesResponse()
    }
    var duplicates = try snapshot.all(query, read: DuplicateQuery.duplicate)
    let next = page.cut(&duplicates) { [$0.name, $0.sourceID, $0.targetID] }
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
  let source: Worker
  let target: Worker

  func run() throws {
    try retireSource()
    try moveEmployments()
    try transaction.execute(
      "UPDATE workers_phone SET worker_id = ? WHERE worker_id = ?", target.id, source.id)
    let writer = WorkerWriter(transaction: transaction)
    try writer.update(
      target.id, name: target.name,
      identityNumber: (target.identityNumber.nonEmpty ?? source.identityNumber).nonEmpty,
      phones: [target.phone] + target.otherPhones + [source.phone] + source.otherPhones,
      occupations: OccupationSet(target.occupations).union(OccupationSet(source.occupations)),
      areaCode: target.areaCode,
      affiliation: (source.affiliation ?? Affiliation()).adding(target.affiliation ?? Affiliation()))
    let isAtWork = source.state == .active || target.state == .active
    try writer.setState(isAtWork ? .active : .left, of: target.id)
    try transaction.emit(
      WorkerMergedEvent(sourceID: source.id, targetID: target.id), subject: source.id)
  }

  /// The source gives up its number, because a number belongs to one entry, and leads to the target.
  private func retireSource() throws {
    try transaction.execute(
      """
      UPDATE workers_worker
      SET state = ?, merged_into = ?, identity_number = NULL, version = version + 1, update_time = ?
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
    guard let reachable = filter.reachableRange else { return nil }
    var query = Query(
      """
      SELECT s.id, t.id, s.name,
        EXISTS (
          SELECT 1 FROM workers_employment a JOIN workers_employment b ON b.organisation_id = a.organisation_id
          WHERE a.worker_id = s.id AND b.worker_id = t.id),
        EXISTS (
          SELECT 1 FROM workers_employment a JOIN workers_employment b ON b.station = a.station
          WHERE a.worker_id = s.id AND b.worker_id = t.id AND a.station <> '')
      FROM workers_worker s CROSS JOIN workers_worker t
      WHERE s.identity_number IS NULL AND s.merged_into IS NULL
        AND t.name = s.name AND t.id <> s.id AND t.merged_into IS NULL
        AND (t.identity_number IS NOT NULL OR t.id < s.id)
        AND t.area_code >= substr(s.area_code, 1, 6) AND t.area_code < substr(s.area_code, 1, 6) || ':'
      """)
    if let range = reachable.range {
      // Not as a range of codes: the list is to be read from the index of entries without a number, in order.
      let prefix = String(range.prefix)
      query.append(
        " AND substr(s.area_code, 1, ?) = ? AND substr(t.area_code, 1, ?) = ?", prefix.count, prefix,
        prefix.count, prefix)
    }
    if cursor.count == 3 {
      query.append(
        " AND s.name >= ? AND (s.name, s.id, t.id) > (?, ?, ?)", cursor[0], cursor[0], cursor[1], cursor[2])
    }
    query.append(" ORDER BY s.name, s.id, t.id LIMIT ?", limit)
    return query
  }

  static func duplicate(_ row: Row) -> Duplicate {
    Duplicate(
      sourceID: row.text(0), targetID: row.text(1), name: row.text(2), samePlatform: row.bool(3),
      sameStation: row.bool(4))
  }
}
