import ModuleKit

// What all steps of a claim share.
extension WishesHandler {
  /// Finds a claim that the caller may act on for the claimant: as the claiming organisation or as staff.
  /// - Throws: `WishesError.claimNotFound`, also for those who only see it.
  func claimantsClaim(_ id: String, in snapshot: Snapshot) throws -> (claim: ClaimRecord, wish: WishRecord) {
    let (claim, wish, sight) = try visibleClaim(id, in: snapshot)
    guard sight == .staff || sight == .claimant else { throw WishesError.claimNotFound(id) }
    return (claim, wish)
  }

  /// Finds a claim that the caller may answer for the wisher: as the wisher's platform or as staff.
  /// - Throws: `WishesError.claimNotFound`, also for those who only see it; `WishesError.ownDelivery` for the
  ///   organisation that delivered.
  func wishersClaim(_ id: String, in snapshot: Snapshot) throws -> (claim: ClaimRecord, wish: WishRecord) {
    let (claim, wish, sight) = try visibleClaim(id, in: snapshot)
    guard claim.organisationID != snapshot.caller.organisationID else { throw WishesError.ownDelivery }
    guard sight == .staff || sight == .wisherSide else { throw WishesError.claimNotFound(id) }
    return (claim, wish)
  }

  /// Why a claim stands where it stands, as its row keeps it.
  func sealedClaimReason(_ reason: String, of wish: WishRecord, in transaction: Transaction) throws
    -> [UInt8]?
  {
    try vault.seal(reason, of: wish.workerID, as: SealedColumn.claimStateReason, in: transaction)
  }

  /// Moves a claim to a state, with what it holds of its wish: units, parts, and the wish's own state. The caller
  /// records the step and saves the wish.
  func move(
    _ claim: inout ClaimRecord, of wish: inout WishRecord, to state: Claim.State, in transaction: Transaction
  ) throws {
    let from = claim.state
    claim.state = state
    claim.version += 1
    claim.updatedAt = transaction.now
    wish.units.move(claim.units, from: from, to: state)
    wish.state = wish.units.state
    try ClaimStore.save(claim, in: transaction)
    guard wish.details.sharing == .byParts else { return }
    for part in try ClaimStore.parts(of: claim.id, in: transaction) {
      let quantity = Int64(part.quantity)
      let taken = (state.holdsUnits ? quantity : 0) - (from.holdsUnits ? quantity : 0)
      let confirmed = (state == .confirmed ? quantity : 0) - (from == .confirmed ? quantity : 0)
      try WishStore.movePart(
        part.number, of: wish.id, taken: taken, confirmed: confirmed, in: transaction)
    }
  }

  /// Sums up anew what the claims of a wish hold and compares it with what the wish says. A difference undoes the
  /// transaction: an error that one caller sees is better than a wish that is claimed twice.
  /// - Throws: `WishesError.invariantBroken`.
  func checkInvariants(of wish: WishRecord, in transaction: Transaction) throws {
    let units = try ClaimStore.heldUnits(of: wish, in: transaction)
    guard units == wish.units, units.open >= 0 else {
      throw WishesError.invariantBroken(
        "claims of the wish \(wish.id) hold \(units), and it says \(wish.units)")
    }
    guard wish.details.sharing == .byParts else { return }
    let held = try ClaimStore.heldParts(of: wish.id, in: transaction)
    for part in try WishStore.parts(of: wish, in: transaction) {
      let sum = held[part.number] ?? (0, 0)
      guard sum.taken == Int64(part.taken), sum.confirmed == Int64(part.confirmed) else {
        throw WishesError.invariantBroken(
          "claims of part \(part.number) of the wish \(wish.id) hold \(sum), and it says \(part)")
      }
    }
  }

  /// A claim as the caller sees it after a change.
  func reply(_ claim: ClaimRecord, of wish: WishRecord, in transaction: Transaction) throws -> Claim {
    guard let sight = try sight(of: claim, of: wish, in: transaction) else {
      throw WishesError.claimNotFound(claim.id)
    }
    return try view(claim, of: wish, sight, in: transaction)
  }
}

// Reading claims.
extension WishesHandler {
  func getClaim(_ request: GetClaimRequest, _ snapshot: Snapshot) throws -> Claim {
    let (claim, wish, sight) = try visibleClaim(request.claimID, in: snapshot)
    return try view(claim, of: wish, sight, in: snapshot)
  }

  func listClaims(_ request: ListClaimsRequest, _ snapshot: Snapshot) throws -> ListClaimsResponse {
    let caller = snapshot.caller
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: [
        "claims", request.wishID, request.organisationID, "\(request.state.rawValue)",
        "\(request.confirmationOverdue)", caller.id,
      ])
    let (root, organisationID) = try claimRoot(of: request, in: snapshot)
    var claims = try ClaimStore.list(
      root, organisationID: organisationID,
      states: request.state == .unspecified ? Claim.State.real : [request.state],
      within: snapshot.reach.areas,
      before: page.cursor.first, limit: page.limit + 1, in: snapshot)
    let next = page.cut(&claims, sizeBytes: \.viewSizeBytes) { [$0.id] }
    return ListClaimsResponse(
      claims: try claims.compactMap { claim in
        let wish = try WishStore.referredWish(claim.wishID, in: snapshot)
        guard let sight = try sight(of: claim, of: wish, in: snapshot) else { return nil }
        return try view(claim, of: wish, sight, in: snapshot)
      }, nextPageToken: next)
  }

  /// What a list of claims is of, and the organisation that it keeps to.
  private func claimRoot(of request: ListClaimsRequest, in snapshot: Snapshot) throws -> (
    ClaimStore.Root, organisationID: String?
  ) {
    let caller = snapshot.caller
    let seesRecords = snapshot.isStaff || snapshot.isAuditor
    let isPartner = !seesRecords && snapshot.roles.contains(.partner)
    let named = request.organisationID.isEmpty ? nil : request.organisationID
    let isForeign = named != nil && named != caller.organisationID
    if isPartner, isForeign { throw WishesError.organisationNotYours }
    if !request.wishID.isEmpty {
      let (_, sight) = try visibleWish(request.wishID, in: snapshot)
      let root = ClaimStore.Root.wish(request.wishID, overdueOnly: request.confirmationOverdue)
      if sight.showsRecord { return (root, named) }
      if isForeign { throw WishesError.organisationNotYours }
      return (root, try callersOrganisation("ListClaims", in: snapshot))
    }
    if request.confirmationOverdue {
      guard seesRecords else { throw WishesError.listForStaff }
      return (.overdue, named)
    }
    if let named, seesRecords { return (.organisation(named), nil) }
    guard seesRecords || isPartner else { throw WishesError.listForStaff }
    return (.organisation(try callersOrganisation("ListClaims", in: snapshot)), nil)
  }
}
