import Host
import ModuleTesting
import Testing
import Wishes
import Workers

/// Consent to publication: the host keeps the person's, each wish has a flag of its own.
@Suite struct PublicationConsentTests {
  private static let purpose = "publication"

  /// A published report about a wish.
  private func published(_ wish: Wish, _ district: District) async throws -> Report {
    let report = try await district.staff.addReport(
      AddReportRequest(wishID: wish.id, title: "一口热饭", text: "心愿实现了"))
    return try await district.staff.publishReport(PublishReportRequest(reportID: report.id))
  }

  /// A wish that was granted, with consent given afterwards, and the published report about it.
  private func reported(
    _ evidence: String, _ district: District
  ) async throws -> (wish: Wish, report: Report) {
    let (wish, _) = try await district.confirmed()
    let consented = try await district.platform.setPublicationConsent(
      SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true, evidence: evidence))
    return (consented, try await published(consented, district))
  }

  private func publicReports(_ district: District) async throws -> [String] {
    try await district.charity.listReports(ListReportsRequest()).reports.map(\.id)
  }

  @Test(arguments: TestHost.Way.allCases)
  func theHostListsItAndItsWithdrawalThereTakesReportsDown(way: TestHost.Way) async throws {
    try await District.run(way) { district in
      let (wish, _) = try await district.confirmed(
        district.wish {
          $0.publicationConsent = true
          $0.consentEvidence = "同意书甲"
        })
      let report = try await published(wish, district)
      let consents = try await district.consents()
      let given = try await consents.listConsents(ListConsentsRequest(personID: district.workerID)).consents
      #expect(given.map(\.purpose) == [Self.purpose])
      #expect(given.map(\.evidence) == ["同意书甲"])
      #expect(given.allSatisfy { $0.separate && $0.withdrawnTime == nil })

      // Another purpose is none of the reports' business.
      _ = try await consents.grantConsent(
        GrantConsentRequest(
          personID: district.workerID, purpose: "affiliation", separate: true, evidence: "口头同意"))
      _ = try await consents.withdrawConsent(
        WithdrawConsentRequest(personID: district.workerID, purpose: "affiliation"))
      #expect(try await publicReports(district) == [report.id])

      let withdrawn = try await consents.withdrawConsent(
        WithdrawConsentRequest(personID: district.workerID, purpose: Self.purpose))
      #expect(withdrawn.id == given.first?.id && withdrawn.withdrawnTime != nil)
      #expect(try await publicReports(district).isEmpty)
      let gone = await refusal {
        try await district.charity.getReport(GetReportRequest(reportID: report.id))
      }
      #expect(gone?.reason == "REPORT_NOT_FOUND")
      let down = try await district.staff.getReport(GetReportRequest(reportID: report.id))
      #expect(down.state == .withdrawn)
      let after = try await district.current(wish)
      #expect(!after.publicationConsent && after.consentEvidence.isEmpty)
      #expect(after.contactPhone == District.wisherPhone)
      let history = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(history.last?.action == .consentWithdrawn)
      let again = await refusal {
        try await district.staff.publishReport(PublishReportRequest(reportID: report.id))
      }
      #expect(again?.reason == "CONSENT_MISSING")
    }
  }

  /// What was said to the host stands until it is withdrawn there.
  @Test func theLastFlagTakenBackLeavesTheConsent() async throws {
    try await District.run { district in
      let only = try await reported("同意书甲", district)
      _ = try await district.platform.setPublicationConsent(
        SetPublicationConsentRequest(wishID: only.wish.id, evidence: "来电撤回"))
      #expect(try await publicReports(district).isEmpty)
      let list = ListConsentsRequest(personID: district.workerID)
      let consents = try await district.consents().listConsents(list).consents
      #expect(consents.count == 1 && consents.first?.withdrawnTime == nil)
    }
  }

  @Test func eachWishHasAFlagOfItsOwn() async throws {
    try await District.run { district in
      let first = try await reported("同意书甲", district)
      let second = try await reported("同意书乙", district)
      let consents = try await district.consents()
      let list = ListConsentsRequest(personID: district.workerID)
      #expect(try await consents.listConsents(list).consents.map(\.evidence) == ["同意书乙", "同意书甲"])

      _ = try await district.platform.setPublicationConsent(
        SetPublicationConsentRequest(wishID: first.wish.id, evidence: "来电撤回"))
      #expect(try await publicReports(district) == [second.report.id])
      #expect(try await consents.listConsents(list).consents.allSatisfy { $0.withdrawnTime == nil })

      _ = try await consents.withdrawConsent(
        WithdrawConsentRequest(personID: district.workerID, purpose: Self.purpose))
      #expect(try await publicReports(district).isEmpty)
      #expect(try await consents.listConsents(list).consents.allSatisfy { $0.withdrawnTime != nil })

      // Given again for one wish, it is the person's again, and the other wish has no part in it.
      _ = try await district.platform.setPublicationConsent(
        SetPublicationConsentRequest(wishID: first.wish.id, publicationConsent: true, evidence: "同意书甲"))
      let latest = try await consents.listConsents(list).consents
      #expect(latest.count == 3 && latest.first?.withdrawnTime == nil)
      #expect(try await !district.current(second.wish).publicationConsent)
    }
  }

  @Test func grantedAtTheHostAloneItPublishesNothing() async throws {
    try await District.run { district in
      let (wish, _) = try await district.confirmed()
      let report = try await district.staff.addReport(
        AddReportRequest(wishID: wish.id, title: "一口热饭", text: "心愿实现了"))
      _ = try await district.consents().grantConsent(
        GrantConsentRequest(
          personID: district.workerID, purpose: Self.purpose, separate: true, evidence: "同意书甲"))
      let refused = await refusal {
        try await district.staff.publishReport(PublishReportRequest(reportID: report.id))
      }
      #expect(refused?.reason == "CONSENT_MISSING")
    }
  }

  @Test func aMergeBringsItAlong() async throws {
    try await District.run { district in
      let source = try await District.register(
        District.wisherName, "13937900002", district.platformID, with: district.workers)
      let wish = try await district.listed(
        district.wish {
          $0.workerID = source
          $0.publicationConsent = true
          $0.consentEvidence = "同意书甲"
        })
      _ = try await district.workers.mergeWorkers(
        MergeWorkersRequest(sourceID: source, targetID: district.workerID))
      try await district.host.settle()
      #expect(try await district.current(wish).publicationConsent)
      let consents = try await district.consents()
      let moved = try await consents.listConsents(ListConsentsRequest(personID: district.workerID)).consents
      #expect(moved.map(\.evidence) == ["同意书甲"])
      _ = try await consents.withdrawConsent(
        WithdrawConsentRequest(personID: district.workerID, purpose: Self.purpose))
      #expect(try await !district.current(wish).publicationConsent)
    }
  }

  /// As after a withdrawal at the host between a merge and its event, which finds no wishes yet.
  @Test func aMergeTakesBackWhatTheHostHasNoLonger() async throws {
    try await District.runProbed { district in
      let source = try await District.register(
        District.wisherName, "13937900002", district.platformID, with: district.workers)
      let wish = try await district.listed(district.wish { $0.workerID = source })
      try await district.inModule { transaction, _, _ in
        try transaction.execute("UPDATE wishes_wish SET publication_consent = 1")
        return
      }
      #expect(try await district.current(wish).publicationConsent)
      _ = try await district.workers.mergeWorkers(
        MergeWorkersRequest(sourceID: source, targetID: district.workerID))
      try await district.host.settle()
      #expect(try await !district.current(wish).publicationConsent)
      let history = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(history.suffix(2).map(\.action) == [.wisherMerged, .consentWithdrawn])
    }
  }
}
