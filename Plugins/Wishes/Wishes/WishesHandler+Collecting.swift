import ModuleKit

// Collecting and correcting wishes.
extension WishesHandler {
  func collectWish(_ request: CollectWishRequest, _ transaction: Transaction) throws -> Wish {
    let caller = transaction.caller
    guard let area = try areas.area(request.areaCode, in: transaction) else {
      throw WishesError.areaNotFound(request.areaCode)
    }
    guard transaction.reach.isWithinAreas(area.code.text) else {
      throw WishesError.areaNotYours(area.code.text)
    }
    let worker = try wisher(request.workerID, in: transaction)
    guard try WishStore.openCount(ofWorker: worker.id, in: transaction) < Limits.openWishesPerWorker else {
      throw WishesError.tooManyWishes(limit: Limits.openWishesPerWorker)
    }
    let details = details(of: request)
    let contact = WishContact(
      phone: PhoneNumber.normalised(request.contactPhone) ?? "", address: request.deliveryAddress)
    let parts = Self.records(of: request.parts)
    var violations = Self.violations(of: details, contact: contact, parts: request.parts)
    if request.publicationConsent, request.consentEvidence.isEmpty {
      violations.append(.consentEvidenceMissing)
    }
    if !request.publicationConsent, !request.consentEvidence.isEmpty {
      violations.append(.consentNotGiven)
    }
    guard violations.isEmpty else { throw WishesError.invalid(violations) }

    var wish = WishRecord(
      id: transaction.makeID(), workerID: worker.id, wisherLabel: WisherLabel.label(of: worker.displayName),
      details: details, source: request.source, areaCode: area.code.text,
      units: Self.units(of: details, parts: parts), createdAt: transaction.now, updatedAt: transaction.now)
    wish.publicationConsent = request.publicationConsent
    if request.publicationConsent {
      wish.consentEvidence = try vault.seal(
        request.consentEvidence, of: worker.id, as: SealedColumn.consentEvidence, in: transaction)
      try consent.record(request.consentEvidence, of: worker.id, in: transaction)
    }
    wish.contact = try vault.seal(contact, of: worker.id, in: transaction)
    wish.draft = try vault.seal(draft: details, parts: parts, of: worker.id, in: transaction)
    wish.collectedByOrganisationID = caller.organisationID ?? ""
    wish.isEmployedByCollector = worker.platformIDs.contains(wish.collectedByOrganisationID)
    // The row has to stand before its history can refer to it, and already counts the one step that follows.
    wish.historyCount = 1
    try WishStore.insert(wish, parts: parts, in: transaction)
    wish.historyCount = 0
    try record(HistoryStep(action: .collected), to: &wish, from: .unspecified, in: transaction)
    try transaction.emit(
      WishCollectedEvent(wishID: wish.id, areaCode: wish.publicAreaCode, category: wish.details.category),
      subject: wish.id)
    return try reply(wish, wisherName: worker.displayName, in: transaction)
  }

  func updateWish(_ request: UpdateWishRequest, _ transaction: Transaction) throws -> Wish {
    var wish = try vault.opened(try ownWish(request.wishID, in: transaction), in: transaction)
    try WishesError.requireETag(request.etag, is: wish.etag, of: "wish")
    try require(.updateWish, of: wish)
    // What is on the list was moderated; only staff may change it without moderation.
    if wish.state == .listed, !transaction.isStaff {
      throw WishesError.wishStateConflict(
        step: WishStep.updateWish.rawValue, state: wish.state.name,
        allowed: [Wish.State.submitted.name, Wish.State.returned.name])
    }
    guard wish.units.held == 0 else { throw WishesError.wishPartlyClaimed }

    let fields = try request.selection()
    let details = request.applied(fields, to: wish.details)
    let oldContact = try vault.contact(of: wish, in: transaction)
    let contact = request.applied(fields, to: oldContact)
    let oldParts = try WishStore.parts(of: wish, in: transaction)
    let parts = fields.contains("parts") ? Self.records(of: request.parts) : oldParts
    let violations = Self.violations(
      of: details, contact: contact, parts: parts.map { WishPart(name: $0.name, quantity: $0.quantity) })
    guard violations.isEmpty else { throw WishesError.invalid(violations) }
    wish.details = details
    wish.details.partCount = parts.count
    if contact != oldContact {
      wish.contact = try vault.seal(contact, of: wish.workerID, in: transaction)
    }
    if wish.state == .listed {
      try requirePublicText(of: wish, parts: parts, in: transaction)
    } else {
      wish.draft = try vault.seal(draft: wish.details, parts: parts, of: wish.workerID, in: transaction)
    }
    wish.units = Self.units(of: wish.details, parts: parts)
    try WishStore.saveDetails(wish, in: transaction)
    if parts != oldParts { try WishStore.replaceParts(of: wish, with: parts, in: transaction) }
    try save(
      &wish, after: HistoryStep(action: .updated, detail: fields.names.joined(separator: ", ")),
      from: wish.state,
      in: transaction)
    return try reply(wish, in: transaction)
  }

  /// The worker for whom a wish is collected: one who is registered in the caller's areas, and for a platform one whom
  /// it employs. Anybody else is as if there were no such worker: the reply has the worker's name.
  private func wisher(_ id: String, in transaction: Transaction) throws -> WorkerSummary {
    guard let worker = try workers.worker(id, in: transaction),
      transaction.reach.isWithinAreas(worker.areaCode)
    else { throw WishesError.workerNotFound }
    if transaction.isStaff { return worker }
    let organisationID = try callersOrganisation("CollectWish", in: transaction)
    guard worker.platformIDs.contains(organisationID) else { throw WishesError.workerNotFound }
    return worker
  }

  private func details(of request: CollectWishRequest) -> WishRecord.Details {
    WishRecord.Details(
      title: request.title, description: request.description, category: request.category, need: request.need,
      sharing: request.sharing == .unspecified ? .exclusive : request.sharing,
      delivery: request.delivery == .unspecified ? .throughStreet : request.delivery,
      beneficiaries: max(request.beneficiaries, 1), estimatedCostFen: request.estimatedCostFen,
      partCount: request.parts.count)
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
  static func violations(
    of details: WishRecord.Details, contact: WishContact, parts: [WishPart]
  ) -> [FieldViolation] {
    var violations: [FieldViolation] = []
    if details.title.isBlank {
      violations.append(.blank("title"))
    }
    if details.category == .unspecified {
      violations.append(FieldViolation("category", "REQUIRED", "must be given", "必须填写"))
    }
    if details.need == .unspecified {
      violations.append(FieldViolation("need", "REQUIRED", "must be given", "必须填写"))
    }
    if details.sharing == .byParts, parts.isEmpty {
      violations.append(
        FieldViolation("parts", "PARTS_MISSING", "a wish shared BY_PARTS needs parts", "按件分担的心愿须列出物品"))
    }
    if details.sharing == .byMoney, details.estimatedCostFen < 1 {
      violations.append(
        FieldViolation(
          "estimated_cost_fen", "COST_MISSING", "a wish shared BY_MONEY needs its estimated cost",
          "按金额分担的心愿须填写预计金额"))
    }
    if details.need == .money, !parts.isEmpty {
      violations.append(
        FieldViolation(
          "parts", "PARTS_OF_MONEY", "a wish for money has no parts; share it BY_MONEY", "资金类心愿没有物品清单"))
    }
    if details.delivery == .toWisher, contact.phone.isEmpty {
      violations.append(
        FieldViolation(
          "contact_phone", "PHONE_MISSING", "delivery TO_WISHER needs a phone to call", "直接送达须填写联系电话"))
    }
    var names: Set<String> = []
    for (index, part) in parts.enumerated() {
      if part.name.isBlank {
        violations.append(.blank("parts[\(index)].name"))
      }
      if !names.insert(part.name).inserted {
        violations.append(
          FieldViolation(
            "parts[\(index)].name", "PART_TWICE", "stands twice; give one part with the sum",
            "物品重复,请合并数量"))
      }
    }
    return violations
  }
}

extension String {
  /// Whether there is nothing in it, or nothing but spaces.
  var isBlank: Bool { allSatisfy(\.isWhitespace) }
}

extension FieldViolation {
  /// A text that has to say something and does not.
  static func blank(_ field: String) -> FieldViolation {
    FieldViolation(field, "BLANK", "must say something", "不能为空白")
  }

  /// Consent without a word on how it was given.
  static let consentEvidenceMissing = FieldViolation(
    "consent_evidence", "EVIDENCE_MISSING", "say how consent was given: a form's number, \"by phone\"",
    "请注明同意的方式,如同意书编号或电话同意")

  /// A word on how consent was given, and no consent.
  static let consentNotGiven = FieldViolation(
    "consent_evidence", "CONSENT_NOT_GIVEN", "goes with publication_consent; set that too, or leave this out",
    "须与 publication_consent 一并填写;未同意公开时请勿填写")
}
