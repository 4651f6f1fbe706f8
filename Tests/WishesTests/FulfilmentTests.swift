import ModuleTesting
import Testing
import Wishes

/// Deliveries, and the wisher's word on them.
@Suite struct FulfilmentTests {
  @Test func aDisputeOpensTheClaimAgainForSevenDays() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.fulfilled()
      let disputed = try await district.platform.disputeFulfilment(
        DisputeFulfilmentRequest(claimID: claim.id, reason: "内胆破了"))
      #expect(disputed.state == .active)
      #expect(disputed.disputeCount == 1)
      #expect(disputed.stateReason == "内胆破了")
      #expect(disputed.fulfilment == nil)
      #expect(disputed.expireTime?.seconds == district.host.now.milliseconds / 1000 + 7 * 86_400)
      #expect(try await district.current(wish).state == .claimed)
      let again = try await district.union.fulfilClaim(FulfilClaimRequest(claimID: claim.id, text: "换了一个"))
      #expect(again.fulfilment?.text == "换了一个")
      _ = try await district.platform.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim.id))
      #expect(try await district.current(wish).state == .confirmed)
    }
  }

  @Test func aDisputedClaimThatIsNotMadeGoodLapses() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.fulfilled()
      _ = try await district.platform.disputeFulfilment(
        DisputeFulfilmentRequest(claimID: claim.id, reason: "没收到"))
      try await district.host.advance(by: .seconds(7 * 86_400))
      #expect(try await district.current(wish).state == .listed)
    }
  }

  @Test func silenceConfirmsNothingAndEndsWithStaff() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.fulfilled()
      let events = { try await district.events(wish).filter { $0 == "ConfirmationDueEvent" }.count }
      try await district.host.advance(by: .seconds(3 * 86_400))
      #expect(try await events() == 1)
      try await district.host.advance(by: .seconds(4 * 86_400))
      #expect(try await events() == 2)
      let none = try await district.staff.listClaims(ListClaimsRequest(confirmationOverdue: true))
      #expect(none.claims.isEmpty)
      try await district.host.advance(by: .seconds(7 * 86_400))
      #expect(try await events() == 3)
      try await district.host.advance(by: .seconds(365 * 86_400))
      #expect(try await events() == 3)
      #expect(try await district.current(wish).state == .fulfilled)

      let overdue = try await district.staff.listClaims(ListClaimsRequest(confirmationOverdue: true))
      #expect(overdue.claims.map(\.id) == [claim.id])
      let elsewhere = try await district.otherStaff.listClaims(ListClaimsRequest(confirmationOverdue: true))
      #expect(elsewhere.claims.isEmpty)
      let actions = try await district.staff.listWishHistory(ListWishHistoryRequest(wishID: wish.id)).entries
        .map(\.action)
      #expect(
        actions.suffix(3) == [.confirmationReminded, .confirmationReminded, .confirmationEscalated])

      _ = try await district.staff.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim.id))
      let after = try await district.staff.listClaims(ListClaimsRequest(confirmationOverdue: true))
      #expect(after.claims.isEmpty)
      #expect(try await district.current(wish).state == .confirmed)
    }
  }

  @Test func theClaimantDoesNotSpeakForTheWisher() async throws {
    try await District.run { district in
      let (_, claim) = try await district.fulfilled()
      let partner = await refusal {
        try await district.union.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim.id))
      }
      #expect(partner?.code == .permissionDenied)
      // Staff of the organisation that delivered: the same interest under another role.
      let staffOfUnion = WishServiceClient(
        try await district.host.channel(
          as: .staff, name: "union-staff", organisationID: district.unionID, areaCode: District.county,
          purpose: "fulfilment"))
      let own = await refusal {
        try await staffOfUnion.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim.id))
      }
      #expect(own?.code == .permissionDenied)
      #expect(own?.reason == "OWN_DELIVERY")
      let stranger = await refusal {
        try await district.otherPlatform.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim.id))
      }
      #expect(stranger?.code == .notFound)
    }
  }

  @Test func evidenceIsBoundedAndChecked() async throws {
    try await District.run { district in
      let (_, claim) = try await district.claimed()
      func refused(_ request: FulfilClaimRequest, _ field: String) async {
        let status = await refusal { try await district.union.fulfilClaim(request) }
        #expect(status?.code == .invalidArgument)
        #expect(status?.violations.first?.field == field)
      }
      await refused(FulfilClaimRequest(claimID: claim.id), "text")
      await refused(FulfilClaimRequest(claimID: claim.id, text: "  \n"), "text")
      await refused(
        FulfilClaimRequest(claimID: claim.id, text: "好", photos: Array(repeating: "k", count: 21)), "photos")
      await refused(FulfilClaimRequest(claimID: claim.id, text: "好", photos: ["a", "b c"]), "photos[1]")
      await refused(FulfilClaimRequest(claimID: claim.id, text: "好", receiptsFen: -1), "receipts_fen")
      _ = try await district.union.fulfilClaim(
        FulfilClaimRequest(claimID: claim.id, text: "好", photos: Array(repeating: "k", count: 20)))
    }
  }
}
