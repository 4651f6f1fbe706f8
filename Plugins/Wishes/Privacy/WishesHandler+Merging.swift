import ModuleKit

// Wishers who turn out to be one person.
extension WishesHandler {
  /// Follows a merge in the register: the wishes of the entry that ended now belong to the one that goes on, sealed with
  /// that one's key. If either was erased meanwhile, so are they. A consent to publication that the person withdrew
  /// between the merge and its event, when the host found no wishes yet, is taken back now.
  func followMerge(_ event: WorkerMergedEvent, _ transaction: Transaction) throws {
    let ids = try WishStore.ids(ofWorker: event.sourceID, in: transaction)
    // The employments of both are the target's now.
    if ids.isEmpty { return try followEmployment(of: event.targetID, transaction) }
    // The target may have been merged on since; the register resolves it.
    let worker = try workers.worker(event.targetID, in: transaction)
    guard let worker, try !vault.vault.isErased(event.sourceID, in: transaction),
      try !vault.vault.isErased(worker.id, in: transaction)
    else {
      let pseudonym = transaction.makeID()
      for id in ids { try eraseWisher(of: id, as: pseudonym, in: transaction) }
      return
    }
    // The host moves consents by the same event, before this or after.
    let hasConsent = try consent.isGiven(
      byAnyOf: [event.sourceID, event.targetID, worker.id], in: transaction)
    for id in ids {
      var wish = try WishStore.referredWish(id, in: transaction)
      try move(&wish, to: worker, in: transaction)
      try save(
        &wish, after: HistoryStep(action: .wisherMerged, subjectID: event.sourceID), from: wish.state,
        in: transaction)
      if wish.publicationConsent, !hasConsent { try takeBackConsent(to: &wish, in: transaction) }
    }
    try followEmployment(of: worker.id, transaction)
  }

  /// Follows the beginning or the end of an employment: the platform that collected a wish sees it while it employs
  /// the wisher. What counts is what the register says now, so that the order of events does not matter.
  func followEmployment(of workerID: String, _ transaction: Transaction) throws {
    guard let standing = try workers.standing(workerID, in: transaction) else { return }
    try WishStore.saveEmployment(
      ofWorker: [workerID, standing.id], with: standing.platformIDs, in: transaction)
  }

  /// Makes another entry of the register a wish's wisher; the caller saves the wish.
  private func move(_ wish: inout WishRecord, to worker: WorkerSummary, in transaction: Transaction) throws {
    let source = wish.workerID
    func reseal(_ sealed: [UInt8]?, _ column: StaticString) throws -> [UInt8]? {
      try vault.reseal(sealed, from: source, to: worker.id, as: column, in: transaction)
    }
    wish.contact = try reseal(wish.contact, SealedColumn.contact)
    wish.draft = try reseal(wish.draft, SealedColumn.draft)
    wish.consentEvidence = try reseal(wish.consentEvidence, SealedColumn.consentEvidence)
    wish.stateReason = try reseal(wish.stateReason, SealedColumn.stateReason)
    for (number, reason) in try ErasureStore.historyReasons(of: wish.id, in: transaction) {
      try ErasureStore.saveReason(
        try reseal(reason, SealedColumn.historyReason), of: wish.id, number: number, in: transaction)
    }
    for var claim in try allClaims(of: wish.id, in: transaction) {
      claim.stateReason = try reseal(claim.stateReason, SealedColumn.claimStateReason)
      claim.comment = try reseal(claim.comment, SealedColumn.comment)
      if !claim.involvesMoney { claim.evidence = try reseal(claim.evidence, SealedColumn.evidence) }
      try ClaimStore.save(claim, in: transaction)
    }
    for (id, story) in try ErasureStore.stories(of: wish.id, in: transaction) {
      try ErasureStore.saveStory(try reseal(story, SealedColumn.story), ofReport: id, in: transaction)
    }
    wish.workerID = worker.id
    wish.wisherLabel = WisherLabel.label(of: worker.displayName)
    try WishStore.saveWisher(wish, in: transaction)
  }
}
