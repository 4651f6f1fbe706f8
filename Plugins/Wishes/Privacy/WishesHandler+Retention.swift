import ModuleKit

// What becomes of personal data when a wish has ended, and when the wisher asks for it to be gone.
extension WishesHandler {
  /// Has the personal data of a wish that has ended deleted in time. What is written after that time, such as a word
  /// on consent, stays as long again.
  func armRetention(of wish: inout WishRecord, in transaction: Transaction) throws {
    guard wish.state.isFinal else { return }
    guard let endedAt = wish.endedAt else {
      wish.endedAt = transaction.now
      return try transaction.schedule(
        Self.retentionTimer, key: wish.id, at: transaction.now + Retention.afterEnd)
    }
    guard endedAt + Retention.afterEnd <= transaction.now else { return }
    try transaction.schedule(
      Self.retentionTimer, key: wish.id, at: transaction.now + Retention.afterEnd)
  }

  /// Deletes what is personal of a wish that ended long enough ago. The evidence of deliveries with money waits for the
  /// end of its own time, for which the timer is set again.
  func deleteExpired(_ id: String, _ transaction: Transaction) throws {
    guard let wish = try WishStore.wish(id, in: transaction), wish.endedAt != nil else { return }
    try ErasureStore.deleteDetails(of: id, in: transaction)
    var next: Instant?
    for claim in try allClaims(of: id, in: transaction) {
      let keptUntil = claim.accountingEnd.flatMap { $0 > transaction.now ? $0 : nil }
      try ErasureStore.deleteWisher(ofClaim: claim.id, withEvidence: keptUntil == nil, in: transaction)
      try ErasureStore.deleteContact(ofClaim: claim.id, in: transaction)
      try vault.forget(claim.id, in: transaction)
      if let keptUntil { next = next.map { min($0, keptUntil) } ?? keptUntil }
    }
    if let next {
      try transaction.schedule(Self.retentionTimer, key: id, at: next)
    } else {
      try vault.forget(id, in: transaction)
    }
  }

  /// Erases the wisher from a wish. One that has not ended is withdrawn first, so that claimants stop: nobody can bring
  /// anything to somebody of whom nothing is known.
  /// - Parameter pseudonym: what takes the place of the worker's identifier.
  func eraseWisher(of id: String, as pseudonym: String, in transaction: Transaction) throws {
    var wish = try WishStore.referredWish(id, in: transaction)
    if wish.state.isFinal {
      try withdrawReports(of: &wish, detail: "the wisher's data was erased", in: transaction)
    } else {
      wish.stateReason = nil
      try withdraw(&wish, reason: "", in: transaction)
    }
    try save(&wish, after: HistoryStep(action: .wisherErased), from: wish.state, in: transaction)
    try deleteDetails(of: id, in: transaction)
    try ErasureStore.deleteReports(of: id, in: transaction)
    try ErasureStore.pseudonymise(wish, as: pseudonym, in: transaction)
  }

  /// Deletes what only the fulfilment of a wish needed to know of its wisher: contact, reasons, comments, a draft that
  /// never became public, and the evidence of deliveries, less what belongs to a receipt.
  func deleteDetails(of id: String, in transaction: Transaction) throws {
    try ErasureStore.deleteDetails(of: id, in: transaction)
    for claim in try allClaims(of: id, in: transaction) {
      try ErasureStore.deleteWisher(
        ofClaim: claim.id, withEvidence: !claim.involvesMoney, in: transaction)
    }
  }

  /// Every claim of a wish, over its whole life.
  func allClaims(of wishID: String, in snapshot: Snapshot) throws -> [ClaimRecord] {
    try ClaimStore.claims(of: wishID, organisationID: nil, limit: Limits.claimsPerWish, in: snapshot)
  }

  /// Refuses to write down anything more about a wisher who was erased.
  /// - Returns: the wisher's identifier, a merged one resolved.
  /// - Throws: `WishesError.wisherErased`.
  @discardableResult
  func requireWisher(of wish: WishRecord, in snapshot: Snapshot) throws -> String {
    guard let wisher = try workers.standing(wish.workerID, in: snapshot) else {
      throw WishesError.wisherErased
    }
    return wisher.id
  }
}
