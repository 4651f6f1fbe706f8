import ModuleKit

/// How much of a wish a caller sees.
enum WishSight: Equatable {
  /// Staff of the wish's area: everything.
  case staff
  /// An auditor: everything but personal data.
  case auditor
  /// The platform that collected the wish and employs the wisher: everything.
  case wisherSide
  /// An organisation with a claim that stands: the public view, and contact details while it has to deliver.
  case claimant(hasToDeliver: Bool)
  /// Everyone else, of wishes that are public.
  case stranger

  /// Whether the wisher's name, phone and address are seen.
  var showsContact: Bool {
    switch self {
    case .staff, .wisherSide: true
    case .claimant(let hasToDeliver): hasToDeliver
    case .auditor, .stranger: false
    }
  }

  /// Whether what is known of the wish inside the administration is seen: identifiers, collector, reasons.
  var showsRecord: Bool {
    switch self {
    case .staff, .auditor, .wisherSide: true
    case .claimant, .stranger: false
    }
  }
}

extension Snapshot {
  /// Whether the caller acts for the administration.
  var isStaff: Bool { roles.isStaff }
  /// Whether the caller may read records.
  var isAuditor: Bool { roles.contains(.auditor) }
}

extension Roles {
  /// Whether they are those of the administration.
  var isStaff: Bool { !isDisjoint(with: [.staff, .administrator]) }

  /// Whose side they are on, in a wish's history.
  var actor: WishHistoryEntry.Actor {
    if isStaff { return .staff }
    if contains(.platform) { return .platform }
    return contains(.partner) ? .partner : .system
  }
}

extension WishesHandler {
  /// How much of a wish the caller sees; nil for nothing, as if there were no such wish.
  func sight(of wish: WishRecord, in snapshot: Snapshot) throws -> WishSight? {
    let caller = snapshot.caller
    guard snapshot.reach.isWithinAreas(wish.areaCode) else { return nil }
    if snapshot.isStaff { return .staff }
    if snapshot.isAuditor { return .auditor }
    if try isOnWishersSide(of: wish, in: snapshot) { return .wisherSide }
    if snapshot.roles.contains(.partner), let organisationID = caller.organisationID, wish.units.held > 0 {
      let standing = try ClaimStore.standing(of: organisationID, on: wish.id, in: snapshot)
      if standing.holds {
        return .claimant(hasToDeliver: standing.isActive && wish.details.delivery == .toWisher)
      }
    }
    return wish.isPublic ? .stranger : nil
  }

  /// Whether the caller is the platform that collected a wish and still employs the wisher. A platform that the
  /// worker has left speaks for the worker no longer; staff do.
  func isOnWishersSide(of wish: WishRecord, in snapshot: Snapshot) throws -> Bool {
    let caller = snapshot.caller
    guard snapshot.roles.contains(.platform), let organisationID = caller.organisationID,
      wish.collectedByOrganisationID == organisationID
    else { return false }
    return try workers.standing(wish.workerID, in: snapshot)?.platformIDs.contains(organisationID) ?? false
  }

  /// Finds a wish that the caller may see, and how much of it.
  /// - Throws: `WishesError.wishNotFound`.
  func visibleWish(_ id: String, in snapshot: Snapshot) throws -> (wish: WishRecord, sight: WishSight) {
    guard let wish = try WishStore.wish(id, in: snapshot), let sight = try sight(of: wish, in: snapshot)
    else {
      throw WishesError.wishNotFound(id)
    }
    return (wish, sight)
  }

  /// Finds a wish that the caller may act on for the wisher: as staff of the area or as the wisher's platform.
  /// - Throws: `WishesError.wishNotFound`, also for those who only see its public view.
  func ownWish(_ id: String, in snapshot: Snapshot) throws -> WishRecord {
    let (wish, sight) = try visibleWish(id, in: snapshot)
    guard sight == .staff || sight == .wisherSide else { throw WishesError.wishNotFound(id) }
    return wish
  }

  /// Finds a claim that the caller may see, with its wish.
  /// - Throws: `WishesError.claimNotFound`.
  func visibleClaim(_ id: String, in snapshot: Snapshot) throws -> (
    claim: ClaimRecord, wish: WishRecord, sight: ClaimSight
  ) {
    guard let claim = try ClaimStore.claim(id, in: snapshot) else { throw WishesError.claimNotFound(id) }
    let wish = try WishStore.referredWish(claim.wishID, in: snapshot)
    guard let sight = try sight(of: claim, of: wish, in: snapshot) else {
      throw WishesError.claimNotFound(id)
    }
    return (claim, wish, sight)
  }

  /// How much of a claim the caller sees; nil for nothing.
  func sight(of claim: ClaimRecord, of wish: WishRecord, in snapshot: Snapshot) throws -> ClaimSight? {
    guard snapshot.reach.isWithinAreas(wish.areaCode) else { return nil }
    if snapshot.isStaff { return .staff }
    if snapshot.roles.contains(.partner), snapshot.caller.organisationID == claim.organisationID {
      return .claimant
    }
    if snapshot.isAuditor { return .auditor }
    return try isOnWishersSide(of: wish, in: snapshot) ? .wisherSide : nil
  }
}

/// How much of a claim a caller sees.
enum ClaimSight {
  /// Staff of the wish's area: everything.
  case staff
  /// An auditor: everything but personal data.
  case auditor
  /// The claiming organisation: everything.
  case claimant
  /// The wisher's platform: everything but the claimant's note for staff.
  case wisherSide
}

extension WishRecord {
  /// Whether everyone who can call the module sees the wish's public view: while it can be claimed or is being
  /// fulfilled, and afterwards only if the wisher agreed to publication.
  var isPublic: Bool {
    switch state {
    case .listed, .claimed: true
    case .fulfilled, .confirmed: publicationConsent
    case .unspecified, .submitted, .returned, .rejected, .withdrawn, .unrecognized: false
    }
  }
}
