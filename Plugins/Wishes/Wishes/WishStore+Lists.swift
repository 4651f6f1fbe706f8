import ModuleKit

/// Which wishes a list is of.
struct WishFilter {
  /// The list's root: what the rows have in common besides state and category.
  enum Root {
    /// Every wish.
    case everything
    /// Wishes of an area and the areas below it.
    case area(AreaCode)
    /// Wishes of a worker.
    case worker(String)
    /// Wishes that an organisation collected.
    case collector(String)
  }
  var root: Root
  /// The states wanted; more than one are read one after the other and merged.
  var states: [Wish.State]
  /// The category wanted; unspecified for all.
  var category: Category = .unspecified
  /// A further area to keep to, for lists by worker or collector; nil for none.
  var within: AreaCode?
}

extension WishStore {
  /// The wishes of a list, the newest first.
  /// - Parameters:
  ///   - before: the identifier of the last wish on the page before; nil for the first page.
  ///   - limit: how many at most.
  static func list(_ filter: WishFilter, before: String?, limit: Int, in snapshot: Snapshot) throws
    -> [WishRecord]
  {
    var filter = filter
    // A worker's wishes are few: one range, filtered. In all other lists the state is part of the range, so that
    // several states are several ranges, each in order already: merged by identifier before any row is read.
    if case .worker = filter.root {
      return try snapshot.all(rows(of: filter, before: before, limit: limit)) { WishRecord($0) }
    }
    let states = filter.states
    if states.count == 1 {
      return try snapshot.all(rows(of: filter, before: before, limit: limit)) { WishRecord($0) }
    }
    var ids: [String] = []
    for state in states {
      filter.states = [state]
      var query = Query("SELECT id FROM wishes_wish WHERE")
      append(filter, before: before, limit: limit, to: &query)
      ids += try snapshot.all(query) { $0.text(0) }
    }
    return try ids.sorted(by: >).prefix(limit).map { try referredWish($0, in: snapshot) }
  }

  private static func rows(of filter: WishFilter, before: String?, limit: Int) -> Query {
    var query = Query(
      """
      SELECT id, version, state, worker_id, wisher_label, title, description, category, need, sharing, delivery,
        source, area_code, beneficiaries, estimated_cost_fen, part_count, claim_count, history_count,
        units_needed, units_active, units_fulfilled, units_confirmed, publication_consent, consent_evidence,
        contact_phone, delivery_address, collected_by_organisation_id, state_reason, created_at, updated_at,
        listed_at
      FROM wishes_wish WHERE
      """)
    append(filter, before: before, limit: limit, to: &query)
    return query
  }

  private static func append(_ filter: WishFilter, before: String?, limit: Int, to query: inout Query) {
    switch filter.root {
    case .everything: query.append(" 1 = 1")
    case .area(let area): append(area, to: &query)
    case .worker(let id): query.append(" worker_id = ?", id)
    case .collector(let id): query.append(" collected_by_organisation_id = ?", id)
    }
    if filter.states.count == 1 {
      query.append(" AND state = ?", filter.states[0].rawValue)
    } else {
      query.append(" AND state IN ")
      query.appendList(filter.states.map(\.rawValue))
    }
    if filter.category != .unspecified { query.append(" AND category = ?", filter.category.rawValue) }
    if let within = filter.within {
      query.append(" AND area_code >= ? AND area_code < ?", within.lowerBound, within.upperBound)
    }
    if let before { query.append(" AND id < ?", before) }
    query.append(" ORDER BY id DESC LIMIT ?", limit)
  }

  /// The indexes know a county and a street by equality; a larger area is a range over all wishes, a smaller one a
  /// range within its street.
  private static func append(_ area: AreaCode, to query: inout Query) {
    switch area.level {
    case .province, .city:
      query.append(" area_code >= ? AND area_code < ?", area.lowerBound, area.upperBound)
    case .county:
      query.append(" county_code = ?", area.text)
    case .street:
      query.append(" street_code = ?", area.text)
    case .community, .compound:
      query.append(
        " street_code = ? AND area_code >= ? AND area_code < ?", area.text.prefix(9), area.lowerBound,
        area.upperBound)
    }
  }
}
