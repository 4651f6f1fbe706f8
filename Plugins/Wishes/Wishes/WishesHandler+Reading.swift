import ModuleKit

// Reading wishes and what happened to them.
extension WishesHandler {
  func getWish(_ request: GetWishRequest, _ snapshot: Snapshot) throws -> Wish {
    let (wish, sight) = try visibleWish(request.wishID, in: snapshot)
    return try view(wish, sight, in: snapshot)
  }

  func listWishes(_ request: ListWishesRequest, _ snapshot: Snapshot) throws -> ListWishesResponse {
    let caller = snapshot.caller
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: [
        "wishes", "\(request.state.rawValue)", "\(request.category.rawValue)", request.areaCode,
        request.workerID,
        "\(request.collectedByCaller)", caller.id,
      ])
    let filter = try filter(of: request, in: snapshot)
    var wishes = try WishStore.list(
      filter, before: page.cursor.first, limit: page.limit + 1, in: snapshot)
    let next = page.cut(&wishes) { [$0.id] }
    return ListWishesResponse(
      wishes: try wishes.compactMap { wish in
        guard let sight = try listSight(of: wish, filter, in: snapshot) else { return nil }
        return try listView(wish, sight, in: snapshot)
      }, nextPageToken: next)
  }

  func listWishHistory(_ request: ListWishHistoryRequest, _ snapshot: Snapshot) throws
    -> ListWishHistoryResponse
  {
    let (wish, sight) = try visibleWish(request.wishID, in: snapshot)
    guard sight.showsRecord else { throw WishesError.wishNotFound(request.wishID) }
    let page = try Page(
      size: request.pageSize, token: request.pageToken, query: ["wish_history", request.wishID])
    let after = page.cursor.first.flatMap { Int64($0) } ?? 0
    var entries = try HistoryStore.entries(of: wish.id, after: after, limit: page.limit + 1, in: snapshot)
    let next = page.cut(&entries) { ["\($0.number)"] }
    for index in entries.indices {
      if sight == .wisherSide { entries[index].actorID = "" }
      if sight == .auditor { entries[index].reason = "" }
    }
    return ListWishHistoryResponse(entries: entries, nextPageToken: next)
  }
}

// What a list is of and how much of each wish it shows.
extension WishesHandler {
  private func filter(of request: ListWishesRequest, in snapshot: Snapshot) throws -> WishFilter {
    let caller = snapshot.caller
    let seesRecords = caller.isStaff || caller.isAuditor
    let area = try wantedArea(request.areaCode, in: snapshot)
    let allStates = request.state == .unspecified ? Wish.State.real : [request.state]
    if !request.workerID.isEmpty {
      guard seesRecords || caller.roleSet.contains(.platform) else {
        throw WishesError.listForStaff("worker_id")
      }
      return WishFilter(
        root: .worker(request.workerID), states: allStates, category: request.category, within: area)
    }
    if request.collectedByCaller {
      let organisationID = try callersOrganisation("collected_by_caller", in: snapshot)
      return WishFilter(
        root: .collector(organisationID), states: allStates, category: request.category, within: area)
    }
    let state = request.state == .unspecified ? .listed : request.state
    guard seesRecords || state == .listed || state == .claimed else {
      throw WishesError.listForStaff("state")
    }
    return WishFilter(
      root: area.map { .area($0) } ?? .everything, states: [state], category: request.category)
  }

  /// The area that a list keeps to: the one asked for if it is within the caller's, else the caller's own.
  private func wantedArea(_ code: String, in snapshot: Snapshot) throws -> AreaCode? {
    let caller = snapshot.caller
    if code.isEmpty {
      guard let own = caller.areaCode else { return nil }
      guard let own = AreaCode(own) else { throw WishesError.areaNotYours(own) }
      return own
    }
    guard let area = AreaCode(code) else { throw WishesError.areaNotFound(code) }
    guard caller.reaches(area.text) else { throw WishesError.areaNotYours(code) }
    return area
  }

  /// How much of a listed wish the caller sees. The list itself keeps to the caller's area. The register is asked
  /// only in a platform's lists of its own, and claims are not looked at: a list shows no more to a claimant than to
  /// a stranger.
  private func listSight(of wish: WishRecord, _ filter: WishFilter, in snapshot: Snapshot) throws
    -> WishSight?
  {
    let caller = snapshot.caller
    if caller.isStaff { return .staff }
    if caller.isAuditor { return .auditor }
    switch filter.root {
    case .everything, .area: return wish.isPublic ? .stranger : nil
    case .worker, .collector: return try isOnWishersSide(of: wish, in: snapshot) ? .wisherSide : nil
    }
  }
}
