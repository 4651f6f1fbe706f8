import Host
import ModuleTesting
import Testing
import Wishes

/// What is not public: texts of wishes before moderation, reports that are not published, photographs. It is masked
/// like everything else that is personal, and open to those who moderate, on record.
@Suite struct DraftTests {
  private static let draft = WishDraft(
    title: "给欧阳建国打13937900001", description: "欧阳建国得了腰椎病", partNames: ["欧阳建国的护腰"])
  private static let maskedDraft = WishDraft(title: "****", description: "****", partNames: ["****"])

  private func request(_ district: District) -> CollectWishRequest {
    district.wish {
      $0.title = Self.draft.title
      $0.description = Self.draft.description
      $0.sharing = .byParts
      $0.parts = Self.draft.partNames.map { WishPart(name: $0, quantity: 2) }
    }
  }

  /// Staff, the wisher's platform and the union, none of whom says what anything is needed for.
  private func masked(_ district: District) async throws -> (
    staff: WishServiceClient, platform: WishServiceClient, union: WishServiceClient
  ) {
    let host = district.host
    let staff = try await host.channel(as: .staff, areaCode: District.county)
    let platform = try await host.channel(as: .platform, organisationID: district.platformID)
    let union = try await host.channel(as: .partner, organisationID: district.unionID)
    return (WishServiceClient(staff), WishServiceClient(platform), WishServiceClient(union))
  }

  private func expectMasked(_ wish: Wish, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(wish.draft == Self.maskedDraft, sourceLocation: sourceLocation)
    #expect(wish.title.isEmpty && wish.description.isEmpty, sourceLocation: sourceLocation)
    #expect(wish.parts.map(\.name) == [""], sourceLocation: sourceLocation)
    for text in [District.wisherName, "13937900001", "腰椎病", "护腰"] {
      #expect(
        !PrivacyTests.contains(wish.encoded(), text), "\(text) is shown", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func whatAWishSaysIsMaskedUntilItIsPublic(way: TestHost.Way) async throws {
    try await District.run(way) { district in
      let (staff, platform, _) = try await masked(district)
      let wish = try await platform.collectWish(request(district))
      expectMasked(wish)
      let get = GetWishRequest(wishID: wish.id)
      for client in [staff, platform] {
        expectMasked(try await client.getWish(get))
        let list = try await client.listWishes(
          ListWishesRequest(state: .submitted, workerID: district.workerID))
        expectMasked(try #require(list.wishes.first))
      }
      expectMasked(try await staff.returnWish(ReturnWishRequest(wishID: wish.id, reason: "请改")))
      expectMasked(
        try await platform.updateWish(UpdateWishRequest(wishID: wish.id, title: Self.draft.title + "。")))
      expectMasked(try await platform.resubmitWish(ResubmitWishRequest(wishID: wish.id)))
      let audited = try await district.auditor.getWish(get)
      #expect(audited.draft == nil && audited.title.isEmpty && audited.parts.map(\.name) == [""])
      for client in [district.union, district.otherPlatform, district.otherStaff] {
        #expect(await refusal { try await client.getWish(get) }?.reason == "WISH_NOT_FOUND")
      }
    }
  }

  @Test func whoModeratesReadsItOnRecordAndMakesItPublic() async throws {
    try await District.run { district in
      let (staff, platform, union) = try await masked(district)
      let wish = try await platform.collectWish(request(district))
      let get = GetWishRequest(wishID: wish.id)
      func lookers() async throws -> [String] {
        let request = ListAccessesRequest(personID: district.workerID)
        let accesses = try await district.persons().listAccesses(request).accesses
        return accesses.filter { $0.purpose == "fulfilment" }.map(\.principalName)
      }
      #expect(try await lookers() == [])
      let read = try await district.staff.getWish(get)
      #expect(read.draft == Self.draft)
      #expect(read.title.isEmpty && read.description.isEmpty && read.parts.map(\.name) == [""])
      #expect(try await lookers() == ["staff"])
      let waiting = try await district.staff.listWishes(ListWishesRequest(state: .submitted))
      #expect(waiting.wishes.map(\.draft) == [Self.draft])
      #expect(try await lookers() == ["staff", "staff"])

      let refused = await refusal { try await staff.approveWish(ApproveWishRequest(wishID: wish.id)) }
      #expect(refused?.reason == "TEXT_HOLDS_PERSONAL_DATA")
      let corrected = try await staff.updateWish(
        UpdateWishRequest(
          wishID: wish.id, title: "两条护腰", description: "跑单久了腰疼", parts: [WishPart(name: "护腰", quantity: 2)]))
      expectMasked(corrected)
      let listed = try await staff.approveWish(ApproveWishRequest(wishID: wish.id, etag: corrected.etag))
      let list = try await union.listWishes(ListWishesRequest())
      for view in [listed, try await union.getWish(get), try #require(list.wishes.first)] {
        #expect(view.draft == nil && view.title == "两条护腰" && view.description == "跑单久了腰疼")
        #expect(view.parts.map(\.name) == ["护腰"])
      }
    }
  }

  @Test func whatAReportSaysIsMaskedUnlessItIsPublished() async throws {
    try await District.run { district in
      let (staff, platform, union) = try await masked(district)
      let (wish, _) = try await district.fulfilled()
      let draft = ReportDraft(title: "欧阳建国的热饭", text: "欧阳建国说谢谢", media: ["films/oyjg.mp4"])
      let maskedDraft = ReportDraft(title: "****", text: "****", media: ["****"])
      let report = try await union.addReport(
        AddReportRequest(wishID: wish.id, title: draft.title, text: draft.text, media: draft.media))
      let get = GetReportRequest(reportID: report.id)
      func expectMasked(_ report: Report) {
        #expect(report.draft == maskedDraft)
        #expect(report.title.isEmpty && report.text.isEmpty && report.media.isEmpty)
      }
      expectMasked(report)
      for client in [staff, platform, union] {
        expectMasked(try await client.getReport(get))
        let list = try await client.listReports(ListReportsRequest(wishID: wish.id))
        expectMasked(try #require(list.reports.first))
      }
      for client in [district.staff, district.platform, district.union] {
        #expect(try await client.getReport(get).draft == draft)
      }

      _ = try await staff.setPublicationConsent(
        SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true, evidence: "当面"))
      let published = try await staff.publishReport(PublishReportRequest(reportID: report.id))
      let charity = WishServiceClient(
        try await district.host.channel(as: .partner, organisationID: district.charityID))
      for view in [published, try await charity.getReport(get)] {
        #expect(view.draft == nil)
        #expect(view.title == draft.title && view.text == draft.text && view.media == draft.media)
      }
      expectMasked(
        try await staff.withdrawReport(WithdrawReportRequest(reportID: report.id, reason: "有误")))
    }
  }

  @Test func photographsAreMaskedWithTheEvidence() async throws {
    try await District.run { district in
      let (staff, platform, union) = try await masked(district)
      let (_, claim) = try await district.claimed()
      let photos = ["photos/oyjg.jpg", "p/2"]
      let delivered = try await union.fulfilClaim(
        FulfilClaimRequest(claimID: claim.id, text: "交给欧阳建国", photos: photos, receiptsFen: 28_800))
      #expect(delivered.fulfilment?.photos == ["****", "****"] && delivered.fulfilment?.text == "****")
      let get = GetClaimRequest(claimID: claim.id)
      for client in [staff, platform, union] {
        let seen = try await client.getClaim(get)
        #expect(seen.fulfilment?.photos == ["****", "****"] && seen.fulfilment?.receiptsFen == 28_800)
      }
      for client in [district.staff, district.platform, district.union] {
        #expect(try await client.getClaim(get).fulfilment?.photos == photos)
      }
    }
  }
}
