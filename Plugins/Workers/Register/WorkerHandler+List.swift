import ModuleKit

extension WorkerHandler {
  func listWorkers(_ request: ListWorkersRequest, _ snapshot: Snapshot) throws -> ListWorkersResponse {
    let reach = snapshot.reach
    let name = PlainText.personName(try WorkerInput.wanted(request.name, "name"))
    let filter = WorkerFilter(
      area: request.areaCode.isEmpty ? nil : try AreaInput.code(request.areaCode),
      organisationID: request.organisationID.nonEmpty, occupation: request.occupation, state: request.state,
      name: name, nameHash: name.isEmpty ? [] : vault.hash(name: name), reach: reach)
    let page = try Page(
      size: request.pageSize, token: request.pageToken, query: ["workers"] + filter.fingerprint,
      keyCount: filter.order.keyCount)
    var workers: [Worker] = []
    var sealed: [String: [UInt8]] = [:]
    for query in filter.queries(after: page.cursor, limit: page.limit + 1) where workers.count <= page.limit {
      workers += try snapshot.all(query) { row in
        let worker = Worker(row)
        sealed[worker.id] = row.optionalBytes(1)
        return worker
      }
    }
    let next = page.cut(&workers, key: filter.order.key)
    let store = WorkerStore(snapshot: snapshot, vault: vault)
    for index in workers.indices {
      let id = workers[index].id
      workers[index].employments = try store.employments(of: id)
      // Nothing is sealed of an entry that was merged or erased.
      if let sealed = sealed[id], !sealed.isEmpty {
        try vault.open(sealed, of: id, into: &workers[index], in: snapshot)
      }
    }
    return ListWorkersResponse(workers: workers.map { reach.view(of: $0) }, nextPageToken: next)
  }
}

/// Which workers a list holds, and the index that it is read from.
struct WorkerFilter {
  /// The order of a list: that of the index which leaves fewest rows to look at.
  enum Order: Equatable {
    /// By area among namesakes, when a name is given.
    case name
    /// By identifier, which is the order of registration, among those of one platform.
    case registration
    /// By area.
    case area

    var keyCount: Int {
      switch self {
      case .registration: 1
      case .name, .area: 2
      }
    }

    func key(_ worker: Worker) -> [String] {
      switch self {
      case .registration: [worker.id]
      case .name, .area: [worker.areaCode, worker.id]
      }
    }
  }

  var area: AreaCode?
  var organisationID: String?
  var occupation: Occupation
  var state: Worker.State
  /// The full name of the workers wanted; empty for all.
  var name: String
  /// Its keyed hash, by which they are found.
  var nameHash: [UInt8]
  var reach: Reach

  /// Everything that decides what the list holds.
  var fingerprint: [String] {
    [
      area?.text ?? "", organisationID ?? "", "\(occupation.rawValue)", "\(state.rawValue)", name,
      "\(reach)",
    ]
  }

  /// The employer that the list is limited to: the one asked for, or the calling platform.
  private var employerID: String? { reach.employerID ?? organisationID }

  var order: Order {
    if !name.isEmpty { return .name }
    return employerID == nil ? .area : .registration
  }

  /// The areas that the list keeps to, in order, none within another; nil for no limit.
  var areas: [AreaCode]? { reach.areas(within: area) }

  /// The list as queries, to be read one after the other until there is enough; none if nothing can be in it. A list
  /// by area is read area by area, so that each is a range of the index; any other is one query.
  func queries(after cursor: [String], limit: Int) -> [Query] {
    if let own = reach.employerID, let organisationID, organisationID != own { return [] }
    guard let areas else { return [query(in: nil, after: cursor, limit: limit)] }
    if areas.isEmpty { return [] }
    guard order == .area else { return [query(in: areas, after: cursor, limit: limit)] }
    return areas.map { query(in: [$0], after: cursor, limit: limit) }
  }

  private func query(in areas: [AreaCode]?, after cursor: [String], limit: Int) -> Query {
    var query = Query(
      """
      SELECT w.id, w.personal, w.occupations, w.area_code, w.state, w.source, w.version, w.create_time,
        w.update_time
      FROM workers_worker w
      """)
    if let employerID {
      query.append(
        """
         JOIN workers_employment e ON e.worker_id = w.id AND e.state = 1 AND e.organisation_id = ?
        """, employerID)
    }
    query.append(" WHERE 1 = 1")
    appendOrder(&query, after: cursor)
    query.append(areas, in: "w.area_code")
    if state == .unspecified {
      query.append(" AND w.personal IS NOT NULL")
    } else {
      query.append(" AND w.state = ?", state.rawValue)
    }
    if occupation != .unspecified {
      query.append(" AND (w.occupations & ?) <> 0", OccupationSet(occupation).rawValue)
    }
    switch order {
    case .registration: query.append(" ORDER BY e.worker_id")
    case .name, .area: query.append(" ORDER BY w.area_code, w.id")
    }
    query.append(" LIMIT ?", limit)
    return query
  }

  private func appendOrder(_ query: inout Query, after cursor: [String]) {
    switch order {
    case .name:
      query.append(" AND w.name_hash = ?", nameHash)
      if cursor.count == 2 { query.append(" AND (w.area_code, w.id) > (?, ?)", cursor[0], cursor[1]) }
    case .registration:
      if cursor.count == 1 { query.append(" AND e.worker_id > ?", cursor[0]) }
    case .area:
      if cursor.count == 2 { query.append(" AND (w.area_code, w.id) > (?, ?)", cursor[0], cursor[1]) }
    }
  }
}
