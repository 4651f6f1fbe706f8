import ModuleTesting
import Testing
import Wishes
import Workers

/// Withdrawal at every stage, consent and its withdrawal, and wishers who turn out to be one person.
@Suite struct WithdrawalTests {
  @Test(arguments: ["SUBMITTED", "RETURNED", "LISTED", "CLAIMED", "FULFILLED"])
  func aWishIsWithdrawnAtEveryStage(state: String) async throws {
    try await District.run { district in
      let wish = try await WorkflowTests.wish(in: state, district)
      let withdrawn = try await district.staff.withdrawWish(
        WithdrawWishRequest(wishID: wish.id, reason: "不需要了"))
      #expect(withdrawn.state == .withdrawn)
      #expect(withdrawn.stateReason == "不需要了")
      let history = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(history.last?.action == .withdrawn)
      #expect(history.last?.reason == "不需要了")
      #expect("\(history.last?.fromState ?? .unspecified)".uppercased() == state)
      let list = try await district.union.listWishes(ListWishesRequest())
      #expect(list.wishes.isEmpty)
      // Whoever delivered keeps the record of it; to everyone else the wish is gone.
      if state != "FULFILLED" {
        let gone = await refusal { try await district.union.getWish(GetWishRequest(wishID: wish.id)) }
        #expect(gone?.code == .notFound)
      }
      let events = try await district.events(wish)
      #expect(events.contains("WishClosedEvent"))
      #expect(events.contains("ClaimCancelledEvent") == (state == "CLAIMED"))
    }
  }

  @Test func openClaimsEndAndDeliveredOnesStay() async throws {
    try await District.run { district in
      let wish = try await district.listed(district.sharedByParts())
      let delivered = try #require(
        try await district.union.claimWish(
          ClaimWishRequest(wishID: wish.id, parts: [ClaimPart(number: 1, quantity: 2)])
        ).claims.first)
      _ = try await district.union.fulfilClaim(FulfilClaimRequest(claimID: delivered.id, text: "两把"))
      let open = try #require(
        try await district.charity.claimWish(
          ClaimWishRequest(wishID: wish.id, parts: [ClaimPart(number: 2, quantity: 1)])
        ).claims.first)
      let after = try await district.platform.withdrawWish(
        WithdrawWishRequest(wishID: wish.id, reason: "住院了"))
      #expect(after.parts.map(\.takenQuantity) == [2, 0])

      let cancelled = try await district.charity.getClaim(GetClaimRequest(claimID: open.id))
      #expect(cancelled.state == .cancelled)
      #expect(cancelled.stateReason.isEmpty, "the wisher's reason is not the claimant's to know")
      #expect(
        try await district.union.getClaim(GetClaimRequest(claimID: delivered.id)).state == .fulfilled)
      let confirm = await refusal {
        try await district.staff.confirmFulfilment(ConfirmFulfilmentRequest(claimID: delivered.id))
      }
      #expect(confirm?.reason == "WISH_STATE_CONFLICT")

      // Neither timer of the two claims does anything afterwards.
      let etag = try await district.current(wish).etag
      try await district.host.advance(by: .seconds(30 * 86_400))
      #expect(try await district.current(wish).etag == etag)
    }
  }

  @Test func aConfirmedWishIsNotUndone() async throws {
    try await District.run { district in
      let (wish, _) = try await district.confirmed()
      let status = await refusal {
        try await district.staff.withdrawWish(WithdrawWishRequest(wishID: wish.id, reason: "后悔了"))
      }
      #expect(status?.reason == "WISH_STATE_CONFLICT")
      #expect(status?.message.contains("SetPublicationConsent") == true)
    }
  }

  @Test func withdrawnConsentTakesReportsDownAtOnce() async throws {
    try await District.run { district in
      let (wish, _) = try await district.confirmed(
        district.wish {
          $0.publicationConsent = true
          $0.consentEvidence = "同意书 7"
        })
      var reports: [String] = []
      for number in 1...2 {
        let report = try await district.staff.addReport(
          AddReportRequest(wishID: wish.id, title: "报道\(number)", text: "心愿实现了", media: ["v/\(number).mp4"]))
        _ = try await district.staff.publishReport(PublishReportRequest(reportID: report.id))
        reports.append(report.id)
      }
      #expect(
        try await district.charity.listReports(ListReportsRequest()).reports.map(\.id) == reports.reversed())
      _ = try await district.platform.setPublicationConsent(
        SetPublicationConsentRequest(wishID: wish.id, evidence: "来电撤回"))
      #expect(try await district.charity.listReports(ListReportsRequest()).reports.isEmpty)
      for id in reports {
        let missing = await refusal { try await district.charity.getReport(GetReportRequest(reportID: id)) }
        #expect(missing?.code == .notFound)
        #expect(try await district.staff.getReport(GetReportRequest(reportID: id)).state == .withdrawn)
      }
      #expect(try await district.events(wish).filter { $0 == "ReportWithdrawnEvent" }.count == 2)
      let again = await refusal {
        try await district.staff.publishReport(PublishReportRequest(reportID: reports[0]))
      }
      #expect(again?.reason == "CONSENT_MISSING")
      _ = try await district.platform.setPublicationConsent(
        SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true, evidence: "同意书 8"))
      #expect(try await district.charity.listReports(ListReportsRequest()).reports.isEmpty)
      _ = try await district.staff.publishReport(PublishReportRequest(reportID: reports[0]))
      #expect(
        try await district.charity.listReports(ListReportsRequest()).reports.map(\.id) == [reports[0]])
      let actions = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
        .map(\.action)
      #expect(
        actions.suffix(5) == [
          .reportWithdrawn, .reportWithdrawn, .consentWithdrawn, .consentGiven, .reportPublished,
        ])
    }
  }

  @Test func consentNeedsAWordOnHowItWasGiven() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      let status = await refusal {
        try await district.staff.setPublicationConsent(
          SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true))
      }
      #expect(status?.violations.map(\.field) == ["evidence"])
      let collected = await refusal {
        try await district.staff.collectWish(district.wish { $0.publicationConsent = true })
      }
      #expect(collected?.violations.map(\.field) == ["consent_evidence"])
    }
  }

  @Test func reportsArePublishedByStaffAndReadAsDraftsByWhoWroteThem() async throws {
    try await District.run { district in
      let (wish, _) = try await district.claimed()
      let report = try await district.union.addReport(
        AddReportRequest(wishID: wish.id, title: "进展", text: "电话13937900001"))
      let get = GetReportRequest(reportID: report.id)
      _ = try await district.union.getReport(get)
      _ = try await district.staff.getReport(get)
      _ = try await district.platform.getReport(get)
      for client in [district.charity, district.otherStaff, district.otherPlatform] {
        let missing = await refusal { try await client.getReport(get) }
        #expect(missing?.code == .notFound)
      }
      let stranger = await refusal {
        try await district.charity.addReport(AddReportRequest(wishID: wish.id, title: "x", text: "x"))
      }
      #expect(stranger?.code == .notFound)
      _ = try await district.staff.setPublicationConsent(
        SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true, evidence: "当面"))
      let number = await refusal {
        try await district.staff.publishReport(PublishReportRequest(reportID: report.id))
      }
      #expect(number?.reason == "TEXT_HOLDS_PERSONAL_DATA")
      let early = await refusal {
        try await district.staff.withdrawReport(WithdrawReportRequest(reportID: report.id, reason: "x"))
      }
      #expect(early?.reason == "REPORT_STATE_CONFLICT")
    }
  }

  @Test func aMergeInTheRegisterMovesTheWishes() async throws {
    try await District.run { district in
      let other = try await District.register(
        "欧阳建国", "13937900002", district.platformID, with: district.workers)
      let wish = try await district.listed(district.wish { $0.workerID = other })
      _ = try await district.workers.mergeWorkers(
        MergeWorkersRequest(sourceID: other, targetID: district.workerID))
      try await district.host.settle()
      let after = try await district.current(wish)
      #expect(after.workerID == district.workerID)
      #expect(after.wisherName == District.wisherName)
      let list = try await district.staff.listWishes(ListWishesRequest(workerID: district.workerID))
      #expect(list.wishes.map(\.id) == [wish.id])
      let last = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
        .last
      #expect(last?.action == .wisherMerged)
      #expect(last?.actor == .system)
      #expect(last?.subjectID == other)
    }
  }
}
