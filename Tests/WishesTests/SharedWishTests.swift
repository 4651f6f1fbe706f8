import ModuleTesting
import Testing
import Wishes

/// Wishes that several share, by parts and by money: never more is taken than is wanted.
@Suite struct SharedWishTests {
  @Test func partsAreTakenDeliveredAndGivenBack() async throws {
    try await District.run { district in
      let wish = try await district.listed(district.sharedByParts())
      #expect(wish.openUnits == 7)
      #expect(wish.parts.map(\.number) == [1, 2])

      var after = try await district.union.claimWish(
        ClaimWishRequest(wishID: wish.id, parts: [ClaimPart(number: 1, quantity: 3)]))
      #expect(after.state == .listed)
      #expect(after.openUnits == 4)
      let first = try #require(after.claims.first)

      let tooMany = await refusal {
        try await district.charity.claimWish(
          ClaimWishRequest(
            wishID: wish.id, parts: [ClaimPart(number: 2, quantity: 1), ClaimPart(number: 1, quantity: 3)]))
      }
      #expect(tooMany?.code == .failedPrecondition)
      #expect(tooMany?.reason == "CLAIM_EXCEEDS_NEED")
      #expect(tooMany?.facts == ["field": "parts[1].quantity", "asked": "3", "open": "2"])
      #expect(try await district.current(wish).openUnits == 4)

      after = try await district.charity.claimWish(
        ClaimWishRequest(
          wishID: wish.id, parts: [ClaimPart(number: 1, quantity: 2), ClaimPart(number: 2, quantity: 2)]))
      #expect(after.state == .claimed)
      #expect(after.parts.map(\.takenQuantity) == [5, 2])
      let second = try #require(after.claims.first)
      #expect(after.claims.count == 1, "a claimant sees its own claims only")

      _ = try await district.union.fulfilClaim(FulfilClaimRequest(claimID: first.id, text: "三把水壶"))
      _ = try await district.platform.confirmFulfilment(ConfirmFulfilmentRequest(claimID: first.id))
      var current = try await district.current(wish)
      #expect(current.state == .claimed)
      #expect(current.parts.map(\.confirmedQuantity) == [3, 0])

      _ = try await district.charity.releaseClaim(ReleaseClaimRequest(claimID: second.id, reason: "缺货"))
      current = try await district.current(wish)
      #expect(current.state == .listed)
      #expect(current.parts.map(\.takenQuantity) == [3, 0])

      _ = try await district.union.claimWish(
        ClaimWishRequest(
          wishID: wish.id, parts: [ClaimPart(number: 1, quantity: 2), ClaimPart(number: 2, quantity: 2)]))
      let last = try #require(try await district.current(wish).claims.first)
      _ = try await district.union.fulfilClaim(FulfilClaimRequest(claimID: last.id, text: "其余"))
      #expect(try await district.current(wish).state == .fulfilled)
      _ = try await district.platform.confirmFulfilment(ConfirmFulfilmentRequest(claimID: last.id))
      current = try await district.current(wish)
      #expect(current.state == .confirmed)
      #expect(current.parts.map(\.confirmedQuantity) == [5, 2])
    }
  }

  /// Whoever claims a wish whole has every part of it; money is pledged for no part.
  @Test func partsOfAWishThatIsNotSharedByThem() async throws {
    try await District.run { district in
      let parts = [WishPart(name: "电热水壶", quantity: 5), WishPart(name: "书架", quantity: 2)]
      let (wish, claim) = try await district.claimed(district.wish { $0.parts = parts })
      #expect(wish.parts.map(\.takenQuantity) == [5, 2])
      #expect(wish.parts.map(\.confirmedQuantity) == [0, 0])
      _ = try await district.union.releaseClaim(ReleaseClaimRequest(claimID: claim.id, reason: "缺货"))
      #expect(try await district.current(wish).parts.map(\.takenQuantity) == [0, 0])
      let confirmed = try await district.confirmed(district.wish { $0.parts = parts })
      #expect(confirmed.wish.parts.map(\.takenQuantity) == [5, 2])
      #expect(confirmed.wish.parts.map(\.confirmedQuantity) == [5, 2])

      let shared = try await district.listed(
        district.wish {
          $0.parts = parts
          $0.sharing = .byMoney
          $0.estimatedCostFen = 1_000
        })
      let pledged = try await district.union.claimWish(ClaimWishRequest(wishID: shared.id, amountFen: 400))
      #expect(pledged.openUnits == 600)
      #expect(pledged.parts.map(\.takenQuantity) == [0, 0])
    }
  }

  @Test func moneyIsPledgedUpToTheFen() async throws {
    try await District.run { district in
      let wish = try await district.listed(district.sharedByMoney())
      #expect(wish.openUnits == 3_000_000)
      _ = try await district.union.claimWish(ClaimWishRequest(wishID: wish.id, amountFen: 2_999_999))
      let over = await refusal {
        try await district.charity.claimWish(ClaimWishRequest(wishID: wish.id, amountFen: 2))
      }
      #expect(over?.reason == "CLAIM_EXCEEDS_NEED")
      #expect(over?.facts == ["field": "amount_fen", "asked": "2", "open": "1"])
      let last = try await district.charity.claimWish(ClaimWishRequest(wishID: wish.id, amountFen: 1))
      #expect(last.state == .claimed)
      #expect(last.claims.first?.amountFen == 1)
      let none = await refusal {
        try await district.charity.claimWish(ClaimWishRequest(wishID: wish.id, amountFen: 1))
      }
      #expect(none?.reason == "WISH_ALREADY_CLAIMED")
    }
  }

  @Test(arguments: [1, 2, 3])
  func manyAtOnceNeverOversellMoney(seed: UInt64) async throws {
    var generator = SplitMix(state: seed)
    let amounts = (0..<96).map { _ in Int64.random(in: 1...120_000, using: &generator) }
    try await District.run { district in
      let wish = try await district.listed(district.sharedByMoney())
      let won = await Self.claimAll(
        amounts.map { ClaimWishRequest(wishID: wish.id, amountFen: $0) }, district, seed: seed)
      let sum = won.reduce(0) { $0 + amounts[$1] }
      let current = try await district.current(wish)
      #expect(sum <= 3_000_000, "seed \(seed)")
      #expect(current.openUnits == 3_000_000 - sum, "seed \(seed)")
      // Whoever was refused asked for more than was left in the end, or there would have been room.
      for index in amounts.indices where !won.contains(index) {
        #expect(amounts[index] > current.openUnits, "seed \(seed): claim \(index) was refused for nothing")
      }
    }
  }

  @Test(arguments: [1, 2, 3])
  func manyAtOnceNeverOversellParts(seed: UInt64) async throws {
    var generator = SplitMix(state: seed)
    let asked = (0..<64).map { _ in
      [1, 2].shuffled(using: &generator).prefix(Int.random(in: 1...2, using: &generator)).map {
        ClaimPart(number: $0, quantity: Int32.random(in: 1...2, using: &generator))
      }
    }
    try await District.run { district in
      let wish = try await district.listed(district.sharedByParts())
      let won = await Self.claimAll(
        asked.map { ClaimWishRequest(wishID: wish.id, parts: $0) }, district, seed: seed)
      var taken: [Int32: Int32] = [1: 0, 2: 0]
      for index in won {
        for part in asked[index] { taken[part.number, default: 0] += part.quantity }
      }
      let current = try await district.current(wish)
      #expect(current.parts.map(\.takenQuantity) == [taken[1], taken[2]], "seed \(seed)")
      #expect(taken[1] ?? 0 <= 5, "seed \(seed)")
      #expect(taken[2] ?? 0 <= 2, "seed \(seed)")
    }
  }

  /// Sends claims side by side; returns which of them won.
  static func claimAll(_ requests: [ClaimWishRequest], _ district: District, seed: UInt64) async -> Set<Int> {
    await withTaskGroup(of: (Int, Bool).self) { group in
      for (index, request) in requests.enumerated() {
        group.addTask {
          do {
            _ = try await (index % 2 == 0 ? district.union : district.charity).claimWish(request)
            return (index, true)
          } catch let status as Status {
            let expected = ["CLAIM_EXCEEDS_NEED", "WISH_ALREADY_CLAIMED"]
            #expect(expected.contains(status.reason), "seed \(seed): \(status)")
          } catch {
            Issue.record("seed \(seed): \(error)")
          }
          return (index, false)
        }
      }
      return await group.reduce(into: []) { won, outcome in
        if outcome.1 { won.insert(outcome.0) }
      }
    }
  }

  @Test func aClaimNamesWhatTheWishIsSharedBy() async throws {
    try await District.run { district in
      let whole = try await district.listed()
      let parts = try await district.listed(district.sharedByParts())
      let money = try await district.listed(district.sharedByMoney())
      func refused(_ request: ClaimWishRequest, _ field: String, _ reason: String) async {
        let status = await refusal { try await district.union.claimWish(request) }
        #expect(status?.code == .invalidArgument)
        #expect(status?.violations.map(\.field) == [field])
        #expect(status?.violations.first?.reason == reason)
      }
      let one = [ClaimPart(number: 1, quantity: 1)]
      await refused(ClaimWishRequest(wishID: whole.id, parts: one), "parts", "NOT_SHARED_BY_PARTS")
      await refused(ClaimWishRequest(wishID: whole.id, amountFen: 1), "amount_fen", "NOT_SHARED_BY_MONEY")
      await refused(ClaimWishRequest(wishID: money.id, parts: one), "parts", "NOT_SHARED_BY_PARTS")
      await refused(ClaimWishRequest(wishID: money.id), "amount_fen", "AMOUNT_MISSING")
      await refused(ClaimWishRequest(wishID: parts.id), "parts", "PARTS_MISSING")
      await refused(ClaimWishRequest(wishID: parts.id, parts: one + one), "parts[1].number", "PART_TWICE")
      await refused(
        ClaimWishRequest(wishID: parts.id, parts: [ClaimPart(number: 3, quantity: 1)]), "parts[0].number",
        "PART_UNKNOWN")
    }
  }
}

/// A generator that gives the same numbers for the same seed.
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
