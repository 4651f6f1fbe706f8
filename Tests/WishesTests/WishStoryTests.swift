import ModuleTesting
import Testing
import Wishes

/// The story of the seed document: a wish heard in the street, sorted into a list, claimed, granted, reported.
@Suite struct WishStoryTests {
  @Test(arguments: TestHost.Way.allCases)
  func aWishHeardInTheStreetIsGrantedAndReported(way: TestHost.Way) async throws {
    try await District.run(way) { district in
      var wish = try await district.staff.collectWish(district.wish())
      #expect(wish.state == .submitted)
      #expect(wish.wisherLabel == "欧阳师傅")
      #expect(wish.contactPhone == District.wisherPhone)

      wish = try await district.staff.approveWish(ApproveWishRequest(wishID: wish.id, etag: wish.etag))
      #expect(wish.state == .listed)
      #expect(wish.listTime != nil)

      let list = try await district.union.listWishes(
        ListWishesRequest(category: .homeAppliance, areaCode: District.street))
      #expect(list.wishes.map(\.id) == [wish.id])

      wish = try await district.union.claimWish(ClaimWishRequest(wishID: wish.id, contactName: "小李"))
      #expect(wish.state == .claimed)
      #expect(wish.openUnits == 0)
      let claim = try #require(wish.claims.first)
      #expect(claim.organisationName == "瀍河区总工会")

      let delivered = try await district.union.fulfilClaim(
        FulfilClaimRequest(
          claimID: claim.id, text: "3月5日送到站点", photos: ["https://photos.example/1.jpg", "k/2"],
          receiptsFen: 28_800))
      #expect(delivered.state == .fulfilled)
      #expect(delivered.fulfilment?.receiptsFen == 28_800)
      #expect(delivered.fulfilment?.photos == ["https://photos.example/1.jpg", "k/2"])
      #expect(try await district.current(wish).state == .fulfilled)

      let confirmed = try await district.staff.confirmFulfilment(
        ConfirmFulfilmentRequest(claimID: claim.id, comment: "谢谢", rating: 5))
      #expect(confirmed.state == .confirmed)
      #expect(try await district.current(wish).state == .confirmed)

      let report = try await district.union.addReport(
        AddReportRequest(wishID: wish.id, title: "一口热饭", text: "电饭锅送到了。"))
      #expect(report.state == .draft)
      let refused = await refusal {
        try await district.staff.publishReport(PublishReportRequest(reportID: report.id))
      }
      #expect(refused?.code == .failedPrecondition)
      #expect(refused?.reason == "CONSENT_MISSING")
      _ = try await district.staff.setPublicationConsent(
        SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true, evidence: "同意书 2026-018"))
      let published = try await district.staff.publishReport(PublishReportRequest(reportID: report.id))
      #expect(published.state == .published)
      let seen = try await district.otherPlatform.listReports(ListReportsRequest())
      #expect(seen.reports.map(\.id) == [report.id])

      #expect(
        try await district.events(wish).sorted() == [
          "ClaimConfirmedEvent", "ClaimFulfilledEvent", "ReportPublishedEvent", "WishClaimedEvent",
          "WishCollectedEvent", "WishFulfilledEvent", "WishListedEvent",
        ])
    }
  }

  @Test func historyTellsEveryStepWithTimeActorAndReason() async throws {
    try await District.run { district in
      let wish = try await district.platform.collectWish(district.wish())
      _ = try await district.staff.returnWish(ReturnWishRequest(wishID: wish.id, reason: "请写明型号"))
      _ = try await district.platform.updateWish(UpdateWishRequest(wishID: wish.id, title: "一个3升电饭锅"))
      _ = try await district.platform.resubmitWish(ResubmitWishRequest(wishID: wish.id))
      _ = try await district.staff.approveWish(ApproveWishRequest(wishID: wish.id))
      let claim = try #require(
        try await district.union.claimWish(ClaimWishRequest(wishID: wish.id)).claims.first)
      try await district.host.advance(by: .seconds(7 * 86_400))

      let history = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(
        history.map(\.action) == [
          .collected, .returned, .updated, .resubmitted, .approved, .claimed, .claimLapsed,
        ])
      #expect(
        history.map(\.toState) == [
          .submitted, .returned, .returned, .submitted, .listed, .claimed, .listed,
        ])
      #expect(history.map(\.number) == [1, 2, 3, 4, 5, 6, 7])
      #expect(
        history.map(\.actor) == [.platform, .staff, .platform, .platform, .staff, .partner, .system])
      #expect(history[1].reason == "请写明型号")
      #expect(history[5].subjectID == claim.id)
      #expect(history[5].fromState == .listed)
      #expect(history[6].time.map { $0.seconds } == claim.expireTime.map { $0.seconds })
      #expect(history.allSatisfy { !$0.actorID.isEmpty })

      let page = try await district.platform.listWishHistory(
        ListWishHistoryRequest(wishID: wish.id, pageSize: 4))
      #expect(page.entries.map(\.number) == [1, 2, 3, 4])
      #expect(page.entries.allSatisfy { $0.actorID.isEmpty })
      let rest = try await district.platform.listWishHistory(
        ListWishHistoryRequest(wishID: wish.id, pageSize: 4, pageToken: page.nextPageToken))
      #expect(rest.entries.map(\.number) == [5, 6, 7])
      #expect(rest.nextPageToken.isEmpty)
    }
  }
}
