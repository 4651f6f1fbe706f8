import ModuleTesting
import Testing
import Wishes

/// What the module itself says is read without a purpose: nothing of it is personal.
@Suite struct ParticularsTests {
  /// Staff who do not say what they need personal data for.
  private func masked(_ district: District) async throws -> WishServiceClient {
    WishServiceClient(
      try await district.host.channel(as: .staff, name: "masked", areaCode: District.county))
  }

  @Test func aClaimsStateIsSaidByTheStateAlone() async throws {
    try await District.run { district in
      let staff = try await masked(district)
      let (_, lapsing) = try await district.claimed()
      try await district.host.advance(by: .seconds(7 * 86_400))
      let (wish, cancelled) = try await district.claimed()
      _ = try await district.staff.withdrawWish(WithdrawWishRequest(wishID: wish.id, reason: "住院了"))
      let (_, released) = try await district.claimed()
      _ = try await district.union.releaseClaim(ReleaseClaimRequest(claimID: released.id, reason: "买不到"))
      for (id, state, reason) in [
        (lapsing.id, Claim.State.lapsed, ""), (cancelled.id, .cancelled, ""),
        (released.id, .released, "****"),
      ] {
        let claim = try await staff.getClaim(GetClaimRequest(claimID: id))
        #expect(claim.state == state)
        #expect(claim.stateReason == reason)
      }
    }
  }

  @Test func historyTellsWhatTheModuleDidApartFromReasons() async throws {
    try await District.run { district in
      let staff = try await masked(district)
      let wish = try await district.platform.collectWish(district.wish())
      _ = try await district.staff.updateWish(
        UpdateWishRequest(wishID: wish.id, title: "一台电饭锅", category: .family))
      _ = try await district.staff.withdrawWish(WithdrawWishRequest(wishID: wish.id, reason: "住院了"))
      let list = ListWishHistoryRequest(wishID: wish.id)
      let entries = try await staff.listWishHistory(list).entries
      #expect(entries.map(\.action) == [.collected, .updated, .withdrawn])
      #expect(Set(entries[1].detail.split(separator: ", ")) == ["title", "category"])
      #expect(entries.map(\.reason) == ["", "", "****"])
      #expect(entries[0].detail.isEmpty && entries[2].detail.isEmpty)
      let audited = try await district.auditor.listWishHistory(list).entries
      #expect(audited.map(\.detail) == entries.map(\.detail))
      #expect(audited.map(\.reason) == ["", "", ""])
    }
  }

  /// What is not on the list cannot be claimed, whatever claims hold of it.
  @Test func nothingIsOpenButOnTheList() async throws {
    try await District.run { district in
      let wish = try await district.platform.collectWish(district.sharedByMoney())
      #expect(wish.openUnits == 0)
      let listed = try await district.staff.approveWish(ApproveWishRequest(wishID: wish.id))
      #expect(listed.openUnits == 3_000_000)
      let claimed = try await district.union.claimWish(
        ClaimWishRequest(wishID: wish.id, amountFen: 2_000_000))
      #expect(claimed.openUnits == 1_000_000)
      let withdrawn = try await district.staff.withdrawWish(
        WithdrawWishRequest(wishID: wish.id, reason: "住院了"))
      #expect(withdrawn.state == .withdrawn)
      #expect(withdrawn.openUnits == 0)
    }
  }
}
