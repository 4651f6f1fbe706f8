import ModuleKit

/// What the module holds about a wisher, or about a claim's volunteer by the claim's identifier, and how it lets go.
struct WishHolder: PersonalDataHolder {
  private static let service = "yizhan.wishes.v1.WishService/"
  private static let fulfilment = "fulfilment"

  let handler: WishesHandler

  func holdings(of person: String, in snapshot: Snapshot) throws -> [PersonalHolding] {
    var holdings: [PersonalHolding] = []
    for id in try WishStore.ids(ofWorker: person, in: snapshot) {
      let wish = try WishStore.referredWish(id, in: snapshot)
      holdings.append(try self.wish(wish, in: snapshot))
      holdings += try draft(of: wish, in: snapshot)
      holdings += try contact(of: wish, in: snapshot)
      for claim in try handler.allClaims(of: id, in: snapshot) {
        holdings += try delivery(claim, of: wish, in: snapshot)
      }
      holdings += try reports(about: wish, in: snapshot)
    }
    if let claim = try ClaimStore.claim(person, in: snapshot) {
      holdings += try volunteer(of: claim, in: snapshot)
    }
    return holdings
  }

  /// Each wish that has not ended is withdrawn, and its claimants are told; drafts, contact, reasons, comments and
  /// reports are deleted; a pseudonym takes the worker's place. The evidence of deliveries with money stays.
  func erase(_ person: String, in transaction: Transaction) throws {
    let pseudonym = transaction.makeID()
    for id in try WishStore.ids(ofWorker: person, in: transaction) {
      try handler.eraseWisher(of: id, as: pseudonym, in: transaction)
    }
    if try ClaimStore.claim(person, in: transaction) != nil {
      try ErasureStore.deleteContact(ofClaim: person, in: transaction)
    }
  }

  /// Without consent to publication, every published report comes down. Without consent to fulfilment, what retention
  /// would delete of ended wishes goes at once; of a volunteer name, phone and note go, whatever the claim's state.
  /// - Throws: `WishesError.wishesOpen` for fulfilment, while a wish has not ended.
  func withdraw(_ purpose: String, of person: String, in transaction: Transaction) throws {
    switch purpose {
    case PublicationConsent.purpose: try withdrawPublication(of: person, in: transaction)
    case Self.fulfilment: try withdrawFulfilment(of: person, in: transaction)
    default: break
    }
  }

  private func withdrawPublication(of person: String, in transaction: Transaction) throws {
    for id in try WishStore.ids(ofWorker: person, in: transaction) {
      var wish = try WishStore.referredWish(id, in: transaction)
      if wish.publicationConsent { try handler.takeBackConsent(to: &wish, in: transaction) }
    }
  }

  private func withdrawFulfilment(of person: String, in transaction: Transaction) throws {
    let openCount = try WishStore.openCount(ofWorker: person, in: transaction)
    guard openCount == 0 else { throw WishesError.wishesOpen(count: openCount) }
    for id in try WishStore.ids(ofWorker: person, in: transaction) {
      try handler.deleteDetails(of: id, in: transaction)
    }
    try ErasureStore.deleteContact(ofClaim: person, in: transaction)
  }
}

// What is held, by kind.
extension WishHolder {
  private func wish(_ wish: WishRecord, in snapshot: Snapshot) throws -> PersonalHolding {
    let partNames = try WishStore.parts(of: wish, in: snapshot).map(\.name).filter { !$0.isEmpty }
    return PersonalHolding(
      title: "wish", titleChinese: "微心愿", purpose: Self.fulfilment, recordID: wish.id,
      since: wish.createdAt,
      fields: Self.fields([
        ("worker_id", wish.workerID), ("wisher_label", wish.wisherLabel), ("title", wish.publicTitle),
        ("description", wish.publicDescription), ("parts", partNames.joined(separator: "; ")),
        ("area_code", wish.areaCode),
      ]),
      disposition: .pseudonymised, correctedBy: Self.service + "UpdateWish")
  }

  /// What a wish says that is not public.
  private func draft(of wish: WishRecord, in snapshot: Snapshot) throws -> [PersonalHolding] {
    guard wish.draft != nil else { return [] }
    let opened = try handler.vault.opened(wish, in: snapshot)
    return Self.holding(
      "draft of a wish", "未公开的心愿内容", of: wish.id, since: wish.createdAt, until: end(of: wish),
      [
        ("draft.title", opened.details.title), ("draft.description", opened.details.description),
        ("draft.part_names", (opened.partNames ?? []).joined(separator: "; ")),
      ], .erased, correctedBy: Self.service + "UpdateWish")
  }

  private func contact(of wish: WishRecord, in snapshot: Snapshot) throws -> [PersonalHolding] {
    let vault = handler.vault
    let contact = try vault.contact(of: wish, in: snapshot)
    var fields = [
      ("contact_phone", contact.phone), ("delivery_address", contact.address),
      (
        "state_reason",
        try vault.open(
          wish.stateReason, of: wish.workerID, as: SealedColumn.stateReason, in: snapshot)
      ),
      (
        "consent_evidence",
        try vault.open(
          wish.consentEvidence, of: wish.workerID, as: SealedColumn.consentEvidence, in: snapshot)
      ),
    ]
    for (number, reason) in try ErasureStore.historyReasons(of: wish.id, in: snapshot) {
      let text = try vault.open(reason, of: wish.workerID, as: SealedColumn.historyReason, in: snapshot)
      fields.append(("history.\(number).reason", text))
    }
    return Self.holding(
      "contact and reasons of a wish", "心愿联系信息与办理理由", of: wish.id, since: wish.createdAt,
      until: end(of: wish),
      fields, .erased, correctedBy: Self.service + "UpdateWish")
  }

  private func delivery(_ claim: ClaimRecord, of wish: WishRecord, in snapshot: Snapshot) throws
    -> [PersonalHolding]
  {
    let vault = handler.vault
    let words = [
      (
        "state_reason",
        try vault.open(
          claim.stateReason, of: wish.workerID, as: SealedColumn.claimStateReason, in: snapshot)
      ),
      (
        "confirmation_comment",
        try vault.open(claim.comment, of: wish.workerID, as: SealedColumn.comment, in: snapshot)
      ),
    ]
    let delivered = try vault.evidence(of: claim, of: wish, in: snapshot)
    let evidence = [
      ("fulfilment.text", delivered.text), ("fulfilment.photos", delivered.photos.joined(separator: " ")),
    ]
    let disposition: PersonalHolding.Disposition =
      if let until = claim.accountingEnd {
        .kept(
          reason:
            "evidence of a delivery with money belongs to an accounting voucher, kept for 30 years from the "
            + "end of the year: Accounting Law, article 23; Measures for Accounting Archives, article 14",
          reasonChinese: "涉及资金的交付证明属于会计凭证资料,自会计年度终了起保存30年(《会计法》第二十三条、《会计档案管理办法》第十四条)",
          until: until)
      } else {
        .erased
      }
    return Self.holding(
      "the wisher's word on a delivery", "心愿人对交付的反馈", of: claim.id, since: claim.createdAt,
      until: end(of: wish), words, .erased)
      + Self.holding(
        "evidence of a delivery", "交付证明", of: claim.id, since: claim.fulfilledAt,
        until: claim.accountingEnd ?? end(of: wish), evidence, disposition)
  }

  private func reports(about wish: WishRecord, in snapshot: Snapshot) throws -> [PersonalHolding] {
    try ReportStore.reports(of: wish.id, in: snapshot).flatMap {
      report in
      let story = try handler.vault.story(of: report, of: wish, in: snapshot)
      return Self.holding(
        "report", "跟踪报道", of: report.id, since: report.createdAt, until: nil,
        [("title", story.title), ("text", story.text), ("media", story.media.joined(separator: " "))],
        .erased)
    }
  }

  /// Volunteers are in no register: the staff of the wish's area see to their rights.
  private func volunteer(of claim: ClaimRecord, in snapshot: Snapshot) throws -> [PersonalHolding] {
    let wish = try WishStore.referredWish(claim.wishID, in: snapshot)
    let contact = try handler.vault.contact(of: claim, in: snapshot)
    return Self.holding(
      "volunteer of a claim", "认领联系人", of: claim.id, areaCode: wish.areaCode, since: claim.createdAt,
      until: end(of: wish),
      [("contact_name", contact.name), ("contact_phone", contact.phone), ("note", contact.note)], .erased)
  }

  private func end(of wish: WishRecord) -> Instant? { wish.endedAt.map { $0 + Retention.afterEnd } }

  /// A holding, or none where there is no value.
  private static func holding(
    _ title: String, _ titleChinese: String, of recordID: String, areaCode: String? = nil, since: Instant?,
    until: Instant?, _ values: [(String, String)], _ disposition: PersonalHolding.Disposition,
    correctedBy: String = ""
  ) -> [PersonalHolding] {
    let fields = fields(values)
    if fields.isEmpty { return [] }
    return [
      PersonalHolding(
        title: title, titleChinese: titleChinese, purpose: fulfilment, recordID: recordID,
        areaCode: areaCode, since: since, until: until, fields: fields, disposition: disposition,
        correctedBy: correctedBy)
    ]
  }

  private static func fields(_ values: [(String, String)]) -> [PersonalHolding.Field] {
    values.filter { !$0.1.isEmpty }.map { PersonalHolding.Field($0.0, $0.1) }
  }
}
