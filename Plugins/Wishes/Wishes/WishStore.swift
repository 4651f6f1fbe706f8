import ModuleKit

/// The tables of wishes and their parts.
enum WishStore {
  private static let selectByID: StaticString = """
    SELECT id, version, state, worker_id, wisher_label, title, description, category, need, sharing, delivery,
      source, area_code, beneficiaries, estimated_cost_fen, part_count, claim_count, history_count, units_needed,
      units_active, units_fulfilled, units_confirmed, publication_consent, consent_evidence, contact_phone,
      delivery_address, collected_by_organisation_id, state_reason, created_at, updated_at, listed_at
    FROM wishes_wish WHERE id = ?
    """

  /// Finds a wish.
  static func wish(_ id: String, in snapshot: Snapshot) throws -> WishRecord? {
    try snapshot.first(selectByID, id) { WishRecord($0) }
  }

  /// Finds a wish that a row refers to.
  static func referredWish(_ id: String, in snapshot: Snapshot) throws -> WishRecord {
    guard let wish = try wish(id, in: snapshot) else {
      throw WishesError.invariantBroken("a row refers to the wish \(id), which is not there")
    }
    return wish
  }

  /// Adds a wish with its parts.
  static func insert(_ wish: WishRecord, parts: [PartRecord], in transaction: Transaction) throws {
    let details = wish.details
    try transaction.execute(
      """
      INSERT INTO wishes_wish (id, version, state, worker_id, wisher_label, title, description, category, need,
        sharing, delivery, source, area_code, county_code, street_code, beneficiaries, estimated_cost_fen,
        part_count, claim_count, history_count, units_needed, units_active, units_fulfilled, units_confirmed,
        publication_consent, consent_evidence, contact_phone, delivery_address, collected_by_organisation_id,
        state_reason, created_at, updated_at, listed_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      wish.id, wish.version, wish.state.rawValue, wish.workerID, wish.wisherLabel, details.title,
      details.description, details.category.rawValue, details.need.rawValue, details.sharing.rawValue,
      details.delivery.rawValue, wish.source.rawValue, wish.areaCode, wish.areaCode.prefix(6),
      wish.areaCode.utf8.count >= 9 ? String(wish.areaCode.prefix(9)) : "", details.beneficiaries,
      details.estimatedCostFen, details.partCount, wish.claimCount, wish.historyCount, wish.units.needed,
      wish.units.active, wish.units.fulfilled, wish.units.confirmed, wish.publicationConsent,
      wish.consentEvidence, details.contactPhone, details.deliveryAddress, wish.collectedByOrganisationID,
      wish.stateReason, wish.createdAt, wish.updatedAt, wish.listedAt)
    try insert(parts, of: wish.id, in: transaction)
  }

  /// Writes what the steps of its life change in a wish, but for its state.
  static func saveProgress(_ wish: WishRecord, in transaction: Transaction) throws {
    let changed = try transaction.execute(
      """
      UPDATE wishes_wish SET version = ?, claim_count = ?, history_count = ?, units_needed = ?, units_active = ?,
        units_fulfilled = ?, units_confirmed = ?, publication_consent = ?, consent_evidence = ?,
        state_reason = ?, updated_at = ?, listed_at = ?
      WHERE id = ?
      """,
      wish.version, wish.claimCount, wish.historyCount, wish.units.needed, wish.units.active,
      wish.units.fulfilled, wish.units.confirmed, wish.publicationConsent, wish.consentEvidence,
      wish.stateReason, wish.updatedAt, wish.listedAt, wish.id)
    guard changed == 1 else { throw WishesError.invariantBroken("the wish \(wish.id) is not there") }
  }

  /// Writes a wish's state, apart because it stands in most of the indexes.
  static func saveState(_ wish: WishRecord, in transaction: Transaction) throws {
    try transaction.execute("UPDATE wishes_wish SET state = ? WHERE id = ?", wish.state.rawValue, wish.id)
  }

  /// Writes what UpdateWish changes, beyond `saveProgress`.
  static func saveDetails(_ wish: WishRecord, in transaction: Transaction) throws {
    let details = wish.details
    try transaction.execute(
      """
      UPDATE wishes_wish SET title = ?, description = ?, category = ?, need = ?, sharing = ?, delivery = ?,
        beneficiaries = ?, estimated_cost_fen = ?, part_count = ?, contact_phone = ?, delivery_address = ?
      WHERE id = ?
      """,
      details.title, details.description, details.category.rawValue, details.need.rawValue,
      details.sharing.rawValue, details.delivery.rawValue, details.beneficiaries, details.estimatedCostFen,
      details.partCount, details.contactPhone, details.deliveryAddress, wish.id)
  }

  /// Writes who the wisher is, after two entries of the register turned out to be one person.
  static func saveWisher(_ wish: WishRecord, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE wishes_wish SET worker_id = ?, wisher_label = ? WHERE id = ?",
      wish.workerID, wish.wisherLabel, wish.id)
  }

  /// How many wishes of a worker are neither rejected, confirmed nor withdrawn.
  static func openCount(ofWorker workerID: String, in snapshot: Snapshot) throws -> Int {
    try snapshot.first(
      "SELECT COUNT(*) FROM wishes_wish WHERE worker_id = ? AND state NOT IN (?, ?, ?)",
      workerID, Wish.State.rejected.rawValue, Wish.State.confirmed.rawValue, Wish.State.withdrawn.rawValue
    ) { $0.int(0) } ?? 0
  }

  /// The wishes of a worker, the oldest first.
  static func ids(ofWorker workerID: String, in snapshot: Snapshot) throws -> [String] {
    try snapshot.all("SELECT id FROM wishes_wish WHERE worker_id = ? ORDER BY id", workerID) { $0.text(0) }
  }
}

// Parts.
extension WishStore {
  /// The parts of a wish, by number.
  static func parts(of wish: WishRecord, in snapshot: Snapshot) throws -> [PartRecord] {
    guard wish.details.partCount > 0 else { return [] }
    return try snapshot.all(
      """
      SELECT number, name, quantity, taken_quantity, confirmed_quantity FROM wishes_part
      WHERE wish_id = ? ORDER BY number
      """, wish.id
    ) {
      PartRecord(
        number: Int32($0.int(0)), name: $0.text(1), quantity: Int32($0.int(2)), taken: Int32($0.int(3)),
        confirmed: Int32($0.int(4)))
    }
  }

  /// Replaces the parts of a wish that nobody has claimed.
  static func replaceParts(of wishID: String, with parts: [PartRecord], in transaction: Transaction) throws {
    try transaction.execute("DELETE FROM wishes_part WHERE wish_id = ?", wishID)
    try insert(parts, of: wishID, in: transaction)
  }

  /// Takes pieces of a part, or gives them back with a negative number. The table's checks refuse to go below
  /// none or above what is wanted.
  static func movePart(
    _ number: Int32, of wishID: String, taken: Int64, confirmed: Int64, in transaction: Transaction
  ) throws {
    let changed = try transaction.execute(
      """
      UPDATE wishes_part SET taken_quantity = taken_quantity + ?, confirmed_quantity = confirmed_quantity + ?
      WHERE wish_id = ? AND number = ?
      """, taken, confirmed, wishID, number)
    guard changed == 1 else {
      throw WishesError.invariantBroken("part \(number) of the wish \(wishID) is not there")
    }
  }

  private static func insert(_ parts: [PartRecord], of wishID: String, in transaction: Transaction) throws {
    for part in parts {
      try transaction.execute(
        """
        INSERT INTO wishes_part (wish_id, number, name, quantity, taken_quantity, confirmed_quantity)
        VALUES (?, ?, ?, ?, 0, 0)
        """, wishID, part.number, part.name, part.quantity)
    }
  }
}
