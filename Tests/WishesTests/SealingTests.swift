import ModuleTesting
import Testing
import Wishes
import Workers

/// What is personal is sealed wherever it is kept, and opened no more than it is shown.
@Suite struct SealingTests {
  /// A text for each personal field of the module that a wish on the list has; none has digits, which replies would
  /// mask.
  static let texts = [
    "address": "金丝雀胡同院内", "evidence": "金丝雀签的同意书", "returned": "金丝雀退回理由", "note": "金丝雀给工作人员的话",
    "volunteer": "金丝雀志愿者", "extension": "金丝雀延期理由", "delivery": "金丝雀收货经过", "dispute": "金丝雀异议",
    "comment": "金丝雀的感谢", "release": "金丝雀放弃理由", "withdrawal": "金丝雀撤回理由", "title": "金丝雀的故事",
    "story": "金丝雀故事的正文", "down": "金丝雀下架理由", "photo": "金丝雀收货照片", "film": "金丝雀短片",
  ]
  static let volunteerPhone = "13811116666"

  /// Walks wishes through every step that takes something personal.
  static func walk(_ district: District) async throws -> (wish: Wish, claim: Claim, report: Report) {
    let text = { (name: String) in texts[name] ?? "" }
    let wish = try await district.platform.collectWish(
      district.wish {
        $0.deliveryAddress = text("address")
        $0.publicationConsent = true
        $0.consentEvidence = text("evidence")
      })
    _ = try await district.staff.returnWish(ReturnWishRequest(wishID: wish.id, reason: text("returned")))
    _ = try await district.platform.resubmitWish(ResubmitWishRequest(wishID: wish.id))
    _ = try await district.staff.approveWish(ApproveWishRequest(wishID: wish.id))
    let claimed = try await district.union.claimWish(
      ClaimWishRequest(
        wishID: wish.id, note: text("note"), contactName: text("volunteer"), contactPhone: volunteerPhone))
    let claim = try #require(claimed.claims.first)
    _ = try await district.union.extendClaim(
      ExtendClaimRequest(claimID: claim.id, reason: text("extension")))
    let delivery = FulfilClaimRequest(
      claimID: claim.id, text: text("delivery"), photos: [text("photo")])
    _ = try await district.union.fulfilClaim(delivery)
    _ = try await district.platform.disputeFulfilment(
      DisputeFulfilmentRequest(claimID: claim.id, reason: text("dispute")))
    _ = try await district.union.fulfilClaim(delivery)
    let confirmed = try await district.platform.confirmFulfilment(
      ConfirmFulfilmentRequest(claimID: claim.id, comment: text("comment"), rating: 5))
    let report = try await district.union.addReport(
      AddReportRequest(wishID: wish.id, title: text("title"), text: text("story"), media: [text("film")]))
    _ = try await district.staff.publishReport(PublishReportRequest(reportID: report.id))
    _ = try await district.staff.withdrawReport(
      WithdrawReportRequest(reportID: report.id, reason: text("down")))
    let published = try await district.staff.publishReport(PublishReportRequest(reportID: report.id))

    let (other, released) = try await district.claimed()
    _ = try await district.union.releaseClaim(
      ReleaseClaimRequest(claimID: released.id, reason: text("release")))
    _ = try await district.platform.withdrawWish(
      WithdrawWishRequest(wishID: other.id, reason: text("withdrawal")))
    return (try await district.current(wish), confirmed, published)
  }

  @Test func nothingPersonalStandsInAFileOfTheHost() async throws {
    try await District.run { district in
      let (wish, claim, report) = try await Self.walk(district)
      // It is all there for those who may see it.
      #expect(wish.deliveryAddress == Self.texts["address"])
      #expect(wish.contactPhone == District.wisherPhone)
      #expect(claim.confirmationComment == Self.texts["comment"])
      #expect(claim.fulfilment?.text == Self.texts["delivery"])
      #expect(claim.fulfilment?.photos.first == Self.texts["photo"])
      #expect(claim.contactName == Self.texts["volunteer"])
      #expect(report.text == Self.texts["story"])
      #expect(report.media.first == Self.texts["film"])
      let history = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(
        history.map(\.reason).filter { !$0.isEmpty }
          == ["returned", "extension", "dispute", "down"].map { Self.texts[$0] ?? "" })
      let personal =
        Array(Self.texts.values) + [
          District.wisherName, "13937900001", District.wisherAddress, Self.volunteerPhone,
        ]
      #expect(try await district.traces(of: personal) == [])
      // The search does find what is not personal.
      #expect(try await !district.traces(of: ["瀍河区总工会"]).isEmpty)
    }
  }

  @Test func whatIsNotShownIsNotOpened() async throws {
    try await District.runProbed { district in
      let (wish, claim) = try await district.fulfilled()
      let get = GetWishRequest(wishID: wish.id)
      // Bytes that nobody sealed: whoever opens them fails.
      try await district.inModule { transaction, _, _ in
        try transaction.execute("UPDATE wishes_wish SET contact = x'00'")
        return
      }
      let fulfilled = ListWishesRequest(state: .fulfilled)
      #expect(try await district.staff.listWishes(fulfilled).wishes.map(\.id) == [wish.id])
      #expect(try await district.auditor.listWishes(fulfilled).wishes.map(\.id) == [wish.id])
      let collected = ListWishesRequest(state: .fulfilled, collectedByCaller: true)
      #expect(try await district.platform.listWishes(collected).wishes.map(\.id) == [wish.id])
      let opened = await refusal { try await district.staff.getWish(get) }
      #expect(opened?.code == .internalError)
      #expect(try await district.union.getWish(get).id == wish.id)

      try await district.inModule { transaction, _, _ in
        try transaction.execute("UPDATE wishes_wish SET state_reason = x'00', consent_evidence = x'00'")
        try transaction.execute("UPDATE wishes_history SET reason = x'00'")
        try transaction.execute(
          "UPDATE wishes_claim SET contact = x'00', state_reason = x'00', evidence = x'00', comment = x'00'")
        return
      }
      let auditor = district.auditor
      #expect(try await auditor.getWish(get).claims.map(\.id) == [claim.id])
      #expect(try await auditor.listClaims(ListClaimsRequest(wishID: wish.id)).claims.map(\.id) == [claim.id])
      let history = try await auditor.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(history.count == 4)
    }
  }

  @Test func aMergeSealsEverythingAnewForTheOneWhoGoesOn() async throws {
    try await District.runProbed { district in
      let source = district.workerID
      let (wish, claim, report) = try await Self.walk(district)
      let target = try await District.register(
        District.wisherName, "13937900002", district.platformID, with: district.workers)
      _ = try await district.workers.mergeWorkers(
        MergeWorkersRequest(sourceID: source, targetID: target))
      try await district.host.settle()
      // The source's key opens nothing any more.
      try await district.inModule { transaction, _, vault in try vault.destroyKey(of: source, in: transaction)
      }
      var after = try await district.current(wish)
      #expect(after.workerID == target)
      #expect(after.deliveryAddress == Self.texts["address"])
      #expect(after.wisherName == District.wisherName)
      let afterClaim = try #require(after.claims.first)
      #expect(afterClaim.fulfilment?.text == Self.texts["delivery"])
      #expect(afterClaim.fulfilment?.photos.first == Self.texts["photo"])
      #expect(afterClaim.confirmationComment == Self.texts["comment"])
      #expect(afterClaim.contactName == claim.contactName)
      let afterReport = try await district.staff.getReport(GetReportRequest(reportID: report.id))
      #expect(afterReport.text == Self.texts["story"] && afterReport.media.first == Self.texts["film"])
      let history = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(history.contains { $0.reason == Self.texts["dispute"] })
      #expect(history.last?.action == .wisherMerged)
      #expect(try await district.holdings(of: source) == [])
      after = try #require(
        try await district.staff.listWishes(ListWishesRequest(workerID: target)).wishes.first {
          $0.state == .withdrawn
        })
      #expect(after.stateReason == Self.texts["withdrawal"])
    }
  }
}
