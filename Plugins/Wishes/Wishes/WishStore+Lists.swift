import ModuleKit

/// Which wishes a list is of.
struct WishFilter {
  /// The list's root: what the rows have in common besides state and category.
  enum Root {
    /// Every wish.
    case everything
    /// Wishes of areas and the areas below them.
    case areas([AreaCode])
    /// Wishes of a worker; of those that an organisation collected, unless it is nil.
    case worker(String, collector: String?)
    /// Wishes that an organisation collected; of workers whom it employs, or all of them.
    case collector(String, employedOnly: Bool)
  }
  var root: Root
  /// The states wanted; more than one are read one after the other and merged.
  var states: [Wish.State]
  /// The category wanted; unspecified for all.
  var category: Category = .unspecified
  /// Further areas to keep to, for lists by worker or collector; nil for no limit.
  var within: [AreaCode]?
}

extension WishFilter {
  /// The list as lists of one state and at most one root area each, which together hold the same wishes.
  fileprivate var ranges: [WishFilter] {
    var roots = [root]
    if case .areas(let areas) = root, !areas.isEmpty { roots = areas.map { .areas([$0]) } }
    return roots.flatMap { root in
      states.map { WishFilter(root: root, states: [$0], category: category, within: within) }
    }
  }
}

extension WishStore {
  /// The wishes of a list, the newest first.
  /// - Parameters:
  ///   - before: the identifier of the last wish on the page before; nil for the first page.
  ///   - limit: how many at most.
  static func list(_ filter: WishFilter, before: String?, limit: Int, in snapshot: Snapshot) throws
    -> [WishRecord]
  {
    // A worker's wishes are few: one range, filtered. In all other lists the state is part of the range, so that
    // several states or areas are several ranges, each in order already: merged by identifier before any row is read.
    if case .worker = filter.root {
      return try snapshot.all(rows(of: filter, before: before, limit: limit)) { WishRecord($0) }
    }
    let ranges = filter.ranges
    if ranges.count == 1 {
      return try snapshot.all(rows(of: ranges[0], before: before, limit: limit)) { WishRecord($0) }
    }
    var ids: [String] = []
    for range in ranges {
      var query = Query("SELECT id FROM wishes_wish WHERE")
      append(range, before: before, limit: limit, to: &query)
      ids += try snapshot.all(query) { $0.text(0) }
    }
    return try ids.sorted(by: >).prefix(limit).map { try referredWish($0, in: snapshot) }
  }

  private static func rows(of filter: WishFilter, before: String?, limit: Int) -> Query {
    var query = select
    append(filter, before: before, limit: limit, to: &query)
    return query
  }

  private static func append(_ filter: WishFilter, before: String?, limit: Int, to query: inout Query) {
    switch filter.root {
    case .everything: query.append(" 1 = 1")
    case .areas(let areas):
      if let area = areas.first { append(area, to: &query) } else { query.append(" 1 = 0") }
    case .worker(let id, let collector):
      query.append(" worker_id = ?", id)
      if let collector { query.append(" AND collected_by_organisation_id = ?", collector) }
    case .collector(let id, let employedOnly):
      query.append(" collected_by_organisation_id = ?", id)
      if employedOnly { query.append(" AND employed_by_collector = 1") }
    }
    if filter.states == [.listed], filter.category != .unspecified {
      // As a number in the text: that is how the engine finds the indexes of listed wishes, by category.
      query.append(" AND state = 4")
    } else if filter.states.count == 1 {
      query.append(" AND state = ?", filter.states[0].rawValue)
    } else {
      query.append(" AND state IN ")
      query.appendList(filter.states.map(\.rawValue))
    }
    if filter.category != .unspecified { query.append(" AND category = ?", filter.category.rawValue) }
    query.append(filter.within, in: "area_code")
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
