import ModuleTesting
import Testing
import Wishes
import Workers

/// 180 days after the end of a wish what is personal of it is deleted; a delivery with money keeps its evidence.
@Suite struct RetentionTests {
  static let day = Duration.seconds(86_400)
  static let purposeEnd = Duration.seconds(180 * 86_400)

  /// What is personal in a wish as staff see it; the name is the register's own.
  static func personal(_ wish: Wish) -> [String] {
    var texts = [wish.contactPhone, wish.deliveryAddress, wish.stateReason]
    if let draft = wish.draft { texts += [draft.title, draft.description] + draft.partNames }
    for claim in wish.claims {
      texts += [
        claim.note, claim.contactName, claim.contactPhone, claim.stateReason, claim.confirmationComment,
      ]
      if let fulfilment = claim.fulfilment { texts += [fulfilment.text] + fulfilment.photos }
    }
    return texts.filter { !$0.isEmpty }
  }

  @Test(arguments: ["CONFIRMED", "WITHDRAWN", "REJECTED"])
  func whatIsPersonalGoesAfter180Days(state: String) async throws {
    try await District.run { district in
      let wish = try await WorkflowTests.wish(in: state, district)
      try await district.host.advance(by: Self.purposeEnd - Self.day)
      let before = try await district.current(wish)
      #expect(before.contactPhone == District.wisherPhone)
      #expect(Self.personal(before).count > 2)
      #expect((before.draft == nil) == (state != "REJECTED"))
      try await district.host.advance(by: Self.day)
      let after = try await district.current(wish)
      #expect(Self.personal(after) == [])
      #expect(after.etag != before.etag)
      #expect(after.title == before.title && after.claims.count == before.claims.count)
      let history = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
      #expect(!history.isEmpty && history.allSatisfy(\.reason.isEmpty))
    }
  }

  @Test(arguments: ["LISTED", "CLAIMED", "FULFILLED", "RETURNED"])
  func whatIsNotOverIsKept(state: String) async throws {
    try await District.run { district in
      let wish = try await WorkflowTests.wish(in: state, district)
      try await district.host.advance(by: .seconds(400 * 86_400))
      #expect(try await district.current(wish).contactPhone == District.wisherPhone)
    }
  }

  @Test func evidenceOfMoneyStaysForThirtyYearsAfterTheYear() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.claimed()
      _ = try await district.union.fulfilClaim(
        FulfilClaimRequest(claimID: claim.id, text: "当面交付", photos: ["p/1"], receiptsFen: 28_800))
      _ = try await district.platform.confirmFulfilment(
        ConfirmFulfilmentRequest(claimID: claim.id, comment: "谢谢"))
      func fulfilment() async throws -> Fulfilment? {
        try await district.union.getClaim(GetClaimRequest(claimID: claim.id)).fulfilment
      }
      try await district.host.advance(by: Self.purposeEnd)
      #expect(try await fulfilment()?.text == "当面交付")
      #expect(try await fulfilment()?.photos == ["p/1"])
      #expect(Self.personal(try await district.current(wish)) == ["当面交付", "p/1"])
      // Delivered in 2026: until the end of 2056 in China, 2056-12-31T16:00:00Z (date -ud ... +%s).
      let end = Instant.seconds(2_745_504_000)
      try await district.host.advance(by: end - district.host.now - .milliseconds(1))
      #expect(try await fulfilment()?.text == "当面交付")
      try await district.host.advance(by: .milliseconds(1))
      #expect(try await fulfilment()?.text.isEmpty == true)
      #expect(try await fulfilment()?.photos == [])
      #expect(try await fulfilment()?.receiptsFen == 28_800)
    }
  }

  @Test func whatIsWrittenAfterwardsGoesAsWell() async throws {
    try await District.run { district in
      let (wish, _) = try await district.confirmed()
      try await district.host.advance(by: Self.purposeEnd + Self.day)
      _ = try await district.staff.setPublicationConsent(
        SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true, evidence: "来电同意"))
      func reasons() async throws -> [String] {
        try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries.map(
          \.reason
        )
        .filter { !$0.isEmpty }
      }
      #expect(try await reasons() == ["来电同意"])
      try await district.host.advance(by: Self.purposeEnd)
      #expect(try await reasons() == [])
      // The proof of a consent stays as long as what was published with it.
      let publication = WishServiceClient(
        try await district.host.channel(as: .staff, areaCode: District.county, purpose: "publication"))
      #expect(
        try await publication.getWish(GetWishRequest(wishID: wish.id)).consentEvidence == "来电同意")
    }
  }

  @Test func theTimerSurvivesARestart() async throws {
    try await TestHost.run([WorkersModule.self, WishesModule.self, EventLogModule.self]) { host in
      let district = try await District(host)
      let (wish, _) = try await district.confirmed()
      try await host.restart()
      try await host.advance(by: Self.purposeEnd)
      let staff = WishServiceClient(
        try await host.channel(as: .staff, name: "staff", areaCode: District.county, purpose: "fulfilment"))
      #expect(Self.personal(try await staff.getWish(GetWishRequest(wishID: wish.id))) == [])
    }
  }
}
