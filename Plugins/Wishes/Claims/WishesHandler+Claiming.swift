import ModuleKit

// Claiming: taking a wish or a share of it, giving it up, taking longer, letting it lapse.
extension WishesHandler {
  func claimWish(_ request: ClaimWishRequest, _ transaction: Transaction) throws -> Wish {
    let organisation = try claimant(request.organisationID, in: transaction)
    var (wish, _) = try visibleWish(request.wishID, in: transaction)
    if wish.state == .claimed { throw try alreadyClaimed(wish, in: transaction) }
    try require(.claimWish, of: wish)
    try WishesError.requireETag(request.etag, is: wish.etag, of: "wish")
    guard wish.claimCount < Limits.claimsPerWish else {
      throw WishesError.tooManyClaims(limit: Limits.claimsPerWish)
    }
    let hold = request.holdSeconds == 0 ? Limits.defaultHold : .seconds(request.holdSeconds)
    guard hold >= Limits.minimumHold else {
      throw WishesError.invalid([
        FieldViolation(
          "hold_seconds", "HOLD_TOO_SHORT", "must be 10 or more, or 0 for 7 days", "须不少于10秒;0 表示7天")
      ])
    }
    let units = try claimedUnits(request, of: wish, in: transaction)

    var claim = ClaimRecord(
      id: transaction.makeID(), wishID: wish.id, organisationID: organisation.id,
      organisationName: organisation.name, units: units, createdAt: transaction.now,
      updatedAt: transaction.now, expiresAt: transaction.now + hold)
    claim.amountFen = wish.details.sharing == .byMoney ? units : 0
    let contact = ClaimContact(
      note: request.note, name: request.contactName,
      phone: PhoneNumber.normalised(request.contactPhone) ?? "")
    claim.contact = try vault.seal(contact, of: claim.id, in: transaction)
    try ClaimStore.insert(claim, parts: request.parts, in: transaction)
    let from = wish.state
    wish.claimCount += 1
    wish.units.move(units, from: .unspecified, to: .active)
    wish.state = wish.units.state
    for part in request.parts {
      try WishStore.movePart(
        part.number, of: wish.id, taken: Int64(part.quantity), confirmed: 0, in: transaction)
    }
    try save(
      &wish, after: HistoryStep(action: .claimed, subjectID: claim.id), from: from, in: transaction)
    try checkInvariants(of: wish, in: transaction)
    try transaction.schedule(Self.lapseTimer, key: claim.id, at: claim.expiresAt)
    try transaction.emit(
      WishClaimedEvent(
        wishID: wish.id, claimID: claim.id, organisationID: claim.organisationID,
        expireTime: ProtoTimestamp(claim.expiresAt), state: wish.state), subject: wish.id)
    return try reply(wish, claim: claim, in: transaction)
  }

  func releaseClaim(_ request: ReleaseClaimRequest, _ transaction: Transaction) throws -> Claim {
    try requireText(request.reason, field: "reason")
    var (claim, wish) = try claimantsClaim(request.claimID, in: transaction)
    try WishesError.requireETag(request.etag, is: claim.etag, of: "claim")
    try require(.releaseClaim, of: claim)
    try transaction.cancel(Self.lapseTimer, key: claim.id)
    claim.stateReason = try sealedClaimReason(request.reason, of: wish, in: transaction)
    let from = wish.state
    try move(&claim, of: &wish, to: .released, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .claimReleased, subjectID: claim.id, reason: request.reason),
      from: from,
      in: transaction)
    try checkInvariants(of: wish, in: transaction)
    try transaction.emit(
      ClaimReleasedEvent(wishID: wish.id, claimID: claim.id, organisationID: claim.organisationID),
      subject: wish.id)
    return try reply(claim, of: wish, in: transaction)
  }

  func extendClaim(_ request: ExtendClaimRequest, _ transaction: Transaction) throws -> Claim {
    try requireText(request.reason, field: "reason")
    var (claim, wish) = try claimantsClaim(request.claimID, in: transaction)
    try WishesError.requireETag(request.etag, is: claim.etag, of: "claim")
    try require(.extendClaim, of: claim)
    guard claim.extensionCount < Limits.maximumExtensions else {
      throw WishesError.noExtensionLeft(limit: Limits.maximumExtensions)
    }
    let extra = request.extraSeconds == 0 ? Limits.defaultHold : .seconds(request.extraSeconds)
    let expiresAt = claim.expiresAt + extra
    guard expiresAt - claim.createdAt <= Limits.maximumTotalHold else {
      throw WishesError.holdTooLong(limitDays: Limits.maximumTotalHold.components.seconds / 86_400)
    }
    claim.expiresAt = expiresAt
    claim.extensionCount += 1
    claim.version += 1
    claim.updatedAt = transaction.now
    try ClaimStore.save(claim, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .claimExtended, subjectID: claim.id, reason: request.reason),
      from: wish.state, in: transaction)
    try transaction.schedule(Self.lapseTimer, key: claim.id, at: claim.expiresAt)
    return try reply(claim, of: wish, in: transaction)
  }

  /// Ends a claim whose time has run out: its share goes back on the list. Does nothing for a claim that is no
  /// longer open, or whose time was extended meanwhile.
  func lapseClaim(_ id: String, _ transaction: Transaction) throws {
    guard var claim = try ClaimStore.claim(id, in: transaction), claim.state == .active,
      claim.expiresAt <= transaction.now
    else { return }
    var wish = try WishStore.referredWish(claim.wishID, in: transaction)
    let from = wish.state
    claim.stateReason = nil
    try move(&claim, of: &wish, to: .lapsed, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .claimLapsed, subjectID: claim.id), from: from, in: transaction)
    try checkInvariants(of: wish, in: transaction)
    try transaction.emit(
      ClaimLapsedEvent(wishID: wish.id, claimID: claim.id, organisationID: claim.organisationID),
      subject: wish.id)
  }
}

// Who claims and how much.
extension WishesHandler {
  /// The organisation that claims: the caller's own, or, for staff, any that takes part.
  private func claimant(_ named: String, in transaction: Transaction) throws -> OrganisationSummary {
    if !named.isEmpty, !transaction.isStaff, named != transaction.caller.organisationID {
      throw WishesError.organisationNotYours
    }
    let id = named.isEmpty ? try callersOrganisation("ClaimWish", in: transaction) : named
    guard let organisation = try organisations.organisation(id, in: transaction) else {
      throw WishesError.organisationNotFound
    }
    guard organisation.isActive else { throw WishesError.organisationClosed }
    return organisation
  }

  private func alreadyClaimed(_ wish: WishRecord, in snapshot: Snapshot) throws -> WishesError {
    let expiry = try ClaimStore.earliestExpiry(ofWish: wish.id, in: snapshot)
    return .alreadyClaimed(wishID: wish.id, expiresAtSeconds: (expiry?.milliseconds ?? 0) / 1000)
  }

  /// What a claim asks for, in the wish's units, found to be open.
  private func claimedUnits(_ request: ClaimWishRequest, of wish: WishRecord, in snapshot: Snapshot) throws
    -> Int64
  {
    let sharing = wish.details.sharing
    if sharing != .byParts, !request.parts.isEmpty {
      throw WishesError.invalid([
        FieldViolation(
          "parts", "NOT_SHARED_BY_PARTS", "the wish is not shared by parts; leave them out", "该心愿不按件分担")
      ])
    }
    if sharing != .byMoney, request.amountFen != 0 {
      throw WishesError.invalid([
        FieldViolation(
          "amount_fen", "NOT_SHARED_BY_MONEY", "the wish is not shared by money; leave it out", "该心愿不按金额分担")
      ])
    }
    switch sharing {
    case .byMoney:
      guard request.amountFen > 0 else {
        throw WishesError.invalid([
          FieldViolation("amount_fen", "AMOUNT_MISSING", "say how much you pledge, in fen", "请填写认捐金额(分)")
        ])
      }
      guard request.amountFen <= wish.units.open else {
        throw WishesError.exceedsNeed(field: "amount_fen", asked: request.amountFen, open: wish.units.open)
      }
      return request.amountFen
    case .byParts:
      return try claimedPieces(request.parts, of: wish, in: snapshot)
    case .unspecified, .exclusive, .unrecognized:
      return 1
    }
  }

  private func claimedPieces(_ asked: [ClaimPart], of wish: WishRecord, in snapshot: Snapshot) throws -> Int64
  {
    guard !asked.isEmpty else {
      throw WishesError.invalid([
        FieldViolation("parts", "PARTS_MISSING", "say which parts you take and how many", "请选择认领的物品和数量")
      ])
    }
    let parts = try WishStore.parts(of: wish, in: snapshot)
    var seen: Set<Int32> = []
    for (index, part) in asked.enumerated() {
      guard let wanted = parts.first(where: { $0.number == part.number }) else {
        throw WishesError.invalid([
          FieldViolation("parts[\(index)].number", "PART_UNKNOWN", "the wish has no such part", "心愿中没有该物品")
        ])
      }
      guard seen.insert(part.number).inserted else {
        throw WishesError.invalid([
          FieldViolation(
            "parts[\(index)].number", "PART_TWICE", "stands twice; give the sum once", "物品重复,请合并数量")
        ])
      }
      let open = wanted.quantity - wanted.taken
      guard part.quantity <= open else {
        throw WishesError.exceedsNeed(
          field: "parts[\(index)].quantity", asked: Int64(part.quantity), open: Int64(open))
      }
    }
    return asked.reduce(0) { $0 + Int64($1.quantity) }
  }
}
