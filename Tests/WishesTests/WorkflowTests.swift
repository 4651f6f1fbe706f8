import ModuleTesting
import Testing
import Wishes

/// Every step in every state: the allowed ones work, all others are refused and change nothing. The tables here
/// are written down from the protos' comments.
@Suite struct WorkflowTests {
  enum Step: String, CaseIterable, Sendable {
    case update, approve, reject, sendBack, resubmit, withdraw, claim, report
  }

  static let allowed: [String: Set<Step>] = [
    "SUBMITTED": [.update, .approve, .reject, .sendBack, .withdraw],
    "RETURNED": [.update, .resubmit, .withdraw],
    "REJECTED": [],
    "LISTED": [.update, .withdraw, .claim],
    "CLAIMED": [.withdraw, .report],
    "FULFILLED": [.withdraw, .report],
    "CONFIRMED": [.report],
    "WITHDRAWN": [],
  ]

  @Test(arguments: [
    "SUBMITTED", "RETURNED", "REJECTED", "LISTED", "CLAIMED", "FULFILLED", "CONFIRMED", "WITHDRAWN",
  ])
  func everyStepOfAWishInEveryState(state: String) async throws {
    try await District.run { district in
      for step in Step.allCases {
        let wish = try await Self.wish(in: state, district)
        let before = try await district.current(wish)
        #expect("\(before.state)".uppercased() == state)
        if Self.allowed[state]?.contains(step) == true {
          try await Self.take(step, before, district)
          let after = try await district.current(wish)
          #expect(after.etag != before.etag, "\(step) in \(state) left no trace")
        } else {
          let status = await refusal { try await Self.take(step, before, district) }
          #expect(status?.code == .failedPrecondition, "\(step) in \(state)")
          let reasons = ["WISH_STATE_CONFLICT", "WISH_ALREADY_CLAIMED", "NOTHING_TO_REPORT"]
          #expect(reasons.contains(status?.reason ?? ""), "\(step) in \(state): \(status?.reason ?? "")")
          if status?.reason == "WISH_STATE_CONFLICT" {
            #expect(status?.metadata["state"] == state)
            #expect(status?.metadata["allowed"]?.isEmpty == false)
            #expect(status?.message.contains(state) == true)
            #expect(status?.messageChinese.contains(state) == true)
          }
          #expect(try await district.current(wish) == before, "\(step) in \(state) changed something")
        }
      }
    }
  }

  static func wish(in state: String, _ district: District) async throws -> Wish {
    switch state {
    case "SUBMITTED":
      return try await district.staff.collectWish(district.wish())
    case "RETURNED":
      let wish = try await district.staff.collectWish(district.wish())
      return try await district.staff.returnWish(ReturnWishRequest(wishID: wish.id, reason: "改"))
    case "REJECTED":
      let wish = try await district.staff.collectWish(district.wish())
      return try await district.staff.rejectWish(RejectWishRequest(wishID: wish.id, reason: "不合适"))
    case "LISTED": return try await district.listed()
    case "CLAIMED": return try await district.claimed().wish
    case "FULFILLED": return try await district.fulfilled().wish
    case "CONFIRMED": return try await district.confirmed().wish
    default:
      let wish = try await district.listed()
      return try await district.staff.withdrawWish(WithdrawWishRequest(wishID: wish.id, reason: "不需要了"))
    }
  }

  static func take(_ step: Step, _ wish: Wish, _ district: District) async throws {
    let staff = district.staff
    switch step {
    case .update: _ = try await staff.updateWish(UpdateWishRequest(wishID: wish.id, description: "改过"))
    case .approve: _ = try await staff.approveWish(ApproveWishRequest(wishID: wish.id))
    case .reject: _ = try await staff.rejectWish(RejectWishRequest(wishID: wish.id, reason: "不合适"))
    case .sendBack: _ = try await staff.returnWish(ReturnWishRequest(wishID: wish.id, reason: "改"))
    case .resubmit: _ = try await staff.resubmitWish(ResubmitWishRequest(wishID: wish.id))
    case .withdraw: _ = try await staff.withdrawWish(WithdrawWishRequest(wishID: wish.id, reason: "不需要了"))
    case .claim:
      _ = try await staff.claimWish(ClaimWishRequest(wishID: wish.id, organisationID: district.charityID))
    case .report:
      _ = try await staff.addReport(AddReportRequest(wishID: wish.id, title: "跟踪", text: "进展"))
    }
  }

  enum ClaimStep: String, CaseIterable, Sendable {
    case release, extend, fulfil, confirm, dispute
  }

  static let allowedOfClaim: [String: Set<ClaimStep>] = [
    "ACTIVE": [.release, .extend, .fulfil],
    "FULFILLED": [.confirm, .dispute],
    "CONFIRMED": [], "RELEASED": [], "LAPSED": [], "CANCELLED": [],
  ]

  @Test(arguments: ["ACTIVE", "FULFILLED", "CONFIRMED", "RELEASED", "LAPSED", "CANCELLED"])
  func everyStepOfAClaimInEveryState(state: String) async throws {
    try await District.run { district in
      for step in ClaimStep.allCases {
        let claim = try await Self.claim(in: state, district)
        let before = try await district.staff.getClaim(GetClaimRequest(claimID: claim.id))
        #expect("\(before.state)".uppercased() == state)
        if Self.allowedOfClaim[state]?.contains(step) == true {
          try await Self.take(step, before, district)
          #expect(try await district.staff.getClaim(GetClaimRequest(claimID: claim.id)).etag != before.etag)
        } else {
          let status = await refusal { try await Self.take(step, before, district) }
          #expect(status?.code == .failedPrecondition, "\(step) in \(state)")
          #expect(status?.reason == "CLAIM_STATE_CONFLICT", "\(step) in \(state)")
          #expect(status?.metadata["state"] == state)
          #expect(try await district.staff.getClaim(GetClaimRequest(claimID: claim.id)) == before)
        }
      }
    }
  }

  static func claim(in state: String, _ district: District) async throws -> Claim {
    switch state {
    case "ACTIVE": return try await district.claimed().claim
    case "FULFILLED": return try await district.fulfilled().claim
    case "CONFIRMED": return try await district.confirmed().claim
    case "RELEASED":
      let (_, claim) = try await district.claimed()
      return try await district.union.releaseClaim(ReleaseClaimRequest(claimID: claim.id, reason: "缺货"))
    case "LAPSED":
      let (_, claim) = try await district.claimed()
      try await district.host.advance(by: .seconds(8 * 86_400))
      return claim
    default:
      let (wish, claim) = try await district.claimed()
      _ = try await district.staff.withdrawWish(WithdrawWishRequest(wishID: wish.id, reason: "不需要了"))
      return claim
    }
  }

  static func take(_ step: ClaimStep, _ claim: Claim, _ district: District) async throws {
    switch step {
    case .release:
      _ = try await district.union.releaseClaim(ReleaseClaimRequest(claimID: claim.id, reason: "缺货"))
    case .extend:
      _ = try await district.union.extendClaim(ExtendClaimRequest(claimID: claim.id, reason: "等货"))
    case .fulfil:
      _ = try await district.union.fulfilClaim(FulfilClaimRequest(claimID: claim.id, text: "送到"))
    case .confirm:
      _ = try await district.platform.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim.id))
    case .dispute:
      _ = try await district.platform.disputeFulfilment(
        DisputeFulfilmentRequest(claimID: claim.id, reason: "没收到"))
    }
  }

  @Test func aStaleEtagIsAborted() async throws {
    try await District.run { district in
      let wish = try await district.listed()
      _ = try await district.staff.updateWish(
        UpdateWishRequest(wishID: wish.id, description: "先改的", etag: wish.etag))
      let status = await refusal {
        try await district.staff.updateWish(
          UpdateWishRequest(wishID: wish.id, description: "后改的", etag: wish.etag))
      }
      #expect(status?.code == .aborted)
      #expect(status?.reason == "ETAG_STALE")
      #expect(try await district.current(wish).description == "先改的")
      let claim = await refusal {
        try await district.union.claimWish(ClaimWishRequest(wishID: wish.id, etag: wish.etag))
      }
      #expect(claim?.code == .aborted)
    }
  }
}
