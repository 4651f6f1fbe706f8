import ModuleKit

// Follow-up reports: written by those who took part, published by staff with the wisher's consent.
extension WishesHandler {
  func addReport(_ request: AddReportRequest, _ transaction: Transaction) throws -> Report {
    try requireText(request.title, field: "title")
    try requireText(request.text, field: "text")
    try requireReferences(request.media, field: "media")
    var (wish, sight) = try visibleWish(request.wishID, in: transaction)
    switch sight {
    case .staff, .wisherSide, .claimant: break
    case .auditor, .stranger: throw WishesError.wishNotFound(request.wishID)
    }
    try require(.addReport, of: wish)
    guard wish.units.held > 0 else { throw WishesError.nothingToReport }
    try requireWisher(of: wish, in: transaction)
    guard try ReportStore.count(of: wish.id, in: transaction) < Limits.reportsPerWish else {
      throw WishesError.tooManyReports(limit: Limits.reportsPerWish)
    }
    let story = ReportStory(title: request.title, text: request.text, media: request.media)
    let report = ReportRecord(
      id: transaction.makeID(), wishID: wish.id,
      story: try vault.seal(story, of: wish.workerID, in: transaction),
      organisationID: transaction.caller.organisationID ?? "",
      createdAt: transaction.now, updatedAt: transaction.now)
    try ReportStore.insert(report, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .reportAdded, subjectID: report.id), from: wish.state, in: transaction
    )
    return try view(report, of: wish, in: transaction)
  }

  func getReport(_ request: GetReportRequest, _ snapshot: Snapshot) throws -> Report {
    let (report, wish) = try visibleReport(request.reportID, in: snapshot)
    return try view(report, of: wish, in: snapshot)
  }

  func listReports(_ request: ListReportsRequest, _ snapshot: Snapshot) throws -> ListReportsResponse {
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: ["reports", request.wishID, snapshot.caller.id])
    let wish = try WishStore.wish(request.wishID, in: snapshot)
    var reports = try ReportStore.list(
      of: request.wishID.isEmpty ? nil : request.wishID,
      seesAll: try wish.map { try seesUnpublished(of: $0, in: snapshot) } ?? false,
      writtenBy: snapshot.caller.organisationID, within: snapshot.reach.areas, before: page.cursor.first,
      limit: page.limit + 1, in: snapshot)
    let next = page.cut(&reports, sizeBytes: \.viewSizeBytes) { [$0.id] }
    return ListReportsResponse(
      reports: try reports.map { report in
        try view(report, of: try WishStore.referredWish(report.wishID, in: snapshot), in: snapshot)
      }, nextPageToken: next)
  }

  func publishReport(_ request: PublishReportRequest, _ transaction: Transaction) throws -> Report {
    var (report, wish) = try staffReport(request.reportID, in: transaction)
    try WishesError.requireETag(request.etag, is: report.etag, of: "report")
    guard report.state != .published else {
      throw WishesError.reportStateConflict(
        step: "PublishReport", state: report.state.name,
        allowed: [Report.State.draft.name, Report.State.withdrawn.name])
    }
    try require(.publishReport, of: wish)
    guard wish.publicationConsent else { throw WishesError.consentMissing }
    let story = try vault.story(of: report, of: wish, in: transaction)
    for (field, text) in [("title", story.title), ("text", story.text)] {
      // The wisher agreed to a story, which may name the wisher; numbers are never part of one.
      if let finding = PersonalText.finding(in: text, name: "") {
        throw WishesError.personalDataInText(field: field, finding: finding)
      }
    }
    report.state = .published
    report.publishedAt = transaction.now
    try save(&report, in: transaction)
    try save(
      &wish, after: HistoryStep(action: .reportPublished, subjectID: report.id), from: wish.state,
      in: transaction)
    try transaction.emit(ReportPublishedEvent(wishID: wish.id, reportID: report.id), subject: wish.id)
    return try view(report, of: wish, in: transaction)
  }

  func withdrawReport(_ request: WithdrawReportRequest, _ transaction: Transaction) throws -> Report {
    try requireText(request.reason, field: "reason")
    var (report, wish) = try staffReport(request.reportID, in: transaction)
    try WishesError.requireETag(request.etag, is: report.etag, of: "report")
    guard report.state == .published else {
      throw WishesError.reportStateConflict(
        step: "WithdrawReport", state: report.state.name, allowed: [Report.State.published.name])
    }
    let step = HistoryStep(action: .reportWithdrawn, subjectID: report.id, reason: request.reason)
    try takeDown(&report, of: &wish, step, in: transaction)
    try armRetention(of: &wish, in: transaction)
    wish.version += 1
    wish.updatedAt = transaction.now
    try WishStore.saveProgress(wish, changesState: false, in: transaction)
    return try view(report, of: wish, in: transaction)
  }

  /// Takes every published report about a wish out of public view; the caller saves the wish.
  /// - Parameter detail: why, in the module's own words.
  func withdrawReports(of wish: inout WishRecord, detail: String, in transaction: Transaction) throws {
    for id in try ReportStore.publishedIDs(of: wish.id, in: transaction) {
      guard var report = try ReportStore.report(id, in: transaction) else { continue }
      let step = HistoryStep(action: .reportWithdrawn, subjectID: id, detail: detail)
      try takeDown(&report, of: &wish, step, in: transaction)
    }
  }
}

extension WishesHandler {
  private func takeDown(
    _ report: inout ReportRecord, of wish: inout WishRecord, _ step: HistoryStep, in transaction: Transaction
  ) throws {
    report.state = .withdrawn
    try save(&report, in: transaction)
    try record(step, to: &wish, from: wish.state, in: transaction)
    try transaction.emit(ReportWithdrawnEvent(wishID: wish.id, reportID: report.id), subject: wish.id)
  }

  private func save(_ report: inout ReportRecord, in transaction: Transaction) throws {
    report.version += 1
    report.updatedAt = transaction.now
    try ReportStore.save(report, in: transaction)
  }

  /// Published reports are seen by everyone; others by staff, by the organisation that wrote them, and by the wisher's
  /// side, so that consent is given to something seen. Whoever is bound to areas sees none about a wish elsewhere.
  private func isVisible(_ report: ReportRecord, of wish: WishRecord, in snapshot: Snapshot) throws -> Bool {
    guard snapshot.reach.isWithinAreas(wish.areaCode) else { return false }
    if try seesUnpublished(of: wish, in: snapshot) || report.state == .published { return true }
    return !report.organisationID.isEmpty && report.organisationID == snapshot.caller.organisationID
  }

  /// Whether the caller sees every report about a wish: staff of the area and the wisher's side there.
  private func seesUnpublished(of wish: WishRecord, in snapshot: Snapshot) throws -> Bool {
    guard snapshot.reach.isWithinAreas(wish.areaCode) else { return false }
    return try snapshot.isStaff || isOnWishersSide(of: wish, in: snapshot)
  }

  private func visibleReport(_ id: String, in snapshot: Snapshot) throws -> (
    report: ReportRecord, wish: WishRecord
  ) {
    guard let report = try ReportStore.report(id, in: snapshot) else { throw WishesError.reportNotFound(id) }
    let wish = try WishStore.referredWish(report.wishID, in: snapshot)
    guard try isVisible(report, of: wish, in: snapshot) else { throw WishesError.reportNotFound(id) }
    return (report, wish)
  }

  private func staffReport(_ id: String, in snapshot: Snapshot) throws -> (
    report: ReportRecord, wish: WishRecord
  ) {
    let (report, wish) = try visibleReport(id, in: snapshot)
    guard snapshot.isStaff, snapshot.reach.includes(area: wish.areaCode) else {
      throw WishesError.reportNotFound(id)
    }
    return (report, wish)
  }
}

extension Report.State {
  /// The name in the proto without its prefix.
  var name: String {
    switch self {
    case .draft: "DRAFT"
    case .published: "PUBLISHED"
    case .withdrawn: "WITHDRAWN"
    case .unspecified, .unrecognized: "UNSPECIFIED"
    }
  }
}
