import ModuleTesting
import Testing
import Wishes

/// Random steps by random callers on shared wishes. After each, what a wish says of itself is compared with what its
/// claims say, reckoned here from the claims alone.
@Suite struct RandomWalkTests {
  static let steps = 120

  @Test(arguments: [11, 12, 13, 14])
  func aWishAlwaysAgreesWithItsClaims(seed: UInt64) async throws {
    try await District.run { district in
      var generator = SplitMix(state: seed)
      let wishes = [
        try await district.listed(), try await district.listed(district.sharedByParts()),
        try await district.listed(district.sharedByMoney()),
      ]
      var taken = 0
      for step in 0..<Self.steps {
        let wish = try #require(wishes.randomElement(using: &generator))
        do {
          try await Self.step(on: wish, district, &generator)
          taken += 1
        } catch let status as Status {
          #expect(
            [.failedPrecondition, .notFound].contains(status.code), "seed \(seed), step \(step): \(status)")
        }
        try await Self.compare(wish, district, "seed \(seed), step \(step)")
      }
      #expect(taken > Self.steps / 6, "seed \(seed): only \(taken) steps were possible")
    }
  }

  static func step(
    on wish: Wish, _ district: District, _ generator: inout SplitMix
  ) async throws {
    let claimant = Bool.random(using: &generator) ? district.union : district.charity
    let claims = try await claimant.listClaims(ListClaimsRequest(wishID: wish.id)).claims
    let claim = claims.prefix(5).randomElement(using: &generator)?.id ?? wish.id
    switch Int.random(in: 0..<16, using: &generator) {
    case 0..<6:
      _ = try await claimant.claimWish(request(for: wish, &generator))
    case 6..<9:
      _ = try await claimant.fulfilClaim(FulfilClaimRequest(claimID: claim, text: "送到"))
    case 9:
      _ = try await claimant.releaseClaim(ReleaseClaimRequest(claimID: claim, reason: "缺货"))
    case 10:
      _ = try await claimant.extendClaim(
        ExtendClaimRequest(claimID: claim, extraSeconds: 3600, reason: "等货"))
    case 11..<13:
      _ = try await district.platform.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim))
    case 13..<15:
      _ = try await district.staff.disputeFulfilment(
        DisputeFulfilmentRequest(claimID: claim, reason: "没收到"))
    default:
      try await district.host.advance(by: .seconds(Int64.random(in: 1...3, using: &generator) * 86_400))
    }
  }

  static func request(for wish: Wish, _ generator: inout SplitMix) -> ClaimWishRequest {
    var request = ClaimWishRequest(wishID: wish.id)
    switch wish.sharing {
    case .byParts:
      request.parts = wish.parts.shuffled(using: &generator).prefix(1).map {
        ClaimPart(number: $0.number, quantity: Int32.random(in: 1...3, using: &generator))
      }
    case .byMoney: request.amountFen = Int64.random(in: 1...1_500_000, using: &generator)
    default: break
    }
    return request
  }

  static func compare(_ wish: Wish, _ district: District, _ place: String) async throws {
    let current = try await district.current(wish)
    let claims = try await district.staff.listClaims(
      ListClaimsRequest(pageSize: 1000, wishID: wish.id)
    ).claims
    func units(_ states: [Claim.State]) -> Int64 {
      claims.filter { states.contains($0.state) }.reduce(0) { sum, claim in
        switch wish.sharing {
        case .byParts: sum + claim.parts.reduce(0) { $0 + Int64($1.quantity) }
        case .byMoney: sum + claim.amountFen
        default: sum + 1
        }
      }
    }
    let needed: Int64 = wish.sharing == .byParts ? 7 : wish.sharing == .byMoney ? 3_000_000 : 1
    let held = units([.active, .fulfilled, .confirmed])
    #expect(held <= needed, "\(place): more is claimed than is needed")
    #expect(current.openUnits == needed - held, "\(place)")
    let state: Wish.State =
      held < needed
      ? .listed : units([.active]) > 0 ? .claimed : units([.fulfilled]) > 0 ? .fulfilled : .confirmed
    #expect(current.state == state, "\(place)")
    for part in current.parts {
      let standing = claims.filter { [.active, .fulfilled, .confirmed].contains($0.state) }
      let taken = standing.flatMap(\.parts).filter { $0.number == part.number }.reduce(0) { $0 + $1.quantity }
      #expect(part.takenQuantity == taken, "\(place): part \(part.number)")
    }
  }
}
