import ModuleTesting
import Testing
import Wishes

/// Auditors read what was done and by whom, and nothing that is personal.
@Suite struct AuditorTests {
  @Test func recordsAreReadWithoutPersonalData() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      let claim = try #require(
        try await district.union.claimWish(
          ClaimWishRequest(wishID: wish.id, note: "内部备注", contactName: "小李", contactPhone: "13800138000")
        ).claims.first)
      _ = try await district.union.fulfilClaim(
        FulfilClaimRequest(claimID: claim.id, text: "交给欧阳本人", photos: ["p/1"], receiptsFen: 100))
      _ = try await district.staff.disputeFulfilment(
        DisputeFulfilmentRequest(claimID: claim.id, reason: "欧阳说没收到"))

      let seen = try await district.auditor.getClaim(GetClaimRequest(claimID: claim.id))
      #expect(seen.organisationName == "瀍河区总工会")
      #expect(seen.disputeCount == 1)
      let bytes = seen.encoded()
      for text in ["内部备注", "小李", "13800138000", "欧阳", "p/1"] {
        #expect(!PrivacyTests.contains(bytes, text), "\(text)")
      }
      let history = try await district.auditor.listWishHistory(ListWishHistoryRequest(wishID: wish.id))
        .entries
      #expect(history.map(\.action) == [.collected, .approved, .claimed, .claimFulfilled, .claimDisputed])
      #expect(history.allSatisfy { $0.reason.isEmpty && !$0.actorID.isEmpty })
      let all = try await district.auditor.listWishes(ListWishesRequest(state: .claimed))
      #expect(all.wishes.map(\.id) == [wish.id])
      let claims = try await district.auditor.listClaims(ListClaimsRequest(organisationID: district.unionID))
      #expect(claims.claims.map(\.id) == [claim.id])
    }
  }

  @Test func auditorsChangeNothing() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.claimed()
      let auditor = district.auditor
      func denied<Reply>(_ call: () async throws -> Reply) async {
        let status = await refusal(call)
        #expect(status?.code == .permissionDenied)
      }
      await denied { try await auditor.collectWish(district.wish()) }
      await denied { try await auditor.approveWish(ApproveWishRequest(wishID: wish.id)) }
      await denied { try await auditor.claimWish(ClaimWishRequest(wishID: wish.id)) }
      await denied { try await auditor.releaseClaim(ReleaseClaimRequest(claimID: claim.id, reason: "x")) }
      await denied { try await auditor.withdrawWish(WithdrawWishRequest(wishID: wish.id, reason: "x")) }
    }
  }

  @Test func anOrganisationsClaimsAreListedByStateAndPage() async throws {
    try await District.run { district in
      var ids: [String] = []
      for index in 0..<7 {
        let (_, claim) = try await district.claimed()
        ids.append(claim.id)
        if index % 2 == 0 {
          _ = try await district.union.fulfilClaim(FulfilClaimRequest(claimID: claim.id, text: "送到"))
        }
      }
      var seen: [String] = []
      var request = ListClaimsRequest(pageSize: 3)
      repeat {
        let page = try await district.union.listClaims(request)
        seen += page.claims.map(\.id)
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(seen == ids.reversed())
      let active = try await district.union.listClaims(ListClaimsRequest(state: .active)).claims
      #expect(active.map(\.id) == [ids[5], ids[3], ids[1]])
      #expect(try await district.charity.listClaims(ListClaimsRequest()).claims.isEmpty)
      let platform = await refusal { try await district.platform.listClaims(ListClaimsRequest()) }
      #expect(platform?.code == .permissionDenied)
    }
  }
}
