import ModuleKit

// Withdrawing a wish, and consent to publication.
extension WishesHandler {
  func withdrawWish(_ request: WithdrawWishRequest, _ transaction: Transaction) throws -> Wish {
    try requireText(request.reason, field: "reason")
    var wish = try ownWish(request.wishID, in: transaction)
    try WishesError.requireETag(request.etag, is: wish.etag, of: "wish")
    try require(.withdrawWish, of: wish)
    wish.stateReason = try sealedReason(request.reason, of: wish, in: transaction)
    try withdraw(&wish, reason: request.reason, in: transaction)
    return try reply(wish, in: transaction)
  }

  /// Withdraws a wish that has not ended: open claims are cancelled, nobody is asked to confirm any more, published
  /// reports are taken down.
  func withdraw(_ wish: inout WishRecord, reason: String, in transaction: Transaction) throws {
    let from = wish.state
    for id in try ClaimStore.ids(of: wish.id, in: .active, in: transaction) {
      try cancelClaim(id, of: &wish, in: transaction)
    }
    for id in try ClaimStore.ids(of: wish.id, in: .fulfilled, in: transaction) {
      try transaction.cancel(Self.confirmationTimer, key: id)
      try stopAskingForConfirmation(of: id, in: transaction)
    }
    wish.state = .withdrawn
    try withdrawReports(of: &wish, detail: "the wish was withdrawn", in: transaction)
    try save(&wish, after: HistoryStep(action: .withdrawn, reason: reason), from: from, in: transaction)
    try checkInvariants(of: wish, in: transaction)
    try transaction.emit(WishClosedEvent(wishID: wish.id, state: wish.state), subject: wish.id)
  }

  func setPublicationConsent(_ request: SetPublicationConsentRequest, _ transaction: Transaction) throws
    -> Wish
  {
    var wish = try ownWish(request.wishID, in: transaction)
    if request.publicationConsent, request.evidence.isEmpty {
      var violation = FieldViolation.consentEvidenceMissing
      violation.field = "evidence"
      throw WishesError.invalid([violation])
    }
    // Said again, consent changes nothing, so that a repeated call leaves no second trace.
    if request.publicationConsent == wish.publicationConsent { return try reply(wish, in: transaction) }
    let wisherID = try requireWisher(of: wish, in: transaction)
    wish.publicationConsent = request.publicationConsent
    wish.consentEvidence = try vault.seal(
      request.evidence, of: wish.workerID, as: SealedColumn.consentEvidence, in: transaction)
    if request.publicationConsent {
      try consent.record(request.evidence, of: wisherID, in: transaction)
    } else {
      try withdrawReports(of: &wish, detail: "consent was withdrawn", in: transaction)
    }
    let action: WishHistoryEntry.Action = request.publicationConsent ? .consentGiven : .consentWithdrawn
    try save(
      &wish, after: HistoryStep(action: action, reason: request.evidence), from: wish.state, in: transaction)
    return try reply(wish, in: transaction)
  }

  /// Takes the consent to a wish's publication back because the host has it no longer.
  func takeBackConsent(to wish: inout WishRecord, in transaction: Transaction) throws {
    wish.publicationConsent = false
    wish.consentEvidence = nil
    try withdrawReports(of: &wish, detail: "consent was withdrawn", in: transaction)
    try save(&wish, after: HistoryStep(action: .consentWithdrawn), from: wish.state, in: transaction)
  }

  /// Ends an open claim because its wish is withdrawn. The claimant is told that much and not why.
  private func cancelClaim(_ id: String, of wish: inout WishRecord, in transaction: Transaction) throws {
    guard var claim = try ClaimStore.claim(id, in: transaction) else { throw WishesError.claimNotFound(id) }
    try transaction.cancel(Self.lapseTimer, key: id)
    claim.stateReason = nil
    let state = wish.state
    try move(&claim, of: &wish, to: .cancelled, in: transaction)
    wish.state = state
    try record(HistoryStep(action: .claimCancelled, subjectID: id), to: &wish, from: state, in: transaction)
    try transaction.emit(
      ClaimCancelledEvent(wishID: wish.id, claimID: id, organisationID: claim.organisationID),
      subject: wish.id)
  }

  /// Takes a delivery off the list of those that staff have to ask about.
  private func stopAskingForConfirmation(of id: String, in transaction: Transaction) throws {
    guard var claim = try ClaimStore.claim(id, in: transaction), claim.isConfirmationOverdue else { return }
    claim.isConfirmationOverdue = false
    claim.version += 1
    claim.updatedAt = transaction.now
    try ClaimStore.save(claim, in: transaction)
  }
}
