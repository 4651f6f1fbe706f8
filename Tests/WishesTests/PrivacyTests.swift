import ModuleTesting
import Testing
import Wishes
import Workers

/// Claimant and wisher see no more of each other than the wish needs, and strangers see nothing of either.
@Suite struct PrivacyTests {
  /// Which of the wisher's secrets a reply gives away: names of values, found in its bytes.
  static func leaks(_ wish: Wish, _ district: District) -> Set<String> {
    let secrets = [
      "name": District.wisherName, "phone": District.wisherPhone, "address": District.wisherAddress,
      "worker": district.workerID, "community": District.community,
    ]
    let bytes = wish.encoded()
    return Set(secrets.filter { contains(bytes, $0.value) }.keys)
  }

  static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    return bytes.count >= wanted.count
      && (0...(bytes.count - wanted.count)).contains { Array(bytes[$0..<($0 + wanted.count)]) == wanted }
  }

  static let everything: Set = ["name", "phone", "address", "worker", "community"]

  @Test func beforeListingOnlyStaffAndTheWishersPlatformSeeAWish() async throws {
    try await District.run { district in
      let wish = try await district.platform.collectWish(district.wish())
      let get = GetWishRequest(wishID: wish.id)
      #expect(Self.leaks(try await district.staff.getWish(get), district) == Self.everything)
      #expect(Self.leaks(try await district.platform.getWish(get), district) == Self.everything)
      #expect(
        Self.leaks(try await district.auditor.getWish(get), district) == ["worker", "community"])
      for client in [district.union, district.otherPlatform, district.otherStaff] {
        let status = await refusal { try await client.getWish(get) }
        #expect(status?.code == .notFound)
        #expect(status?.reason == "WISH_NOT_FOUND")
        // The words are those of a wish that does not exist.
        let missing = await refusal {
          try await client.getWish(GetWishRequest(wishID: "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"))
        }
        #expect(
          missing?.message.replacing("018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f", with: wish.id)
            == status?.message)
      }
    }
  }

  /// ClaimWish is for partners and not for auditors: who is both claims as a partner, and is told what partners are.
  @Test func aRoleThatTheMethodIsNotForShowsNothing() async throws {
    try await District.run { district in
      let wish = try await district.listed(district.wish { $0.delivery = .throughStreet })
      let channel = try await district.host.channel(
        as: [.partner, .auditor], name: "union and auditor", organisationID: district.unionID)
      let both = WishServiceClient(channel)
      let claimed = try await both.claimWish(ClaimWishRequest(wishID: wish.id))
      #expect(Self.leaks(claimed, district) == [])
      // GetWish is for auditors too.
      #expect(
        Self.leaks(try await both.getWish(GetWishRequest(wishID: wish.id)), district)
          == ["worker", "community"])
    }
  }

  @Test func contactIsSeenFromClaimToDeliveryByTheClaimantAlone() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      let get = GetWishRequest(wishID: wish.id)
      func seen(_ client: WishServiceClient) async throws -> Set<String> {
        Self.leaks(try await client.getWish(get), district)
      }
      #expect(try await seen(district.union) == [])
      #expect(try await district.union.getWish(get).wisherLabel == "欧阳师傅")
      #expect(try await district.union.getWish(get).areaCode == District.street)

      let claimed = try await district.union.claimWish(ClaimWishRequest(wishID: wish.id))
      #expect(Self.leaks(claimed, district) == ["name", "phone", "address"])
      #expect(try await seen(district.union) == ["name", "phone", "address"])
      #expect(try await seen(district.charity) == [])
      #expect(try await seen(district.otherPlatform) == [])
      #expect(try await district.charity.getWish(get).claims.isEmpty)

      let claim = try #require(claimed.claims.first)
      _ = try await district.union.fulfilClaim(FulfilClaimRequest(claimID: claim.id, text: "送到"))
      #expect(try await seen(district.union) == [])
      _ = try await district.platform.disputeFulfilment(
        DisputeFulfilmentRequest(claimID: claim.id, reason: "没收到"))
      #expect(try await seen(district.union) == ["name", "phone", "address"])
      _ = try await district.union.releaseClaim(ReleaseClaimRequest(claimID: claim.id, reason: "缺货"))
      #expect(try await seen(district.union) == [])
    }
  }

  @Test func aLapsedClaimShowsNoContact() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.claimed()
      try await district.host.advance(by: .seconds(7 * 86_400))
      let view = try await district.union.getWish(GetWishRequest(wishID: wish.id))
      #expect(Self.leaks(view, district) == [])
      #expect(try await district.union.getClaim(GetClaimRequest(claimID: claim.id)).state == .lapsed)
    }
  }

  @Test func whoHandsOverAtTheStreetLearnsNoContact() async throws {
    try await District.run { district in
      let (wish, _) = try await district.claimed(district.wish { $0.delivery = .throughStreet })
      let view = try await district.union.getWish(GetWishRequest(wishID: wish.id))
      #expect(view.state == .claimed)
      #expect(Self.leaks(view, district) == [])
    }
  }

  @Test func listsHoldNoContactForAnybody() async throws {
    try await District.run { district in
      _ = try await district.listed()
      for client in [district.staff, district.platform, district.union, district.auditor] {
        let wishes = try await client.listWishes(ListWishesRequest()).wishes
        let view = try #require(wishes.first)
        #expect(Self.leaks(view, district).isDisjoint(with: ["name", "phone", "address"]))
      }
      let union = try await district.union.listWishes(ListWishesRequest()).wishes
      #expect(Self.leaks(try #require(union.first), district) == [])
    }
  }

  @Test func theWishersSideSeesTheOrganisationAndNoVolunteerUnlessGiven() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      _ = try await district.union.claimWish(ClaimWishRequest(wishID: wish.id, note: "内部备注"))
      var claim = try #require(
        try await district.platform.getWish(GetWishRequest(wishID: wish.id)).claims.first)
      #expect(claim.organisationName == "瀍河区总工会")
      #expect(claim.contactName.isEmpty && claim.contactPhone.isEmpty && claim.note.isEmpty)
      #expect(
        try await district.staff.getWish(GetWishRequest(wishID: wish.id)).claims.first?.note == "内部备注")
      _ = try await district.union.releaseClaim(ReleaseClaimRequest(claimID: claim.id, reason: "换人"))
      _ = try await district.union.claimWish(
        ClaimWishRequest(wishID: wish.id, contactName: "小李", contactPhone: "13800138000"))
      claim = try #require(try await district.platform.getWish(GetWishRequest(wishID: wish.id)).claims.first)
      #expect(claim.contactName == "小李")
      #expect(claim.contactPhone == "+8613800138000")
    }
  }

  @Test func othersDoNotSeeClaims() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.claimed()
      for client in [district.charity, district.otherPlatform, district.otherStaff] {
        let status = await refusal { try await client.getClaim(GetClaimRequest(claimID: claim.id)) }
        #expect(status?.code == .notFound)
      }
      for client in [district.charity, district.otherStaff] {
        let released = await refusal {
          try await client.releaseClaim(ReleaseClaimRequest(claimID: claim.id, reason: "x"))
        }
        #expect(released?.code == .notFound)
      }
      let list = try await district.charity.listClaims(ListClaimsRequest(wishID: wish.id))
      #expect(list.claims.isEmpty)
      let named = await refusal {
        try await district.charity.listClaims(ListClaimsRequest(organisationID: district.unionID))
      }
      #expect(named?.code == .permissionDenied)
    }
  }

  @Test func aPlatformThatTheWisherHasLeftSpeaksForTheWisherNoLonger() async throws {
    try await District.run { district in
      let (wish, claim) = try await district.fulfilled()
      _ = try await district.workers.endEmployment(
        EndEmploymentRequest(workerID: district.workerID, organisationID: district.platformID))
      let status = await refusal {
        try await district.platform.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim.id))
      }
      #expect(status?.code == .notFound)
      let gone = await refusal { try await district.platform.getWish(GetWishRequest(wishID: wish.id)) }
      #expect(gone?.code == .notFound)
      _ = try await district.staff.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim.id))
    }
  }

  @Test func afterwardsStrangersSeeAWishOnlyWithConsent() async throws {
    try await District.run { district in
      let (wish, _) = try await district.confirmed()
      let get = GetWishRequest(wishID: wish.id)
      let before = await refusal { try await district.charity.getWish(get) }
      #expect(before?.code == .notFound)
      _ = try await district.platform.setPublicationConsent(
        SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true, evidence: "电话同意"))
      let view = try await district.charity.getWish(get)
      #expect(Self.leaks(view, district) == [])
      #expect(view.claims.isEmpty)
      _ = try await district.platform.setPublicationConsent(SetPublicationConsentRequest(wishID: wish.id))
      let after = await refusal { try await district.charity.getWish(get) }
      #expect(after?.code == .notFound)
    }
  }

  @Test func whatBecomesPublicMayHoldNoPersonalData() async throws {
    try await District.run { district in
      for text in [
        "请联系139 3790 0001", "欧阳建国想要一个电饭锅", "身份证11010519491231002X", "电话:13937900001。",
      ] {
        let wish = try await district.staff.collectWish(district.wish { $0.description = text })
        let status = await refusal {
          try await district.staff.approveWish(ApproveWishRequest(wishID: wish.id))
        }
        #expect(status?.reason == "TEXT_HOLDS_PERSONAL_DATA", "\(text)")
        #expect(status?.metadata["field"] == "description")
        _ = try await district.staff.updateWish(UpdateWishRequest(wishID: wish.id, description: "想要电饭锅"))
        _ = try await district.staff.approveWish(ApproveWishRequest(wishID: wish.id))
      }
    }
  }
}
