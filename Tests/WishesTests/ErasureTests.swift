import Host
import ModuleTesting
import Testing
import Wishes
import Workers

/// What the module answers to persons: what is held, and erasure.
@Suite struct ErasureTests {
  @Test func holdingsNameEverythingWithWhatErasureDoes() async throws {
    try await District.runProbed { district in
      let (wish, claim, report) = try await SealingTests.walk(district)
      let holdings = try await district.holdings(of: district.workerID)
      let values = holdings.flatMap(\.fields).map(\.value)
      for name in [
        "address", "evidence", "extension", "delivery", "dispute", "comment", "release", "withdrawal",
        "title", "story", "down", "photo", "film",
      ] {
        #expect(values.contains { $0 == SealingTests.texts[name] }, "\(name)")
      }
      #expect(values.contains(District.wisherPhone))
      #expect(!values.contains(SealingTests.texts["volunteer"] ?? ""), "the volunteer is somebody else")
      let own = holdings.filter { [wish.id, claim.id, report.id].contains($0.recordID) }
      #expect(
        own.map(\.title) == [
          "wish", "contact and reasons of a wish", "the wisher's word on a delivery",
          "evidence of a delivery", "report",
        ])
      #expect(own.map(\.disposition) == [.pseudonymised, .erased, .erased, .erased, .erased])
      #expect(own[1].until == district.host.now + .seconds(180 * 86_400))
      #expect(holdings.allSatisfy { $0.purpose == "fulfilment" && !$0.titleChinese.isEmpty })

      let volunteer = try await district.holdings(of: claim.id)
      #expect(volunteer.map(\.title) == ["volunteer of a claim"])
      #expect(volunteer.map(\.areaCode) == [District.community])
      #expect(
        volunteer.first?.fields.map(\.value) == [
          "金丝雀志愿者", "+8613811116666", "金丝雀给工作人员的话",
        ])
    }
  }

  @Test func anErasedWisherLeavesNothingButFigures() async throws {
    try await District.runProbed { district in
      let (wish, claim, report) = try await SealingTests.walk(district)
      try await district.erase(district.workerID)
      #expect(try await district.holdings(of: district.workerID) == [])

      let after = try await district.current(wish)
      #expect(after.wisherLabel == "一位师傅")
      #expect(!after.workerID.isEmpty && after.workerID != district.workerID)
      #expect(after.description.isEmpty && after.consentEvidence.isEmpty && after.stateReason.isEmpty)
      #expect(after.contactPhone.isEmpty && after.deliveryAddress.isEmpty && after.wisherName.isEmpty)
      #expect(!after.publicationConsent)
      // What was given stays for the figures and the claimant's own record.
      #expect(after.title == wish.title && after.category == wish.category && after.state == .confirmed)
      let afterClaim = try await district.union.getClaim(GetClaimRequest(claimID: claim.id))
      #expect(afterClaim.state == .confirmed && afterClaim.rating == 5)
      #expect(afterClaim.confirmationComment.isEmpty && afterClaim.fulfilment?.text.isEmpty == true)
      #expect(afterClaim.fulfilment?.photos == [])
      #expect(afterClaim.contactName == SealingTests.texts["volunteer"], "the volunteer is somebody else")
      let gone = await refusal { try await district.staff.getReport(GetReportRequest(reportID: report.id)) }
      #expect(gone?.reason == "REPORT_NOT_FOUND")
      #expect(try await district.events(wish).contains("ReportWithdrawnEvent"))
      let history = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(history.last?.action == .wisherErased)
      #expect(history.allSatisfy { SealingTests.texts.values.contains($0.reason) == false })
      // One pseudonym for all of a wisher's wishes, which figures count by.
      let all = try await district.staff.listWishes(ListWishesRequest(workerID: after.workerID)).wishes
      #expect(all.count == 2)

      let consent = await refusal {
        try await district.staff.setPublicationConsent(
          SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true, evidence: "表"))
      }
      #expect(consent?.reason == "WISHER_ERASED")
    }
  }

  @Test(arguments: ["SUBMITTED", "RETURNED", "LISTED", "CLAIMED", "FULFILLED"])
  func anOpenWishIsWithdrawnAndItsClaimantsAreTold(state: String) async throws {
    try await District.runProbed { district in
      let wish = try await WorkflowTests.wish(in: state, district)
      try await district.erase(district.workerID)
      let after = try await district.current(wish)
      #expect(after.state == .withdrawn)
      #expect(RetentionTests.personal(after) == [])
      #expect(after.title == wish.title && after.draft == nil)
      #expect(wish.title.isEmpty == ["SUBMITTED", "RETURNED"].contains(state))
      let events = try await district.events(wish)
      #expect(events.contains("WishClosedEvent"))
      #expect(events.contains("ClaimCancelledEvent") == (state == "CLAIMED"))
      // Timers that were set before find nothing to do.
      try await district.host.advance(by: .seconds(400 * 86_400))
    }
  }

  @Test func aReceiptIsKeptWithItsReason() async throws {
    try await District.runProbed { district in
      let (wish, claim) = try await district.claimed()
      _ = try await district.union.fulfilClaim(
        FulfilClaimRequest(claimID: claim.id, text: "当面交付", photos: ["p/1"], receiptsFen: 28_800))
      let evidence = try #require(
        try await district.holdings(of: district.workerID).first { $0.title == "evidence of a delivery" })
      guard case .kept(let reason, let reasonChinese, let until) = evidence.disposition else {
        Issue.record("not kept: \(evidence.disposition)")
        return
      }
      #expect(reason.contains("Accounting Law"))
      #expect(reasonChinese.contains("会计档案管理办法"))
      // 2056-12-31T16:00:00Z
      #expect(until == .seconds(2_745_504_000))
      try await district.erase(district.workerID)
      let after = try await district.union.getClaim(GetClaimRequest(claimID: claim.id))
      #expect(after.fulfilment?.text == "当面交付")
      #expect(after.fulfilment?.photos == ["p/1"])
      #expect(try await district.current(wish).workerID != district.workerID)
    }
  }

  /// A volunteer is in no register: the staff of the wish's area see to the volunteer's rights.
  @Test(arguments: TestHost.Way.allCases)
  func aVolunteerIsErasedByTheClaim(way: TestHost.Way) async throws {
    try await District.run(way) { district in
      let wish = try await district.listed()
      let claim = try #require(
        try await district.union.claimWish(
          ClaimWishRequest(wishID: wish.id, contactName: "小李", contactPhone: "13800138000")
        ).claims.first)
      let look = GetPersonalViewRequest(personID: claim.id)
      let elsewhere = try await district.persons(areaCode: District.otherCounty)
      let hidden = await refusal { try await elsewhere.getPersonalView(look) }
      #expect(hidden?.reason == "PERSON_NOT_FOUND")

      let office = try await district.persons()
      let view = try await office.getPersonalView(look)
      #expect(view.records.map(\.title) == ["volunteer of a claim"])
      #expect(view.records.flatMap(\.values).map(\.value) == ["小李", "+8613800138000"])
      let file = try await office.exportPersonalData(ExportPersonalDataRequest(personID: claim.id))
      #expect(file.records == view.records)
      let preview = try await office.previewErasure(PreviewErasureRequest(personID: claim.id))
      let erasure = try await office.erasePerson(
        ErasePersonRequest(
          personID: claim.id, etag: preview.etag, legalBasis: .consentWithdrawn, reason: "本人提出"))
      #expect(erasure.parts.map(\.title) == ["volunteer of a claim"])
      let erased = try await office.getPersonalView(look)
      #expect(erased.records.isEmpty && erased.erasure != nil)

      let after = try await district.union.getClaim(GetClaimRequest(claimID: claim.id))
      #expect(after.state == .active && after.contactName.isEmpty && after.contactPhone.isEmpty)
      // The claim goes on, and the wisher's data is untouched.
      _ = try await district.union.fulfilClaim(FulfilClaimRequest(claimID: claim.id, text: "送到"))
      #expect(try await district.current(wish).contactPhone == District.wisherPhone)
    }
  }

  @Test func aMergeIntoSomebodyWhoIsGoneErases() async throws {
    try await District.runProbed { district in
      let wish = try await district.listed()
      let source = district.workerID
      try await district.inModule { transaction, _, _ in
        try transaction.emit(
          WorkerMergedEvent(sourceID: source, targetID: "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"),
          subject: source)
      }
      try await district.host.settle()
      let after = try await district.current(wish)
      #expect(after.state == .withdrawn && after.wisherLabel == "一位师傅" && after.contactPhone.isEmpty)
      #expect(after.workerID != source)
    }
  }

  @Test func whatCannotBeOpenedAnyMoreIsEmptyAndNoError() async throws {
    try await District.runProbed { district in
      let (wish, claim) = try await district.claimed(district.wish { $0.delivery = .throughStreet })
      let workerID = district.workerID
      try await district.inModule { transaction, _, vault in
        try vault.destroyKey(of: workerID, in: transaction)
      }
      // As between an erasure in the register and the module's own part in it: a timer still finds its claim.
      try await district.host.advance(by: .seconds(7 * 86_400))
      let after = try await district.union.getClaim(GetClaimRequest(claimID: claim.id))
      #expect(after.state == .lapsed)
      #expect(try await district.union.getWish(GetWishRequest(wishID: wish.id)).state == .listed)
    }
  }
}
