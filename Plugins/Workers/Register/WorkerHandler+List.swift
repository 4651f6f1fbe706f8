import ModuleKit

extension WorkerHandler {
  func listWorkers(_ request: ListWorkersRequest, _ snapshot: Snapshot) throws -> ListWorkersResponse {
    let reach = Reach(snapshot.caller)
    let filter = WorkerFilter(
      area: request.areaCode.isEmpty ? nil : try AreaInput.code(request.areaCode),
      organisationID: request.organisationID.nonEmpty, occupation: request.occupation, state: request.state,
      namePrefix: PlainText.personName(request.namePrefix), reach: reach)
    let page = try Page(
      size: request.pageSize, token: request.pageToken, query: ["workers"] + filter.fingerprint,
      keyCount: filter.order.keyCount)
    guard let query = filter.query(after: page.cursor, limit: page.limit + 1) else {
      return ListWorkersResponse()
    }
    var workers = try snapshot.all(query) { WorkerRecord($0).worker }
    let next = page.cut(&workers, key: filter.order.key)
    let store = WorkerStore(snapshot: snapshot)
    for index in workers.indices { workers[index].employments = try store.employments(of: workers[index].id) }
    return ListWorkersResponse(workers: workers.map { reach.view(of: $0) }, nextPageToken: next)
  }
}

/// Which workers a list holds, and the index that it is read from.
struct WorkerFilter {
  /// The order of a list: that of the index which leaves fewest rows to look at.
  enum Order: Equatable {
    /// By name and area, when a prefix is given.
    case name
    /// By identifier, which is the order of registration, among those of one platform.
    case registration
    /// By area.
    case area

    var keyCount: Int {
      switch self {
      case .name: 3
      case .registration: 1
      case .area: 2
      }
    }

    func key(_ worker: Worker) -> [String] {
      switch self {
      case .name: [worker.name, worker.areaCode, worker.id]
      case .registration: [worker.id]
      case .area: [worker.areaCode, worker.id]
      }
    }
  }

  var area: AreaCode?
  var organisationID: String?
  var occupation: Occupation
  var state: Worker.State
  var namePrefix: String
  var reach: Reach

  /// Everything that decides what the list holds.
  var fingerprint: [String] {
    [
      area?.text ?? "", organisationID ?? "", "\(occupation.rawValue)", "\(state.rawValue)", namePrefix,
      "\(reach)",
    ]
  }

  /// The employer that the list is limited to: the one asked for, or the calling platform.
  private var employerID: String? { reach.employerID ?? organisationID }

  var order: Order {
    if !namePrefix.isEmpty { return .name }
    return employerID == nil ? .area : .registration
  }

  /// The list as a query; nil if nothing can be in it.
  func query(after cursor: [String], limit: Int) -> Query? {
    guard let reachable = reachableRange else { return nil }
    if let own = reach.employerID, let organisationID, organisationID != own { return nil }
    var query = Query(
      """
      SELECT w.id, w.name, w.identity_number, w.phone, w.other_phones, w.occupations, w.area_code,
        w.party_membership, w.is_mobile_party_member, w.party_branch, w.is_union_member, w.union_name,
        w.is_youth_league_member, w.youth_league_branch, w.state, w.merged_into, w.source, w.version,
        w.create_time, w.update_time
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
    if let range = reachable.range {
      query.append(" AND w.area_code >= ? AND w.area_code < ?", range.lowerBound, range.upperBound)
    }
    if state == .unspecified {
      query.append(" AND w.state <> ?", Worker.State.merged.rawValue)
    } else {
      query.append(" AND w.state = ?", state.rawValue)
    }
    if occupation != .unspecified {
      query.append(" AND (w.occupations & ?) <> 0", OccupationSet(occupation).rawValue)
    }
    switch order {
    case .name: query.append(" ORDER BY w.name, w.area_code, w.id")
    case .registration: query.append(" ORDER BY e.worker_id")
    case .area: query.append(" ORDER BY w.area_code, w.id")
    }
    query.append(" LIMIT ?", limit)
    return query
  }

  private func appendOrder(_ query: inout Query, after cursor: [String]) {
    switch order {
    case .name:
      // From the last page's name on, not from the prefix: the engine seeks by one lower bound only.
      query.append(
        " AND w.name >= ? AND w.name < ?", cursor.first ?? namePrefix,
        WorkerFilter.successor(ofPrefix: namePrefix))
      if cursor.count == 3 {
        query.append(
          " AND (w.name, w.area_code, w.id) > (?, ?, ?)", cursor[0], cursor[1], cursor[2])
      }
    case .registration:
      if cursor.count == 1 { query.append(" AND e.worker_id > ?", cursor[0]) }
    case .area:
      if cursor.count == 2 { query.append(" AND (w.area_code, w.id) > (?, ?)", cursor[0], cursor[1]) }
    }
  }

  /// The area asked for, cut down to what the caller reaches (a nil range is everywhere); nil if the two have
  /// nothing in common.
  var reachableRange: (range: AreaCode?, isCut: Bool)? {
    switch reach {
    case .everything, .employer: return (area, false)
    case .nothing: return nil
    case .area(let own):
      guard let area else { return (own, true) }
      if own.contains(area) { return (area, false) }
      return area.contains(own) ? (own, true) : nil
    }
  }

  /// The least text above all that begin with a prefix.
  static func successor(ofPrefix prefix: String) -> String {
    // U+10FFFF is no character and sorts above all that are.
    prefix + "\u{10FFFF}"
  }
}
