import ModuleKit

// Fulfilling: delivery with evidence, and the wisher's word on it.
extension WishesHandler {
  func fulfilClaim(_ request: FulfilClaimRequest, _ transaction: Transaction) throws -> Claim {
    try requireText(request.text, field: "text")
    try requireReferences(request.photos, field: "photos")
    var (claim, wish) = try claimantsClaim(request.claimID, in: transaction)
    try WishesError.requireETag(request.etag, is: claim.etag, of: "claim")
    try require(.fulfilClaim, of: claim)
    claim.fulfilledAt = transaction.now
    claim.receiptsFen = request.receiptsFen
    let evidence = ClaimEvidence(text: request.text, photos: request.photos)
    claim.evidence = try vault.seal(evidence, for: claim, of: wish, in: transaction)
    claim.reminderCount = 0
    claim.stateReason = nil
    let from = wish.state
    try move(&claim, of: &wish, to: .fulfilled, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .claimFulfilled, subjectID: claim.id), from: from, in: transaction)
    try checkInvariants(of: wish, in: transaction)
    try transaction.cancel(Self.lapseTimer, key: claim.id)
    try transaction.schedule(
      Self.confirmationTimer, key: claim.id, at: transaction.now + Limits.confirmationReminders[0])
    try transaction.emit(
      ClaimFulfilledEvent(wishID: wish.id, claimID: claim.id, organisationID: claim.organisationID),
      subject: wish.id)
    return try reply(claim, of: wish, in: transaction)
  }

  func confirmFulfilment(_ request: ConfirmFulfilmentRequest, _ transaction: Transaction) throws -> Claim {
    var (claim, wish) = try wishersClaim(request.claimID, in: transaction)
    try WishesError.requireETag(request.etag, is: claim.etag, of: "claim")
    try require(.confirmFulfilment, of: claim)
    try require(.confirmFulfilment, of: wish)
    claim.confirmedAt = transaction.now
    claim.comment = try vault.seal(
      request.comment, of: wish.workerID, as: SealedColumn.comment, in: transaction)
    claim.rating = request.rating
    claim.isConfirmationOverdue = false
    let from = wish.state
    try move(&claim, of: &wish, to: .confirmed, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .claimConfirmed, subjectID: claim.id), from: from, in: transaction)
    try checkInvariants(of: wish, in: transaction)
    try transaction.cancel(Self.confirmationTimer, key: claim.id)
    try transaction.emit(
      ClaimConfirmedEvent(wishID: wish.id, claimID: claim.id, organisationID: claim.organisationID),
      subject: wish.id)
    if wish.state == .confirmed {
      try transaction.emit(
        WishFulfilledEvent(wishID: wish.id, areaCode: wish.publicAreaCode, category: wish.details.category),
        subject: wish.id)
    }
    return try reply(claim, of: wish, in: transaction)
  }

  func disputeFulfilment(_ request: DisputeFulfilmentRequest, _ transaction: Transaction) throws -> Claim {
    try requireText(request.reason, field: "reason")
    var (claim, wish) = try wishersClaim(request.claimID, in: transaction)
    try WishesError.requireETag(request.etag, is: claim.etag, of: "claim")
    try require(.disputeFulfilment, of: claim)
    try require(.disputeFulfilment, of: wish)
    claim.disputeCount += 1
    claim.stateReason = try sealedClaimReason(request.reason, of: wish, in: transaction)
    claim.isConfirmationOverdue = false
    claim.fulfilledAt = nil
    claim.evidence = nil
    claim.receiptsFen = 0
    claim.expiresAt = transaction.now + Limits.disputeHold
    let from = wish.state
    try move(&claim, of: &wish, to: .active, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .claimDisputed, subjectID: claim.id, reason: request.reason),
      from: from,
      in: transaction)
    try checkInvariants(of: wish, in: transaction)
    try transaction.cancel(Self.confirmationTimer, key: claim.id)
    try transaction.schedule(Self.lapseTimer, key: claim.id, at: claim.expiresAt)
    try transaction.emit(
      ClaimDisputedEvent(wishID: wish.id, claimID: claim.id, organisationID: claim.organisationID),
      subject: wish.id)
    return try reply(claim, of: wish, in: transaction)
  }

  /// Reminds the wisher's side of a delivery that waits for confirmation. Silence confirms nothing: after the last
  /// reminder the delivery is on the list of those that staff of the area have to ask about.
  func remindOfConfirmation(_ id: String, _ transaction: Transaction) throws {
    guard var claim = try ClaimStore.claim(id, in: transaction), claim.state == .fulfilled,
      let fulfilledAt = claim.fulfilledAt
    else { return }
    var wish = try WishStore.referredWish(claim.wishID, in: transaction)
    guard wish.state != .withdrawn else { return }
    claim.reminderCount += 1
    claim.version += 1
    claim.updatedAt = transaction.now
    let isLast = Int(claim.reminderCount) >= Limits.confirmationReminders.count
    claim.isConfirmationOverdue = isLast
    try ClaimStore.save(claim, in: transaction)
    let action: WishHistoryEntry.Action = isLast ? .confirmationEscalated : .confirmationReminded
    try save(&wish, after: HistoryStep(action: action, subjectID: id), from: wish.state, in: transaction)
    if !isLast {
      try transaction.schedule(
        Self.confirmationTimer, key: id,
        at: fulfilledAt + Limits.confirmationReminders[Int(claim.reminderCount)])
    }
    try transaction.emit(
      ConfirmationDueEvent(wishID: wish.id, claimID: id, reminder: claim.reminderCount, escalated: isLast),
      subject: wish.id)
  }

  /// Refuses references that are empty or hold spaces or control characters: they are addresses or keys.
  /// - Throws: `WishesError.invalid`.
  func requireReferences(_ references: [String], field: String) throws {
    for (index, reference) in references.enumerated() {
      let isPlain = reference.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f }
      guard !reference.isEmpty, isPlain else {
        throw WishesError.invalid([
          FieldViolation(
            "\(field)[\(index)]", "NOT_A_REFERENCE", "must be an address or a key, without spaces",
            "须为链接或文件标识,不能含空格")
        ])
      }
    }
  }
}
