import ModuleKit

// Moderation: onto the list, back for correction, or refused.
extension WishesHandler {
  func approveWish(_ request: ApproveWishRequest, _ transaction: Transaction) throws -> Wish {
    var wish = try vault.opened(try ownWish(request.wishID, in: transaction), in: transaction)
    try WishesError.requireETag(request.etag, is: wish.etag, of: "wish")
    try require(.approveWish, of: wish)
    let parts = try WishStore.parts(of: wish, in: transaction)
    let wisherName = try requirePublicText(of: wish, parts: parts, in: transaction)
    let isDraft = wish.draft != nil
    wish.draft = nil
    if isDraft { try WishStore.publishPartNames(of: wish, in: transaction) }
    let from = wish.state
    wish.state = wish.units.state
    wish.listedAt = transaction.now
    wish.stateReason = nil
    try save(&wish, after: HistoryStep(action: .approved), from: from, publishes: isDraft, in: transaction)
    try transaction.emit(
      WishListedEvent(wishID: wish.id, areaCode: wish.publicAreaCode, category: wish.details.category),
      subject: wish.id)
    return try reply(wish, wisherName: wisherName, in: transaction)
  }

  func rejectWish(_ request: RejectWishRequest, _ transaction: Transaction) throws -> Wish {
    try requireText(request.reason, field: "reason")
    var wish = try ownWish(request.wishID, in: transaction)
    try WishesError.requireETag(request.etag, is: wish.etag, of: "wish")
    try require(.rejectWish, of: wish)
    let from = wish.state
    wish.state = .rejected
    wish.stateReason = try sealedReason(request.reason, of: wish, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .rejected, reason: request.reason), from: from, in: transaction)
    try transaction.emit(WishClosedEvent(wishID: wish.id, state: wish.state), subject: wish.id)
    return try reply(wish, in: transaction)
  }

  func returnWish(_ request: ReturnWishRequest, _ transaction: Transaction) throws -> Wish {
    try requireText(request.reason, field: "reason")
    var wish = try ownWish(request.wishID, in: transaction)
    try WishesError.requireETag(request.etag, is: wish.etag, of: "wish")
    try require(.returnWish, of: wish)
    let from = wish.state
    wish.state = .returned
    wish.stateReason = try sealedReason(request.reason, of: wish, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .returned, reason: request.reason), from: from, in: transaction)
    try transaction.emit(
      WishReturnedEvent(wishID: wish.id, organisationID: wish.collectedByOrganisationID), subject: wish.id)
    return try reply(wish, in: transaction)
  }

  func resubmitWish(_ request: ResubmitWishRequest, _ transaction: Transaction) throws -> Wish {
    var wish = try ownWish(request.wishID, in: transaction)
    try WishesError.requireETag(request.etag, is: wish.etag, of: "wish")
    try require(.resubmitWish, of: wish)
    let from = wish.state
    wish.state = .submitted
    wish.stateReason = nil
    try save(&wish, after: HistoryStep(action: .resubmitted), from: from, in: transaction)
    return try reply(wish, in: transaction)
  }

  /// Why a wish stands where it stands, as its row keeps it.
  func sealedReason(_ reason: String, of wish: WishRecord, in transaction: Transaction) throws -> [UInt8]? {
    try vault.seal(reason, of: wish.workerID, as: SealedColumn.stateReason, in: transaction)
  }

  /// Refuses to make texts public that hold personal data.
  /// - Parameter parts: those that the wish is to have.
  /// - Returns: the wisher's name, which was looked for in them.
  /// - Throws: `WishesError.personalDataInText`.
  @discardableResult
  func requirePublicText(of wish: WishRecord, parts: [PartRecord], in snapshot: Snapshot) throws -> String {
    let name = try workers.displayName(of: wish.workerID, in: snapshot) ?? ""
    var texts = [("title", wish.details.title), ("description", wish.details.description)]
    texts += parts.map { ("parts", $0.name) }
    for (field, text) in texts {
      if let finding = PersonalText.finding(in: text, name: name) {
        throw WishesError.personalDataInText(field: field, finding: finding)
      }
    }
    return name
  }
}
