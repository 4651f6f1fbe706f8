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

extension WishStore {
  /// The wishes of a list, the newest first.
  /// - Parameters:
  ///   - before: the identifier of the last wish on the page before; nil for the first page.
  ///   - limit: how many at most.
  static func list(_ filter: WishFilter, before: String?, limit: Int, in snapshot: Snapshot) throws
    -> [WishRecord]
  {
    // A worker's wishes are few: one range, filtered.
    if case .worker(let id, let collector) = filter.root {
      let query = wishes(ofWorker: id, collector: collector, filter, before: before, limit: limit)
      return try snapshot.all(query) { WishRecord($0) }
    }
    let ranges = try filter.ranges.compactMap { try $0.narrowed(in: snapshot) }
    if ranges.count == 1, ranges[0].isSingle {
      return try snapshot.all(ranges[0].rows(before: before, limit: limit)) { WishRecord($0) }
    }
    var ids: [String] = []
    for range in ranges {
      var query = Query("WITH RECURSIVE")
      range.append(before: before, limit: limit, to: &query)
      ids += try snapshot.all(query) { $0.text(0) }
    }
    return try ids.sorted(by: >).prefix(limit).map { try referredWish($0, in: snapshot) }
  }

  private static func wishes(
    ofWorker id: String, collector: String?, _ filter: WishFilter, before: String?, limit: Int
  ) -> Query {
    var query = select
    query.append(" worker_id = ?", id)
    if let collector { query.append(" AND collected_by_organisation_id = ?", collector) }
    // The plus keeps the engine from the indexes by state and category, which would be read for everybody.
    query.append(" AND +state IN ")
    query.appendList(filter.states.map(\.rawValue))
    if filter.category != .unspecified { query.append(" AND +category = ?", filter.category.rawValue) }
    query.append(filter.within, in: "area_code")
    if let before { query.append(" AND id < ?", before) }
    query.append(" ORDER BY id DESC LIMIT ?", limit)
    return query
  }
}
