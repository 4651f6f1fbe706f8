import ModuleKit

/// Makes messages from records, with no more in them than the caller may see.
extension WishesHandler {
  /// A wish as a reply: with contact details where the caller sees them, and with the claims that the caller sees.
  /// - Parameters:
  ///   - wisherName: the wisher's name, if the register was asked for it already.
  ///   - claim: the wish's one claim, if it is at hand.
  func view(
    _ wish: WishRecord, _ sight: WishSight, wisherName: String? = nil, claim: ClaimRecord? = nil,
    in snapshot: Snapshot
  ) throws -> Wish {
    var view = try listView(wish, sight, in: snapshot)
    if sight.showsContact {
      let contact = try vault.contact(of: wish, in: snapshot)
      view.wisherName =
        try wisherName ?? workers.displayName(of: wish.workerID, in: snapshot) ?? ""
      view.contactPhone = contact.phone
      view.deliveryAddress = contact.address
    }
    if wish.claimCount > 0 { view.claims = try claims(of: wish, sight, known: claim, in: snapshot) }
    return view
  }

  /// A wish as lists show it: without claims and contact details.
  func listView(_ wish: WishRecord, _ sight: WishSight, in snapshot: Snapshot) throws -> Wish {
    var view = Wish(
      id: wish.id, etag: wish.etag, state: wish.state, title: wish.publicTitle,
      description: wish.publicDescription, category: wish.details.category, need: wish.details.need,
      sharing: wish.details.sharing, delivery: wish.details.delivery,
      areaCode: wish.publicAreaCode, wisherLabel: wish.wisherLabel,
      beneficiaries: wish.details.beneficiaries, estimatedCostFen: wish.details.estimatedCostFen,
      openUnits: wish.openUnits, publicationConsent: wish.publicationConsent,
      createTime: ProtoTimestamp(wish.createdAt), updateTime: ProtoTimestamp(wish.updatedAt),
      listTime: wish.listedAt.map { ProtoTimestamp($0) }, source: wish.source)
    view.parts = try WishStore.parts(of: wish, in: snapshot).map { wish.view(of: $0) }
    if sight.showsRecord {
      view.areaCode = wish.areaCode
      view.workerID = wish.workerID
      view.collectedByOrganisationID = wish.collectedByOrganisationID
      if sight != .auditor {
        view.draft = try draft(of: wish, in: snapshot)
        view.consentEvidence = try vault.open(
          wish.consentEvidence, of: wish.workerID, as: SealedColumn.consentEvidence, in: snapshot)
        view.stateReason = try vault.open(
          wish.stateReason, of: wish.workerID, as: SealedColumn.stateReason, in: snapshot)
      }
    }
    return view
  }

  /// What a wish says while it is not public, for the host to mask; nil for one that is, and where nothing is left.
  private func draft(of wish: WishRecord, in snapshot: Snapshot) throws -> WishDraft? {
    guard wish.draft != nil else { return nil }
    let wish = try vault.opened(wish, in: snapshot)
    let draft = WishDraft(
      title: wish.details.title, description: wish.details.description, partNames: wish.partNames ?? [])
    return draft == WishDraft() ? nil : draft
  }

  private func claims(
    of wish: WishRecord, _ sight: WishSight, known: ClaimRecord?, in snapshot: Snapshot
  ) throws -> [Claim] {
    let organisationID: String?
    switch sight {
    case .staff, .auditor, .wisherSide: organisationID = nil
    case .claimant: organisationID = snapshot.caller.organisationID
    case .stranger: return []
    }
    let claims: [ClaimRecord]
    if let known {
      claims = organisationID.map { $0 == known.organisationID } ?? true ? [known] : []
    } else {
      claims = try ClaimStore.claims(
        of: wish.id, organisationID: organisationID, limit: Limits.claimsShown, in: snapshot)
    }
    return try claims.compactMap { claim in
      guard let sight = try self.sight(of: claim, of: wish, in: snapshot) else { return nil }
      return try view(claim, of: wish, sight, in: snapshot)
    }
  }

  /// A claim as a reply.
  func view(_ claim: ClaimRecord, of wish: WishRecord, _ sight: ClaimSight, in snapshot: Snapshot) throws
    -> Claim
  {
    var view = Claim(
      id: claim.id, etag: claim.etag, wishID: claim.wishID, state: claim.state,
      organisationID: claim.organisationID, organisationName: claim.organisationName,
      amountFen: claim.amountFen, createTime: ProtoTimestamp(claim.createdAt),
      updateTime: ProtoTimestamp(claim.updatedAt), expireTime: ProtoTimestamp(claim.expiresAt),
      extensionCount: claim.extensionCount, disputeCount: claim.disputeCount, rating: claim.rating,
      confirmTime: claim.confirmedAt.map { ProtoTimestamp($0) },
      confirmationOverdue: claim.isConfirmationOverdue)
    if wish.details.sharing == .byParts { view.parts = try ClaimStore.parts(of: claim.id, in: snapshot) }
    let showsPersonalData = sight != .auditor
    if let time = claim.fulfilledAt {
      let evidence =
        showsPersonalData ? try vault.evidence(of: claim, of: wish, in: snapshot) : ClaimEvidence()
      view.fulfilment = Fulfilment(
        text: evidence.text, photos: evidence.photos, receiptsFen: claim.receiptsFen,
        time: ProtoTimestamp(time))
    }
    if showsPersonalData {
      let contact = try vault.contact(of: claim, in: snapshot)
      view.contactName = contact.name
      view.contactPhone = contact.phone
      if sight != .wisherSide { view.note = contact.note }
      view.stateReason = try vault.open(
        claim.stateReason, of: wish.workerID, as: SealedColumn.claimStateReason, in: snapshot)
      view.confirmationComment = try vault.open(
        claim.comment, of: wish.workerID, as: SealedColumn.comment, in: snapshot)
    }
    return view
  }

  /// A report as a reply: what it says is public while it is published, and a draft else, for the host to mask.
  func view(_ report: ReportRecord, of wish: WishRecord, in snapshot: Snapshot) throws -> Report {
    var view = Report(
      id: report.id, etag: report.etag, wishID: report.wishID, state: report.state,
      areaCode: wish.publicAreaCode,
      organisationID: report.organisationID, createTime: ProtoTimestamp(report.createdAt),
      updateTime: ProtoTimestamp(report.updatedAt), publishTime: report.publishedAt.map { ProtoTimestamp($0) }
    )
    let story = try vault.story(of: report, of: wish, in: snapshot)
    if report.state == .published {
      view.title = story.title
      view.text = story.text
      view.media = story.media
    } else if story != ReportStory() {
      view.draft = ReportDraft(title: story.title, text: story.text, media: story.media)
    }
    return view
  }
}

extension WishRecord {
  /// The wish's area, no closer than the street.
  var publicAreaCode: String { String(areaCode.prefix(9)) }

  /// What can be claimed: nothing before moderation, nor once the wish was withdrawn or refused, whatever claims hold.
  fileprivate var openUnits: Int64 { state == .listed ? units.open : 0 }

  /// A part as a reply. Who claims a wish whole takes every part whole, which no row says of the part; money is pledged
  /// for no part.
  fileprivate func view(of part: PartRecord) -> WishPart {
    // The record may have been opened: what is in a draft stays there.
    var view = WishPart(
      number: part.number, name: draft == nil ? part.name : "", quantity: part.quantity,
      takenQuantity: part.taken, confirmedQuantity: part.confirmed)
    switch details.sharing {
    case .byParts, .byMoney: break
    case .unspecified, .exclusive, .unrecognized:
      if units.held > 0 { view.takenQuantity = part.quantity }
      if units.confirmed > 0 { view.confirmedQuantity = part.quantity }
    }
    return view
  }
}
