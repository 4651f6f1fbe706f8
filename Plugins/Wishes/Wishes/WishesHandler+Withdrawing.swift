import ModuleKit

// Withdrawing a wish, consent to publication, and wishers who turn out to be one person.
extension WishesHandler {
  func withdrawWish(_ request: WithdrawWishRequest, _ transaction: Transaction) throws -> Wish {
    try requireText(request.reason, field: "reason")
    var wish = try ownWish(request.wishID, in: transaction)
    try require(etag: request.etag, current: wish.etag, of: "wish")
    try require(.withdrawWish, of: wish)
    let from = wish.state
    for id in try ClaimStore.ids(of: wish.id, in: .active, in: transaction) {
      try cancelClaim(id, of: &wish, in: transaction)
    }
    for id in try ClaimStore.ids(of: wish.id, in: .fulfilled, in: transaction) {
      try transaction.cancel(Self.confirmationTimer, key: id)
      try stopAskingForConfirmation(of: id, in: transaction)
    }
    wish.state = .withdrawn
    wish.stateReason = request.reason
    try withdrawReports(of: &wish, reason: "the wish was withdrawn", in: transaction)
    try save(
      &wish, after: HistoryStep(action: .withdrawn, reason: request.reason), from: from, in: transaction)
    try checkInvariants(of: wish, in: transaction)
    try transaction.emit(WishClosedEvent(wishID: wish.id, state: wish.state), subject: wish.id)
    return try reply(wish, in: transaction)
  }

  func setPublicationConsent(_ request: SetPublicationConsentRequest, _ transaction: Transaction) throws
    -> Wish
  {
    var wish = try ownWish(request.wishID, in: transaction)
    if request.publicationConsent, request.evidence.isEmpty {
      var flaw = Flaw.consentEvidenceMissing
      flaw.field = "evidence"
      throw WishesError.invalid([flaw])
    }
    // Said again, consent changes nothing, so that a repeated call leaves no second trace.
    if request.publicationConsent == wish.publicationConsent { return try reply(wish, in: transaction) }
    wish.publicationConsent = request.publicationConsent
    wish.consentEvidence = request.evidence
    if !request.publicationConsent {
      try withdrawReports(of: &wish, reason: "consent was withdrawn", in: transaction)
    }
    let action: WishHistoryEntry.Action = request.publicationConsent ? .consentGiven : .consentWithdrawn
    try save(
      &wish, after: HistoryStep(action: action, reason: request.evidence), from: wish.state, in: transaction)
    return try reply(wish, in: transaction)
  }

  /// Follows a merge in the register: the wishes of the entry that ended now belong to the one that goes on.
  func followMerge(_ event: WorkerMergedEvent, _ transaction: Transaction) throws {
    let worker = try workers.worker(event.targetID, in: transaction)
    for id in try WishStore.ids(ofWorker: event.sourceID, in: transaction) {
      var wish = try WishStore.referredWish(id, in: transaction)
      // The target may have been merged on since; the register resolves it.
      wish.workerID = worker?.id ?? event.targetID
      wish.wisherLabel = WisherLabel.label(of: worker?.displayName ?? "")
      try WishStore.saveWisher(wish, in: transaction)
      try save(
        &wish, after: HistoryStep(action: .wisherMerged, subjectID: event.sourceID), from: wish.state,
        in: transaction)
    }
  }

  /// Ends an open claim because its wish is withdrawn. The claimant is told that much and not why.
  private func cancelClaim(_ id: String, of wish: inout WishRecord, in transaction: Transaction) throws {
    guard var claim = try ClaimStore.claim(id, in: transaction) else { throw WishesError.claimNotFound(id) }
    try transaction.cancel(Self.lapseTimer, key: id)
    claim.stateReason = "the wish was withdrawn"
    let state = wish.state
    try move(&claim, of: &wish, to: .cancelled, in: transaction)
    wish.state = state
    try HistoryStore.append(
      HistoryStep(action: .claimCancelled, subjectID: id), to: &wish, from: state,
      actor: transaction.caller.actor, in: transaction)
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
