import ModuleTesting
import Testing
import Wishes

/// Whatever lists are asked to keep to they keep to at once, inside the query, so that every page is full.
@Suite struct FilterTests {
  private func deliver(
    _ quantity: Int32, of wish: Wish, by claimant: WishServiceClient
  ) async throws -> Claim {
    let claimed = try await claimant.claimWish(
      ClaimWishRequest(wishID: wish.id, parts: [ClaimPart(number: 1, quantity: quantity)]))
    let claim = try #require(claimed.claims.first)
    return try await claimant.fulfilClaim(FulfilClaimRequest(claimID: claim.id, text: "已送到"))
  }

  /// A wish with two deliveries, of which the older one has waited for confirmation too long.
  private func delivered(_ district: District) async throws -> (wish: Wish, old: Claim, new: Claim) {
    let wish = try await district.listed(district.sharedByParts())
    let old = try await deliver(3, of: wish, by: district.union)
    for days: Int64 in [3, 4, 7] { try await district.host.advance(by: .seconds(days * 86_400)) }
    return (wish, old, try await deliver(2, of: wish, by: district.charity))
  }

  @Test func claimsOfAWishThatAreOverdue() async throws {
    try await District.run { district in
      let (wish, old, new) = try await delivered(district)
      let all = try await district.staff.listClaims(ListClaimsRequest(wishID: wish.id))
      #expect(all.claims.map(\.id) == [new.id, old.id])
      let overdue = ListClaimsRequest(pageSize: 1, wishID: wish.id, confirmationOverdue: true)
      for caller in [district.staff, district.auditor, district.platform, district.union] {
        let page = try await caller.listClaims(overdue)
        #expect(page.claims.map(\.id) == [old.id])
        #expect(page.nextPageToken == "")
      }
      #expect(try await district.charity.listClaims(overdue).claims.isEmpty)
      var ofCharity = overdue
      ofCharity.organisationID = district.charityID
      #expect(try await district.staff.listClaims(ofCharity).claims.isEmpty)
    }
  }

  /// A platform that sees no more of a wish than everybody is told so, and not that nobody has claimed it.
  @Test func claimsOfAnotherOrganisation() async throws {
    try await District.run { district in
      let (wish, _, _) = try await delivered(district)
      let request = ListClaimsRequest(wishID: wish.id, organisationID: district.unionID)
      #expect(try await district.platform.listClaims(request).claims.count == 1)
      let refused = await refusal { try await district.otherPlatform.listClaims(request) }
      #expect(refused?.code == .permissionDenied)
      #expect(refused?.reason == "ORGANISATION_NOT_YOURS")
    }
  }

  @Test func wishesOfAWorkerThatTheCallerCollected() async throws {
    try await District.run { district in
      let staffOfUnion = WishServiceClient(
        try await district.host.channel(
          as: .staff, name: "union-staff", organisationID: district.unionID, areaCode: District.county,
          purpose: "fulfilment"))
      var own: [String] = []
      for index in 0..<4 {
        let collector = index % 2 == 0 ? staffOfUnion : district.platform
        let wish = try await collector.collectWish(district.wish { $0.title = "第\(index + 1)个心愿" })
        if index % 2 == 0 { own.append(wish.id) }
      }
      let request = ListWishesRequest(pageSize: 1, workerID: district.workerID, collectedByCaller: true)
      let first = try await staffOfUnion.listWishes(request)
      #expect(first.wishes.map(\.id) == [own[1]])
      var following = request
      following.pageToken = first.nextPageToken
      let second = try await staffOfUnion.listWishes(following)
      #expect(second.wishes.map(\.id) == [own[0]])
      #expect(second.nextPageToken == "")
      // Staff who act for no organisation have collected for none.
      let none = await refusal { try await district.staff.listWishes(request) }
      #expect(none?.reason == "ORGANISATION_NEEDED")
    }
  }
}
