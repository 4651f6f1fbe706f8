import ModuleKit

/// The tables of claims, what they take and their evidence.
enum ClaimStore {
  private static let select = Query(
    """
    SELECT id, version, wish_id, state, organisation_id, organisation_name, units, amount_fen, contact,
      created_at, updated_at, expires_at, extension_count, dispute_count, state_reason, fulfilled_at, evidence,
      receipts_fen, reminder_count, confirmation_overdue, confirmed_at, comment, rating
    FROM wishes_claim WHERE
    """)
  // Most steps of a claim come here: the text is put together once.
  private static let selectByID = select.appending(" id = ?")

  /// Finds a claim.
  static func claim(_ id: String, in snapshot: Snapshot) throws -> ClaimRecord? {
    try snapshot.first(selectByID.binding(id)) { ClaimRecord($0) }
  }

  /// The claims of a wish, the newest first.
  /// - Parameter organisationID: whose claims; nil for everybody's.
  static func claims(of wishID: String, organisationID: String?, limit: Int, in snapshot: Snapshot) throws
    -> [ClaimRecord]
  {
    var query = select
    query.append(" wish_id = ?", wishID)
    if let organisationID { query.append(" AND organisation_id = ?", organisationID) }
    query.append(" ORDER BY id DESC LIMIT ?", limit)
    return try snapshot.all(query) { ClaimRecord($0) }
  }

  /// Adds a claim with the parts that it takes.
  static func insert(_ claim: ClaimRecord, parts: [ClaimPart], in transaction: Transaction) throws {
    try transaction.execute(
      """
      INSERT INTO wishes_claim (id, version, wish_id, state, organisation_id, organisation_name, units, amount_fen,
        contact, created_at, updated_at, expires_at, extension_count, dispute_count, receipts_fen, reminder_count,
        confirmation_overdue, rating)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0)
      """,
      claim.id, claim.version, claim.wishID, claim.state.rawValue, claim.organisationID,
      claim.organisationName, claim.units, claim.amountFen, claim.contact, claim.createdAt, claim.updatedAt,
      claim.expiresAt)
    for part in parts {
      try transaction.execute(
        "INSERT INTO wishes_claim_part (claim_id, number, quantity) VALUES (?, ?, ?)", claim.id, part.number,
        part.quantity)
    }
  }

  /// Writes what the steps of its life change in a claim.
  static func save(_ claim: ClaimRecord, in transaction: Transaction) throws {
    let changed = try transaction.execute(
      """
      UPDATE wishes_claim SET version = ?, state = ?, updated_at = ?, expires_at = ?, extension_count = ?,
        dispute_count = ?, state_reason = ?, fulfilled_at = ?, evidence = ?, receipts_fen = ?, reminder_count = ?,
        confirmation_overdue = ?, confirmed_at = ?, comment = ?, rating = ?
      WHERE id = ?
      """,
      claim.version, claim.state.rawValue, claim.updatedAt, claim.expiresAt, claim.extensionCount,
      claim.disputeCount, claim.stateReason, claim.fulfilledAt, claim.evidence, claim.receiptsFen,
      claim.reminderCount, claim.isConfirmationOverdue, claim.confirmedAt, claim.comment, claim.rating,
      claim.id)
    guard changed == 1 else { throw WishesError.invariantBroken("the claim \(claim.id) is not there") }
  }

  /// The parts that a claim takes, by number.
  static func parts(of claimID: String, in snapshot: Snapshot) throws -> [ClaimPart] {
    try snapshot.all(
      "SELECT number, quantity FROM wishes_claim_part WHERE claim_id = ? ORDER BY number", claimID
    ) { ClaimPart(number: Int32($0.int(0)), quantity: Int32($0.int(1))) }
  }
}

// Lists and sums.
extension ClaimStore {
  /// Which claims a list is of.
  enum Root {
    /// Claims of a wish; those whose confirmation is overdue, or all of them.
    case wish(String, overdueOnly: Bool)
    /// Claims of an organisation.
    case organisation(String)
    /// Claims whose confirmation is overdue.
    case overdue
  }

  /// The claims of a list, the newest first.
  static func list(
    _ root: Root, organisationID: String?, states: [Claim.State], within areas: [AreaCode]?, before: String?,
    limit: Int, in snapshot: Snapshot
  ) throws -> [ClaimRecord] {
    func ids(_ states: [Claim.State]) throws -> [String] {
      let query = query(
        root, organisationID: organisationID, states: states, within: areas, before: before, limit: limit)
      return try snapshot.all(query) { $0.text(0) }
    }
    // An organisation can have very many claims, which its index keeps by state: each state is a range of its own,
    // merged by identifier before any row is read.
    let found: [String]
    if case .organisation = root {
      found = try states.flatMap { try ids([$0]) }.sorted(by: >)
    } else {
      found = try ids(states)
    }
    return try found.prefix(limit).map { id in
      guard let claim = try claim(id, in: snapshot) else {
        throw WishesError.invariantBroken("an index names the claim \(id), which is not there")
      }
      return claim
    }
  }

  private static func query(
    _ root: Root, organisationID: String?, states: [Claim.State], within areas: [AreaCode]?, before: String?,
    limit: Int
  ) -> Query {
    var query: Query
    if areas != nil {
      query = Query("SELECT c.id FROM wishes_claim c JOIN wishes_wish w ON w.id = c.wish_id WHERE")
    } else {
      query = Query("SELECT c.id FROM wishes_claim c WHERE")
    }
    switch root {
    case .wish(let id, let overdueOnly):
      query.append(" c.wish_id = ?", id)
      if overdueOnly { query.append(" AND c.confirmation_overdue = 1") }
    case .organisation(let id): query.append(" c.organisation_id = ?", id)
    case .overdue: query.append(" c.confirmation_overdue = 1")
    }
    query.append(areas, in: "w.area_code")
    if let organisationID { query.append(" AND c.organisation_id = ?", organisationID) }
    if states.count == 1 {
      query.append(" AND c.state = ?", states[0].rawValue)
    } else {
      query.append(" AND c.state IN ")
      query.appendList(states.map(\.rawValue))
    }
    if let before { query.append(" AND c.id < ?", before) }
    query.append(" ORDER BY c.id DESC LIMIT ?", limit)
    return query
  }

  /// Whether an organisation has a claim of a wish that holds its share, and whether one is still to be delivered.
  static func standing(of organisationID: String, on wishID: String, in snapshot: Snapshot) throws
    -> (holds: Bool, isActive: Bool)
  {
    var standing = (holds: false, isActive: false)
    try snapshot.forEach(
      "SELECT DISTINCT state FROM wishes_claim WHERE wish_id = ? AND organisation_id = ?", wishID,
      organisationID
    ) { row in
      let state = Claim.State(rawValue: Int32(row.int(0)))
      if state.holdsUnits { standing.holds = true }
      if state == .active { standing.isActive = true }
    }
    return standing
  }

  /// When the first of a wish's open claims lapses; nil if none is open.
  static func earliestExpiry(ofWish wishID: String, in snapshot: Snapshot) throws -> Instant? {
    try snapshot.first(
      "SELECT expires_at FROM wishes_claim WHERE wish_id = ? AND state = ? ORDER BY expires_at LIMIT 1",
      wishID,
      Claim.State.active.rawValue
    ) { $0.instant(0) }
  }

  /// The identifiers of a wish's claims in a state, the oldest first.
  static func ids(of wishID: String, in state: Claim.State, in snapshot: Snapshot) throws -> [String] {
    try snapshot.all(
      "SELECT id FROM wishes_claim WHERE wish_id = ? AND state = ? ORDER BY id", wishID, state.rawValue
    ) { $0.text(0) }
  }

  /// What the claims of a wish hold, summed up from the claims themselves.
  static func heldUnits(of wish: WishRecord, in snapshot: Snapshot) throws -> WishUnits {
    var units = WishUnits(needed: wish.units.needed)
    try snapshot.forEach("SELECT state, units FROM wishes_claim WHERE wish_id = ?", wish.id) { row in
      units.move(row.int64(1), from: .unspecified, to: Claim.State(rawValue: Int32(row.int(0))))
    }
    return units
  }

  /// What the claims of a wish take and have confirmed of each part, summed up from the claims themselves.
  static func heldParts(of wishID: String, in snapshot: Snapshot) throws -> [Int32: (
    taken: Int64, confirmed: Int64
  )] {
    var parts: [Int32: (taken: Int64, confirmed: Int64)] = [:]
    try snapshot.forEach(
      """
      SELECT p.number, c.state, SUM(p.quantity) FROM wishes_claim c JOIN wishes_claim_part p ON p.claim_id = c.id
      WHERE c.wish_id = ? GROUP BY p.number, c.state
      """, wishID
    ) { row in
      let state = Claim.State(rawValue: Int32(row.int(1)))
      guard state.holdsUnits else { return }
      parts[Int32(row.int(0)), default: (0, 0)].taken += row.int64(2)
      if state == .confirmed { parts[Int32(row.int(0)), default: (0, 0)].confirmed += row.int64(2) }
    }
    return parts
  }
}
