import ModuleTesting
import Testing
import Wishes
import Workers

/// Time limits of claims, and many claimants at once.
@Suite struct ClaimTests {
  static let day = 86_400

  @Test func aClaimLapsesAfterSevenDaysAndTheWishIsListedAgain() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.claimed()
      #expect(claim.expireTime?.seconds == district.host.now.milliseconds / 1000 + 7 * 86_400)
      try await district.host.advance(by: .seconds(7 * Self.day - 1))
      #expect(try await district.current(wish).state == .claimed)
      try await district.host.advance(by: .seconds(1))
      let after = try await district.current(wish)
      #expect(after.state == .listed)
      #expect(after.openUnits == 1)
      let lapsed = try await district.union.getClaim(GetClaimRequest(claimID: claim.id))
      #expect(lapsed.state == .lapsed)
      let again = try await district.charity.claimWish(ClaimWishRequest(wishID: wish.id))
      #expect(again.state == .claimed)
      #expect(again.claims.map(\.organisationName) == ["瀍河区慈善协会"])
      #expect(
        try await district.events(wish) == [
          "WishCollectedEvent", "WishListedEvent", "WishClaimedEvent", "ClaimLapsedEvent", "WishClaimedEvent",
        ])
    }
  }

  @Test func areasLimitAClaimantToo() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.claimed()
      let elsewhere = WishServiceClient(
        try await district.host.channel(
          as: .partner, name: "union of the next county", organisationID: district.unionID,
          areaCode: District.otherCounty, purpose: "fulfilment"))
      let refused = await refusal { try await elsewhere.getClaim(GetClaimRequest(claimID: claim.id)) }
      #expect(refused?.code == .notFound)
      let released = await refusal {
        try await elsewhere.releaseClaim(ReleaseClaimRequest(claimID: claim.id, reason: "x"))
      }
      #expect(released?.code == .notFound)
      #expect(try await elsewhere.listClaims(ListClaimsRequest()).claims.isEmpty)
      #expect(try await district.union.listClaims(ListClaimsRequest()).claims.map(\.wishID) == [wish.id])
    }
  }

  @Test func aLapseSurvivesARestart() async throws {
    try await TestHost.run([WorkersModule.self, WishesModule.self, EventLogModule.self]) { host in
      let district = try await District(host)
      let (wish, _) = try await district.claimed()
      try await host.restart()
      try await host.advance(by: .seconds(7 * Self.day))
      let staff = WishServiceClient(
        try await host.channel(as: .staff, name: "staff", areaCode: District.county, purpose: "fulfilment"))
      #expect(try await staff.getWish(GetWishRequest(wishID: wish.id)).state == .listed)
    }
  }

  @Test func aClaimHoldsAsLongAsAskedWithinBounds() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      let short = await refusal {
        try await district.union.claimWish(ClaimWishRequest(wishID: wish.id, holdSeconds: 9))
      }
      #expect(short?.code == .invalidArgument)
      #expect(short?.violations.map(\.field) == ["hold_seconds"])
      let long = await refusal {
        try await district.union.claimWish(ClaimWishRequest(wishID: wish.id, holdSeconds: 2_592_001))
      }
      #expect(long?.code == .invalidArgument)
      _ = try await district.union.claimWish(ClaimWishRequest(wishID: wish.id, holdSeconds: 10))
      try await district.host.advance(by: .seconds(10))
      #expect(try await district.current(wish).state == .listed)
    }
  }

  @Test func anExtensionMovesTheLapseTwiceAtMost() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.claimed()
      let start = try #require(claim.expireTime?.seconds)
      let first = try await district.union.extendClaim(
        ExtendClaimRequest(claimID: claim.id, extraSeconds: 86_400, reason: "等货"))
      #expect(first.expireTime?.seconds == start + 86_400)
      #expect(first.extensionCount == 1)
      let second = try await district.union.extendClaim(ExtendClaimRequest(claimID: claim.id, reason: "等货"))
      #expect(second.expireTime?.seconds == start + 8 * 86_400)
      let third = await refusal {
        try await district.union.extendClaim(ExtendClaimRequest(claimID: claim.id, reason: "等货"))
      }
      #expect(third?.reason == "NO_EXTENSION_LEFT")
      try await district.host.advance(by: .seconds(15 * Self.day - 1))
      #expect(try await district.current(wish).state == .claimed)
      try await district.host.advance(by: .seconds(1))
      #expect(try await district.current(wish).state == .listed)
    }
  }

  @Test func noClaimHoldsLongerThanSixtyDays() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      let claimed = try await district.union.claimWish(
        ClaimWishRequest(wishID: wish.id, holdSeconds: 30 * 86_400))
      let claim = try #require(claimed.claims.first)
      _ = try await district.union.extendClaim(
        ExtendClaimRequest(claimID: claim.id, extraSeconds: 30 * 86_400, reason: "定制"))
      let over = await refusal {
        try await district.union.extendClaim(
          ExtendClaimRequest(claimID: claim.id, extraSeconds: 1, reason: "定制"))
      }
      #expect(over?.reason == "HOLD_TOO_LONG")
      #expect(over?.metadata["limit_days"] == "60")
    }
  }

  @Test func aReleasedOrDeliveredClaimDoesNotLapse() async throws {
    try await District.run { district in
      let (released, claim) = try await district.claimed()
      _ = try await district.union.releaseClaim(ReleaseClaimRequest(claimID: claim.id, reason: "缺货"))
      let (delivered, _) = try await district.fulfilled()
      try await district.host.advance(by: .seconds(60 * Self.day))
      #expect(try await district.current(released).state == .listed)
      #expect(try await district.current(delivered).state == .fulfilled)
      #expect(try await !district.events(released).contains("ClaimLapsedEvent"))
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func ofSixtyFourClaimsAtOnceExactlyOneWins(way: TestHost.Way) async throws {
    try await District.run(way) { district in
      let wish = try await district.listed()
      let outcomes = await withTaskGroup(of: Result<Wish, any Error>.self) { group in
        for index in 0..<64 {
          group.addTask {
            do {
              let client = index % 2 == 0 ? district.union : district.charity
              return .success(try await client.claimWish(ClaimWishRequest(wishID: wish.id)))
            } catch {
              return .failure(error)
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      var won = 0
      for outcome in outcomes {
        switch outcome {
        case .success(let claimed):
          won += 1
          #expect(claimed.state == .claimed)
        case .failure(let error):
          let status = try #require(error as? Status)
          #expect(status.code == .failedPrecondition)
          #expect(status.reason == "WISH_ALREADY_CLAIMED")
          #expect(status.domain == "wishes.yizhan")
          #expect(status.metadata["wish_id"] == wish.id)
          #expect(status.metadata["earliest_expire_time_seconds"].flatMap(Int64.init) ?? 0 > 0)
          #expect(!status.messageChinese.isEmpty)
        }
      }
      #expect(won == 1)
      let claims = try await district.staff.listClaims(ListClaimsRequest(wishID: wish.id))
      #expect(claims.claims.count == 1)
    }
  }

  @Test func staffClaimForAnOrganisationAndOthersOnlyForTheirOwn() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      let foreign = await refusal {
        try await district.union.claimWish(
          ClaimWishRequest(wishID: wish.id, organisationID: district.charityID))
      }
      #expect(foreign?.code == .permissionDenied)
      #expect(foreign?.reason == "ORGANISATION_NOT_YOURS")
      let unnamed = await refusal { try await district.staff.claimWish(ClaimWishRequest(wishID: wish.id)) }
      #expect(unnamed?.reason == "ORGANISATION_NEEDED")
      let unknown = await refusal {
        try await district.staff.claimWish(
          ClaimWishRequest(wishID: wish.id, organisationID: "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"))
      }
      #expect(unknown?.reason == "ORGANISATION_NOT_FOUND")
      let claimed = try await district.staff.claimWish(
        ClaimWishRequest(wishID: wish.id, organisationID: district.charityID))
      #expect(claimed.claims.first?.organisationID == district.charityID)
      let seen = try await district.charity.listClaims(ListClaimsRequest())
      #expect(seen.claims.map(\.wishID) == [wish.id])
    }
  }

  @Test func aPlatformCannotClaim() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      let status = await refusal { try await district.platform.claimWish(ClaimWishRequest(wishID: wish.id)) }
      #expect(status?.code == .permissionDenied)
      #expect(try await district.current(wish).state == .listed)
    }
  }
}
