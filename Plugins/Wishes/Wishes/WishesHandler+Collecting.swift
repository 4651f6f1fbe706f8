import ModuleKit

// Collecting and correcting wishes.
extension WishesHandler {
  func collectWish(_ request: CollectWishRequest, _ transaction: Transaction) throws -> Wish {
    let caller = transaction.caller
    let worker = try wisher(request.workerID, in: transaction)
    guard let area = try areas.area(request.areaCode, in: transaction) else {
      throw WishesError.areaNotFound(request.areaCode)
    }
    guard caller.reaches(area.code.text) else { throw WishesError.areaNotYours(area.code.text) }
    guard try WishStore.openCount(ofWorker: worker.id, in: transaction) < Limits.openWishesPerWorker else {
      throw WishesError.tooManyWishes(limit: Limits.openWishesPerWorker)
    }
    let details = details(of: request)
    let parts = Self.records(of: request.parts)
    var flaws = Self.flaws(of: details, parts: request.parts)
    if request.publicationConsent, request.consentEvidence.isEmpty { flaws.append(.consentEvidenceMissing) }
    guard flaws.isEmpty else { throw WishesError.invalid(flaws) }

    var wish = WishRecord(
      id: transaction.makeID(), workerID: worker.id, wisherLabel: WisherLabel.label(of: worker.displayName),
      details: details, source: request.source, areaCode: area.code.text,
      units: Self.units(of: details, parts: parts), createdAt: transaction.now, updatedAt: transaction.now)
    wish.publicationConsent = request.publicationConsent
    wish.consentEvidence = request.publicationConsent ? request.consentEvidence : ""
    wish.collectedByOrganisationID = caller.organisationID ?? ""
    // The row has to stand before its history can refer to it, and already counts the one step that follows.
    wish.historyCount = 1
    try WishStore.insert(wish, parts: parts, in: transaction)
    wish.historyCount = 0
    try HistoryStore.append(
      HistoryStep(action: .collected), to: &wish, from: .unspecified, actor: caller.actor, in: transaction)
    try transaction.emit(
      WishCollectedEvent(wishID: wish.id, areaCode: wish.publicAreaCode, category: wish.details.category),
      subject: wish.id)
    return try reply(wish, in: transaction)
  }

  func updateWish(_ request: UpdateWishRequest, _ transaction: Transaction) throws -> Wish {
    var wish = try ownWish(request.wishID, in: transaction)
    try require(etag: request.etag, current: wish.etag, of: "wish")
    try require(.updateWish, of: wish)
    // What is on the list was moderated; only staff may change it without moderation.
    if wish.state == .listed, !transaction.caller.isStaff {
      throw WishesError.wishStateConflict(
        step: WishStep.updateWish.rawValue, state: wish.state.name,
        allowed: [Wish.State.submitted.name, Wish.State.returned.name])
    }
    guard wish.units.held == 0 else { throw WishesError.wishPartlyClaimed }

    let fields = try UpdatedFields(request)
    let details = fields.applied(to: wish.details)
    let oldParts = try WishStore.parts(of: wish, in: transaction)
    let parts = fields.contains("parts") ? Self.records(of: request.parts) : oldParts
    let flaws = Self.flaws(of: details, parts: parts.map { WishPart(name: $0.name, quantity: $0.quantity) })
    guard flaws.isEmpty else { throw WishesError.invalid(flaws) }
    wish.details = details
    wish.details.partCount = parts.count
    if wish.state == .listed { try requirePublicText(of: wish, in: transaction) }
    wish.units = Self.units(of: wish.details, parts: parts)
    try WishStore.saveDetails(wish, in: transaction)
    if parts != oldParts { try WishStore.replaceParts(of: wish.id, with: parts, in: transaction) }
    try save(
      &wish, after: HistoryStep(action: .updated, reason: fields.names.joined(separator: ", ")),
      from: wish.state,
      in: transaction)
    return try reply(wish, in: transaction)
  }

  /// The worker for whom a wish is collected: anyone in the register for staff, for a platform one whom it employs.
  private func wisher(_ id: String, in transaction: Transaction) throws -> WorkerSummary {
    guard let worker = try workers.worker(id, in: transaction) else { throw WishesError.workerNotFound(id) }
    if transaction.caller.isStaff { return worker }
    let organisationID = try callersOrganisation("CollectWish", in: transaction)
    guard worker.platformIDs.contains(organisationID) else { throw WishesError.workerNotFound(id) }
    return worker
  }

  private func details(of request: CollectWishRequest) -> WishRecord.Details {
    WishRecord.Details(
      title: request.title, description: request.description, category: request.category, need: request.need,
      sharing: request.sharing == .unspecified ? .exclusive : request.sharing,
      delivery: request.delivery == .unspecified ? .throughStreet : request.delivery,
      beneficiaries: max(request.beneficiaries, 1), estimatedCostFen: request.estimatedCostFen,
      contactPhone: PhoneNumber.normalised(request.contactPhone) ?? "",
      deliveryAddress: request.deliveryAddress, partCount: request.parts.count)
  }
}

// What a wish's particulars must be like together, and what follows from them.
extension WishesHandler {
  /// The rows of parts, numbered in the order given.
  static func records(of parts: [WishPart]) -> [PartRecord] {
    parts.enumerated().map {
      PartRecord(number: Int32($0.offset + 1), name: $0.element.name, quantity: $0.element.quantity)
    }
  }

  /// What can be claimed of a wish: pieces, fen, or the wish as one.
  static func units(of details: WishRecord.Details, parts: [PartRecord]) -> WishUnits {
    switch details.sharing {
    case .byParts: WishUnits(needed: parts.reduce(0) { $0 + Int64($1.quantity) })
    case .byMoney: WishUnits(needed: details.estimatedCostFen)
    case .unspecified, .exclusive, .unrecognized: WishUnits(needed: 1)
    }
  }

  /// What is wrong with a wish's particulars taken together.
  static func flaws(of details: WishRecord.Details, parts: [WishPart]) -> [Flaw] {
    var flaws: [Flaw] = []
    if !details.title.contains(where: { !$0.isWhitespace }) {
      flaws.append(Flaw("title", "BLANK", "must say something", "不能为空白"))
    }
    if details.category == .unspecified {
      flaws.append(Flaw("category", "REQUIRED", "must be given", "必须填写"))
    }
    if details.need == .unspecified { flaws.append(Flaw("need", "REQUIRED", "must be given", "必须填写")) }
    if details.sharing == .byParts, parts.isEmpty {
      flaws.append(
        Flaw("parts", "PARTS_MISSING", "a wish shared BY_PARTS needs parts", "按件分担的心愿须列出物品"))
    }
    if details.sharing == .byMoney, details.estimatedCostFen < 1 {
      flaws.append(
        Flaw(
          "estimated_cost_fen", "COST_MISSING", "a wish shared BY_MONEY needs its estimated cost",
          "按金额分担的心愿须填写预计金额"))
    }
    if details.need == .money, !parts.isEmpty {
      flaws.append(
        Flaw("parts", "PARTS_OF_MONEY", "a wish for money has no parts; share it BY_MONEY", "资金类心愿没有物品清单"))
    }
    if details.delivery == .toWisher, details.contactPhone.isEmpty {
      flaws.append(
        Flaw(
          "contact_phone", "PHONE_MISSING", "delivery TO_WISHER needs a phone to call", "直接送达须填写联系电话"))
    }
    var names: Set<String> = []
    for (index, part) in parts.enumerated() {
      if !part.name.contains(where: { !$0.isWhitespace }) {
        flaws.append(Flaw("parts[\(index)].name", "BLANK", "must say something", "不能为空白"))
      }
      if !names.insert(part.name).inserted {
        flaws.append(
          Flaw(
            "parts[\(index)].name", "PART_TWICE", "stands twice; give one part with the sum",
            "物品重复,请合并数量"))
      }
    }
    return flaws
  }
}

extension Flaw {
  /// Consent without a word on how it was given.
  static let consentEvidenceMissing = Flaw(
    "consent_evidence", "EVIDENCE_MISSING", "say how consent was given: a form's number, \"by phone\"",
    "请注明同意的方式,如同意书编号或电话同意")
}
