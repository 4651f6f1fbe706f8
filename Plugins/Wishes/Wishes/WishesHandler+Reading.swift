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
    guard let filter = try filter(of: request, in: snapshot) else { return ListWishesResponse() }
    var wishes = try WishStore.list(
      filter, before: page.cursor.first, limit: page.limit + 1, in: snapshot)
    let next = page.cut(&wishes, sizeBytes: \.viewSizeBytes) { [$0.id] }
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
    let after = try page.cursorNumber() ?? 0
    var rows = try HistoryStore.entries(of: wish.id, after: after, limit: page.limit + 1, in: snapshot)
    let next = page.cut(&rows) { ["\($0.entry.number)"] }
    let entries = try rows.map { row in
      var entry = row.entry
      if sight == .wisherSide { entry.actorID = "" }
      if sight != .auditor {
        entry.reason = try vault.open(
          row.reason, of: wish.workerID, as: SealedColumn.historyReason, in: snapshot)
      }
      return entry
    }
    return ListWishHistoryResponse(entries: entries, nextPageToken: next)
  }
}

// What a list is of and how much of each wish it shows.
extension WishesHandler {
  /// What a list is of; nil if nothing can be in it.
  private func filter(of request: ListWishesRequest, in snapshot: Snapshot) throws -> WishFilter? {
    let seesRecords = snapshot.isStaff || snapshot.isAuditor
    let areas = try wantedAreas(request.areaCode, in: snapshot)
    let allStates = request.state == .unspecified ? Wish.State.real : [request.state]
    if !request.workerID.isEmpty {
      guard seesRecords || snapshot.roles.contains(.platform) else {
        throw WishesError.listForStaff
      }
      var collector: String?
      if request.collectedByCaller {
        collector = try callersOrganisation("collected_by_caller", in: snapshot)
      }
      if !seesRecords {
        // A platform's list of a worker: what it collected itself, while it employs the worker.
        guard let own = snapshot.caller.organisationID,
          try workers.standing(request.workerID, in: snapshot)?.platformIDs.contains(own) ?? false
        else { return nil }
        collector = own
      }
      return WishFilter(
        root: .worker(request.workerID, collector: collector), states: allStates, category: request.category,
        within: areas)
    }
    if request.collectedByCaller {
      let organisationID = try callersOrganisation("collected_by_caller", in: snapshot)
      return WishFilter(
        root: .collector(organisationID, employedOnly: !seesRecords), states: allStates,
        category: request.category, within: areas)
    }
    let state = request.state == .unspecified ? .listed : request.state
    guard seesRecords || state == .listed || state == .claimed else {
      throw WishesError.listForStaff
    }
    return WishFilter(
      root: areas.map { .areas($0) } ?? .everything, states: [state], category: request.category)
  }

  /// The areas that a list keeps to: what is within reach of the one asked for; nil for no limit.
  /// - Throws: `WishesError.areaNotFound` for what is no area code.
  private func wantedAreas(_ code: String, in snapshot: Snapshot) throws -> [AreaCode]? {
    if code.isEmpty { return snapshot.reach.areas }
    guard let area = AreaCode(code) else { throw WishesError.areaNotFound(code) }
    return snapshot.reach.areas(within: area)
  }

  /// How much of a listed wish the caller sees. The list itself keeps to what the caller may see, and claims are not
  /// looked at: a list shows no more to a claimant than to a stranger. In a platform's lists of its own the register
  /// has the last word: between the end of an employment and the event that tells of it, nothing is shown either.
  private func listSight(of wish: WishRecord, _ filter: WishFilter, in snapshot: Snapshot) throws
    -> WishSight?
  {
    if snapshot.isStaff { return .staff }
    if snapshot.isAuditor { return .auditor }
    switch filter.root {
    case .everything, .areas: return wish.isPublic ? .stranger : nil
    case .worker, .collector: return try isOnWishersSide(of: wish, in: snapshot) ? .wisherSide : nil
    }
  }
}
