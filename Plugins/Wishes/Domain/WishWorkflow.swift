import ModuleKit

/// A step that a caller can ask of a wish.
///
///     SUBMITTED ──approve──▶ LISTED ──claim──▶ CLAIMED ──fulfil──▶ FULFILLED ──confirm──▶ CONFIRMED
///       │  ▲ │                  ▲                │  ▲                  │
///       │  │ └─return─▶ RETURNED│◀─lapse,release─┘  └─────dispute──────┘
///       │  └──resubmit────┘
///       └──reject──▶ REJECTED            every state before the end ──withdraw──▶ WITHDRAWN
///
/// From LISTED on, the state follows from what the claims hold (`WishUnits.state`), so that a shared wish of which
/// something is free is LISTED however much of it is claimed, delivered or confirmed.
enum WishStep: String {
  case updateWish = "UpdateWish"
  case approveWish = "ApproveWish"
  case rejectWish = "RejectWish"
  case returnWish = "ReturnWish"
  case resubmitWish = "ResubmitWish"
  case withdrawWish = "WithdrawWish"
  case claimWish = "ClaimWish"
  case confirmFulfilment = "ConfirmFulfilment"
  case disputeFulfilment = "DisputeFulfilment"
  case addReport = "AddReport"
  case publishReport = "PublishReport"

  /// The states of a wish in which the step is allowed.
  var allowedStates: [Wish.State] {
    switch self {
    case .approveWish, .rejectWish, .returnWish: [.submitted]
    case .resubmitWish: [.returned]
    case .updateWish: [.submitted, .returned, .listed]
    case .withdrawWish: [.submitted, .returned, .listed, .claimed, .fulfilled]
    case .claimWish: [.listed]
    case .confirmFulfilment, .disputeFulfilment: [.listed, .claimed, .fulfilled]
    case .addReport, .publishReport: [.listed, .claimed, .fulfilled, .confirmed]
    }
  }
}

/// A step that a caller can ask of a claim.
enum ClaimStep: String {
  case releaseClaim = "ReleaseClaim"
  case extendClaim = "ExtendClaim"
  case fulfilClaim = "FulfilClaim"
  case confirmFulfilment = "ConfirmFulfilment"
  case disputeFulfilment = "DisputeFulfilment"

  /// The state of a claim in which the step is allowed.
  var allowedState: Claim.State {
    switch self {
    case .releaseClaim, .extendClaim, .fulfilClaim: .active
    case .confirmFulfilment, .disputeFulfilment: .fulfilled
    }
  }
}

/// What a wish needs and what its claims hold of it: pieces, fen, or 1 for a wish claimed whole.
struct WishUnits: Equatable {
  var needed: Int64
  /// Held by claims that are to be delivered.
  var active: Int64 = 0
  /// Held by claims that wait for confirmation.
  var fulfilled: Int64 = 0
  /// Held by confirmed claims.
  var confirmed: Int64 = 0

  /// What claims hold.
  var held: Int64 { active + fulfilled + confirmed }
  /// What can still be claimed.
  var open: Int64 { needed - held }

  /// The state of an approved wish.
  var state: Wish.State {
    if open > 0 { return .listed }
    if active > 0 { return .claimed }
    return fulfilled > 0 ? .fulfilled : .confirmed
  }

  /// Moves units from one state of claims to another; states that hold nothing give and take from what is open.
  mutating func move(_ units: Int64, from: Claim.State, to: Claim.State) {
    add(-units, to: from)
    add(units, to: to)
  }

  private mutating func add(_ units: Int64, to state: Claim.State) {
    switch state {
    case .active: active += units
    case .fulfilled: fulfilled += units
    case .confirmed: confirmed += units
    case .unspecified, .released, .lapsed, .cancelled, .unrecognized: break
    }
  }
}

extension Claim.State {
  /// Whether a claim in this state holds its share of the wish.
  var holdsUnits: Bool {
    switch self {
    case .active, .fulfilled, .confirmed: true
    case .unspecified, .released, .lapsed, .cancelled, .unrecognized: false
    }
  }

  /// Every state that a claim can be in.
  static let real: [Claim.State] = [.active, .fulfilled, .confirmed, .released, .lapsed, .cancelled]

  /// The name in the proto without its prefix.
  var name: String {
    switch self {
    case .active: "ACTIVE"
    case .fulfilled: "FULFILLED"
    case .confirmed: "CONFIRMED"
    case .released: "RELEASED"
    case .lapsed: "LAPSED"
    case .cancelled: "CANCELLED"
    case .unspecified, .unrecognized: "UNSPECIFIED"
    }
  }
}

extension Wish.State {
  /// Every state that a wish can be in.
  static let real: [Wish.State] = [
    .submitted, .returned, .rejected, .listed, .claimed, .fulfilled, .confirmed, .withdrawn,
  ]

  /// The name in the proto without its prefix.
  var name: String {
    switch self {
    case .submitted: "SUBMITTED"
    case .returned: "RETURNED"
    case .rejected: "REJECTED"
    case .listed: "LISTED"
    case .claimed: "CLAIMED"
    case .fulfilled: "FULFILLED"
    case .confirmed: "CONFIRMED"
    case .withdrawn: "WITHDRAWN"
    case .unspecified, .unrecognized: "UNSPECIFIED"
    }
  }
}
