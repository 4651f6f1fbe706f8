import Host
import ModuleTesting
import Testing
import Wishes
import Workers

/// Consent to fulfilment, where one was recorded, and what its withdrawal at the host does.
@Suite struct FulfilmentConsentTests {
  private static let purpose = "fulfilment"

  private func grant(_ person: String, _ district: District) async throws {
    _ = try await district.consents().grantConsent(
      GrantConsentRequest(
        personID: person, purpose: Self.purpose, separate: true, evidence: "口头同意", ofAge: true))
  }

  @discardableResult
  private func withdraw(_ person: String, _ district: District) async throws -> Consent {
    try await district.consents().withdrawConsent(
      WithdrawConsentRequest(personID: person, purpose: Self.purpose))
  }

  @Test(arguments: ["SUBMITTED", "RETURNED", "LISTED", "CLAIMED", "FULFILLED"])
  func anOpenWishIsWithdrawnFirst(state: String) async throws {
    try await District.run { district in
      let wish = try await WorkflowTests.wish(in: state, district)
      try await grant(district.workerID, district)
      let refused = await refusal { try await withdraw(district.workerID, district) }
      #expect(refused?.code == .failedPrecondition && refused?.reason == "WISHES_OPEN")
      #expect(refused?.metadata["module"] == "wishes" && refused?.metadata["count"] == "1")
      #expect(refused?.message.contains("WithdrawWish") == true)
      #expect(refused?.messageChinese.contains("WithdrawWish") == true)
      #expect(try await district.current(wish).contactPhone == District.wisherPhone)
      let list = ListConsentsRequest(personID: district.workerID)
      #expect(try await district.consents().listConsents(list).consents.map(\.withdrawnTime) == [nil])

      _ = try await district.staff.withdrawWish(WithdrawWishRequest(wishID: wish.id, reason: "不需要了"))
      #expect(try await withdraw(district.workerID, district).withdrawnTime != nil)
      #expect(RetentionTests.personal(try await district.current(wish)) == [])
      // Retention finds nothing more to do.
      try await district.host.advance(by: RetentionTests.purposeEnd)
    }
  }

  @Test func ofEndedWishesTheWishersDetailsGoAtOnce() async throws {
    try await District.run { district in
      let (wish, _, report) = try await SealingTests.walk(district)
      try await grant(district.workerID, district)
      try await withdraw(district.workerID, district)
      let after = try await district.current(wish)
      // The volunteer is somebody else.
      #expect(RetentionTests.personal(after) == ["金丝雀给工作人员的话", "金丝雀志愿者", "+8613811116666"])
      #expect(after.state == .confirmed && after.claims.first?.rating == 5)
      let history = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(!history.isEmpty && history.allSatisfy(\.reason.isEmpty))
      // Publication is another purpose.
      #expect(
        try await district.charity.listReports(ListReportsRequest()).reports.map(\.id) == [report.id])
      #expect(after.publicationConsent)
    }
  }

  @Test func whatBelongsToAReceiptStays() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.claimed()
      _ = try await district.union.fulfilClaim(
        FulfilClaimRequest(claimID: claim.id, text: "当面交付", photos: ["p/1"], receiptsFen: 28_800))
      _ = try await district.platform.confirmFulfilment(
        ConfirmFulfilmentRequest(claimID: claim.id, comment: "谢谢"))
      try await grant(district.workerID, district)
      try await withdraw(district.workerID, district)
      let after = try await district.current(wish)
      #expect(RetentionTests.personal(after) == ["当面交付", "p/1"])
    }
  }

  @Test func aDraftThatNeverBecamePublicGoesAtOnce() async throws {
    try await District.run { district in
      let wish = try await WorkflowTests.wish(in: "REJECTED", district)
      #expect(wish.draft != nil)
      try await grant(district.workerID, district)
      try await withdraw(district.workerID, district)
      #expect(RetentionTests.personal(try await district.current(wish)) == [])
    }
  }

  @Test func aVolunteerWithdrawsByTheClaim() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      let claim = try #require(
        try await district.union.claimWish(
          ClaimWishRequest(wishID: wish.id, note: "傍晚送", contactName: "小李", contactPhone: "13800138000")
        ).claims.first)
      try await grant(claim.id, district)
      try await withdraw(claim.id, district)
      let after = try await district.union.getClaim(GetClaimRequest(claimID: claim.id))
      #expect(after.state == .active)
      #expect(after.contactName.isEmpty && after.contactPhone.isEmpty && after.note.isEmpty)
      #expect(try await district.current(wish).contactPhone == District.wisherPhone)
    }
  }
}
