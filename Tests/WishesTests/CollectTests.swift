import ModuleTesting
import Testing
import Wishes
import Workers

/// What a wish must be like, and who may collect one.
@Suite struct CollectTests {
  @Test func fieldsAreCheckedTogether() async throws {
    try await District.run { district in
      func refused(_ expected: [String], _ change: (inout CollectWishRequest) -> Void) async {
        let request = district.wish(change)
        let status = await refusal { try await district.staff.collectWish(request) }
        #expect(status?.code == .invalidArgument)
        #expect(status?.violations.map(\.field) == expected, "\(status?.message ?? "")")
        #expect(status?.violations.allSatisfy { !$0.descriptionChinese.isEmpty } == true)
      }
      await refused(["title"]) { $0.title = " \u{3000} " }
      await refused(["category"]) { $0.category = .unspecified }
      await refused(["need"]) { $0.need = .unspecified }
      await refused(["parts"]) { $0.sharing = .byParts }
      await refused(["estimated_cost_fen"]) {
        $0.sharing = .byMoney
        $0.estimatedCostFen = 0
      }
      await refused(["contact_phone"]) { $0.contactPhone = "" }
      await refused(["contact_phone"]) { $0.contactPhone = "12" }
      await refused(["parts"]) {
        $0.need = .money
        $0.parts = [WishPart(name: "书", quantity: 1)]
      }
      await refused(["parts[1].name"]) {
        $0.parts = [WishPart(name: "书", quantity: 1), WishPart(name: "书", quantity: 2)]
      }
      await refused(["parts[0].quantity"]) { $0.parts = [WishPart(name: "书", quantity: 0)] }
      await refused(["estimated_cost_fen"]) { $0.estimatedCostFen = -1 }
      await refused(["worker_id", "title"]) {
        $0.title = ""
        $0.workerID = "x"
      }
    }
  }

  /// Whoever is bound to a district could learn the name of a worker of another one from the reply.
  @Test func nobodyCollectsForAWorkerOfAnotherDistrict() async throws {
    try await District.run { district in
      let wish = district.wish { $0.areaCode = District.otherCounty }
      let boundPlatform = WishServiceClient(
        try await district.host.channel(
          as: .platform, organisationID: district.platformID, areaCode: District.otherCounty,
          purpose: "fulfilment"))
      for caller in [district.otherStaff, boundPlatform] {
        let foreign = await refusal { try await caller.collectWish(wish) }
        let nobodys = district.wish {
          $0.areaCode = District.otherCounty
          $0.workerID = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
        }
        let unknown = await refusal { try await caller.collectWish(nobodys) }
        #expect(foreign?.reason == "WORKER_NOT_FOUND")
        #expect(
          foreign?.message.replacing(wish.workerID, with: nobodys.workerID) == unknown?.message)
      }
      _ = try await district.workers.updateWorker(
        UpdateWorkerRequest(id: district.workerID, areaCode: District.otherCounty))
      for caller in [district.otherStaff, boundPlatform] {
        #expect(try await caller.collectWish(wish).wisherName == District.wisherName)
      }
      #expect(
        await refusal { try await district.staff.collectWish(district.wish()) }?.reason == "WORKER_NOT_FOUND")
    }
  }

  @Test func aPlatformCollectsForItsOwnWorkersOnly() async throws {
    try await District.run { district in
      let status = await refusal { try await district.otherPlatform.collectWish(district.wish()) }
      #expect(status?.code == .notFound)
      #expect(status?.reason == "WORKER_NOT_FOUND")
      let unknown = await refusal {
        try await district.platform.collectWish(
          district.wish { $0.workerID = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f" })
      }
      #expect(unknown?.reason == "WORKER_NOT_FOUND")
      let area = await refusal {
        try await district.platform.collectWish(district.wish { $0.areaCode = "410304099" })
      }
      #expect(area?.reason == "AREA_NOT_FOUND")
      let partner = await refusal { try await district.union.collectWish(district.wish()) }
      #expect(partner?.code == .permissionDenied)
    }
  }

  @Test func aWorkerHasTwentyWishesAtOnceAtMost() async throws {
    try await District.run { district in
      var last: Wish?
      for _ in 0..<20 { last = try await district.staff.collectWish(district.wish()) }
      let status = await refusal { try await district.staff.collectWish(district.wish()) }
      #expect(status?.reason == "WISHER_HAS_TOO_MANY_WISHES")
      #expect(status?.metadata["limit"] == "20")
      _ = try await district.staff.rejectWish(
        RejectWishRequest(wishID: try #require(last).id, reason: "重复"))
      _ = try await district.staff.collectWish(district.wish())
    }
  }

  @Test func anUpdateChangesWhatItsMaskOrItsFieldsSay() async throws {
    try await District.run { district in
      let wish = try await district.staff.collectWish(district.wish())
      var after = try await district.staff.updateWish(
        UpdateWishRequest(wishID: wish.id, title: "一台电饭锅", category: .family))
      #expect(after.draft?.title == "一台电饭锅")
      #expect(after.category == .family)
      #expect(after.draft?.description == district.wish().description)
      after = try await district.staff.updateWish(
        UpdateWishRequest(
          wishID: wish.id, title: "不改",
          updateMask: ProtoFieldMask(paths: ["description", "estimated_cost_fen"])))
      #expect(after.draft?.title == "一台电饭锅")
      #expect(after.draft?.description == "")
      #expect(after.estimatedCostFen == 0)
      after = try await district.staff.updateWish(
        UpdateWishRequest(wishID: wish.id, sharing: .byParts, parts: [WishPart(name: "锅", quantity: 3)]))
      #expect(after.openUnits == 0, "nothing can be claimed before moderation")
      #expect(after.draft?.partNames == ["锅"] && after.parts.map(\.quantity) == [3])
      let unknown = await refusal {
        try await district.staff.updateWish(
          UpdateWishRequest(wishID: wish.id, updateMask: ProtoFieldMask(paths: ["state"])))
      }
      #expect(unknown?.violations.map(\.field) == ["update_mask"])
      let nothing = await refusal { try await district.staff.updateWish(UpdateWishRequest(wishID: wish.id)) }
      #expect(nothing?.violations.first?.reason == "NOTHING_TO_CHANGE")
    }
  }

  @Test func evidenceOfAConsentThatIsNotGivenIsRefused() async throws {
    try await District.run { district in
      let refused = await refusal {
        try await district.platform.collectWish(district.wish { $0.consentEvidence = "同意书 7" })
      }
      #expect(refused?.code == .invalidArgument)
      #expect(refused?.violations.map(\.field) == ["consent_evidence"])
      #expect(refused?.violations.map(\.reason) == ["CONSENT_NOT_GIVEN"])
    }
  }

  @Test func onTheListOnlyStaffUpdateAndOnlyBeforeAClaim() async throws {
    try await District.run { district in
      let wish = try await district.listed(district.sharedByMoney())
      let platform = await refusal {
        try await district.platform.updateWish(UpdateWishRequest(wishID: wish.id, title: "改"))
      }
      #expect(platform?.reason == "WISH_STATE_CONFLICT")
      let phone = await refusal {
        try await district.staff.updateWish(UpdateWishRequest(wishID: wish.id, title: "电话13937900001"))
      }
      #expect(phone?.reason == "TEXT_HOLDS_PERSONAL_DATA")
      _ = try await district.union.claimWish(ClaimWishRequest(wishID: wish.id, amountFen: 1))
      let claimed = await refusal {
        try await district.staff.updateWish(UpdateWishRequest(wishID: wish.id, estimatedCostFen: 5))
      }
      #expect(claimed?.reason == "WISH_PARTLY_CLAIMED")
    }
  }

  @Test func aCallRepeatedWithItsKeyCollectsOneWish() async throws {
    try await District.run { district in
      let options = CallOptions(idempotencyKey: "street-2026-01-05-0001")
      let first = try await district.platform.collectWish(district.wish(), options)
      #expect(first.wisherName == District.wisherName && first.contactPhone == District.wisherPhone)
      #expect(first.deliveryAddress == District.wisherAddress)
      var masked = first
      masked.wisherName = "欧阳**"
      masked.contactPhone = "+86139****0001"
      masked.deliveryAddress = "****"
      masked.draft = WishDraft(title: "****", description: "****")
      #expect(first.draft?.title == "一个电饭锅")
      #expect(try await district.platform.collectWish(district.wish(), options) == masked)
      let list = try await district.staff.listWishes(ListWishesRequest(state: .submitted))
      #expect(list.wishes.count == 1)
      // Once the wisher is out of the platform's reach, the key opens nothing either.
      _ = try await district.workers.endEmployment(
        EndEmploymentRequest(workerID: district.workerID, organisationID: district.platformID))
      let hidden = await refusal { try await district.platform.getWish(GetWishRequest(wishID: first.id)) }
      #expect(hidden?.reason == "WISH_NOT_FOUND")
      #expect(try await district.platform.collectWish(district.wish(), options) == masked)
    }
  }
}
