import ModuleKit

/// The tables of wishes and their parts.
enum WishStore {
  /// What `WishRecord` reads, up to the condition.
  static let select = columns.appending(" WHERE")
  /// What a wish is read from, of the table under the name w; an index may be named behind it.
  static let columns = Query(
    """
    SELECT id, version, state, worker_id, wisher_label, title, description, category, need, sharing, delivery,
      source, area_code, beneficiaries, estimated_cost_fen, part_count, claim_count, history_count, units_needed,
      units_active, units_fulfilled, units_confirmed, publication_consent, consent_evidence, contact,
      collected_by_organisation_id, state_reason, created_at, updated_at, listed_at, ended_at, draft
    FROM wishes_wish w
    """)
  // Every call about a wish comes here: the text is put together once.
  private static let selectByID = select.appending(" id = ?")

  /// Finds a wish.
  static func wish(_ id: String, in snapshot: Snapshot) throws -> WishRecord? {
    try snapshot.first(selectByID.binding(id)) { WishRecord($0) }
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
        publication_consent, consent_evidence, contact, collected_by_organisation_id, employed_by_collector,
        created_at, updated_at, draft)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      wish.id, wish.version, wish.state.rawValue, wish.workerID, wish.wisherLabel, wish.publicTitle,
      wish.publicDescription, details.category.rawValue, details.need.rawValue, details.sharing.rawValue,
      details.delivery.rawValue, wish.source.rawValue, wish.areaCode, wish.areaCode.prefix(6),
      wish.streetCode, details.beneficiaries,
      details.estimatedCostFen, details.partCount, wish.claimCount, wish.historyCount, wish.units.needed,
      wish.units.active, wish.units.fulfilled, wish.units.confirmed, wish.publicationConsent,
      wish.consentEvidence, wish.contact, wish.collector, wish.isEmployedByCollector, wish.createdAt,
      wish.updatedAt, wish.draft)
    try insert(parts, of: wish, in: transaction)
  }

  /// Writes what the steps of its life change in a wish.
  /// - Parameter changesState: whether the state is among it. It stands in most of the indexes, which are left alone
  ///   where it stays.
  static func saveProgress(
    _ wish: WishRecord, changesState: Bool, publishes: Bool = false, in transaction: Transaction
  ) throws {
    var update = Query(
      """
      UPDATE wishes_wish SET version = ?, claim_count = ?, history_count = ?, units_needed = ?, units_active = ?,
        units_fulfilled = ?, units_confirmed = ?, publication_consent = ?, consent_evidence = ?,
        state_reason = ?, updated_at = ?, listed_at = ?
      """,
      wish.version, wish.claimCount, wish.historyCount, wish.units.needed, wish.units.active,
      wish.units.fulfilled, wish.units.confirmed, wish.publicationConsent, wish.consentEvidence,
      wish.stateReason, wish.updatedAt, wish.listedAt)
    if changesState { update.append(", state = ?, ended_at = ?", wish.state.rawValue, wish.endedAt) }
    if publishes {
      update.append(
        ", title = ?, description = ?, draft = NULL", wish.publicTitle, wish.publicDescription)
    }
    update.append(" WHERE id = ?", wish.id)
    guard try transaction.execute(update) == 1 else {
      throw WishesError.invariantBroken("the wish \(wish.id) is not there")
    }
  }

  /// Writes what UpdateWish changes, beyond `saveProgress`.
  static func saveDetails(_ wish: WishRecord, in transaction: Transaction) throws {
    let details = wish.details
    try transaction.execute(
      """
      UPDATE wishes_wish SET title = ?, description = ?, draft = ?, category = ?, need = ?, sharing = ?, delivery = ?,
        beneficiaries = ?, estimated_cost_fen = ?, part_count = ?, contact = ?
      WHERE id = ?
      """,
      wish.publicTitle, wish.publicDescription, wish.draft, details.category.rawValue, details.need.rawValue,
      details.sharing.rawValue, details.delivery.rawValue, details.beneficiaries, details.estimatedCostFen,
      details.partCount, wish.contact, wish.id)
  }

  /// Writes the names of a wish's parts in the clear, for everybody, where they were a draft.
  /// - Parameter wish: opened.
  static func publishPartNames(of wish: WishRecord, in transaction: Transaction) throws {
    for (index, name) in (wish.partNames ?? []).enumerated() {
      try transaction.execute(
        "UPDATE wishes_part SET name = ? WHERE wish_id = ? AND number = ?", name, wish.id, index + 1)
    }
  }

  /// Writes who the wisher is, beyond `saveProgress`: after two entries of the register turned out to be one person.
  static func saveWisher(_ wish: WishRecord, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE wishes_wish SET worker_id = ?, wisher_label = ?, contact = ?, draft = ? WHERE id = ?",
      wish.workerID,
      wish.wisherLabel, wish.contact, wish.draft, wish.id)
  }

  /// Writes for which of a worker's wishes the collector employs the worker now.
  /// - Parameters:
  ///   - ids: identifiers that the worker has or had.
  ///   - platformIDs: the organisations that the worker works for.
  static func saveEmployment(
    ofWorker ids: Set<String>, with platformIDs: [String], in transaction: Transaction
  ) throws {
    for id in ids.sorted() {
      let collected = try transaction.all(
        """
        SELECT id, collected_by_organisation_id, employed_by_collector FROM wishes_wish
        WHERE worker_id = ? AND collected_by_organisation_id IS NOT NULL
        """, id
      ) { (id: $0.text(0), isEmployed: platformIDs.contains($0.text(1)), known: $0.bool(2)) }
      for wish in collected where wish.isEmployed != wish.known {
        try transaction.execute(
          "UPDATE wishes_wish SET employed_by_collector = ? WHERE id = ?", wish.isEmployed, wish.id)
      }
    }
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
  /// The parts of a wish, by number; their names are empty while they are in a draft that is not opened.
  static func parts(of wish: WishRecord, in snapshot: Snapshot) throws -> [PartRecord] {
    guard wish.details.partCount > 0 else { return [] }
    return try snapshot.all(
      """
      SELECT number, name, quantity, taken_quantity, confirmed_quantity FROM wishes_part
      WHERE wish_id = ? ORDER BY number
      """, wish.id
    ) {
      PartRecord(
        number: Int32($0.int(0)), name: wish.partName($0.int(0)) ?? $0.text(1), quantity: Int32($0.int(2)),
        taken: Int32($0.int(3)),
        confirmed: Int32($0.int(4)))
    }
  }

  /// Replaces the parts of a wish that nobody has claimed.
  static func replaceParts(of wish: WishRecord, with parts: [PartRecord], in transaction: Transaction) throws
  {
    try transaction.execute("DELETE FROM wishes_part WHERE wish_id = ?", wish.id)
    try insert(parts, of: wish, in: transaction)
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

  private static func insert(_ parts: [PartRecord], of wish: WishRecord, in transaction: Transaction) throws {
    for part in parts {
      try transaction.execute(
        """
        INSERT INTO wishes_part (wish_id, number, name, quantity, taken_quantity, confirmed_quantity)
        VALUES (?, ?, ?, ?, 0, 0)
        """, wish.id, part.number, wish.draft == nil ? part.name : "", part.quantity)
    }
  }
}

extension WishRecord {
  /// What everybody may read: nothing while there is a draft.
  var publicTitle: String { draft == nil ? details.title : "" }
  /// See `publicTitle`.
  var publicDescription: String { draft == nil ? details.description : "" }

  fileprivate func partName(_ number: Int) -> String? {
    guard let partNames, partNames.indices.contains(number - 1) else { return nil }
    return partNames[number - 1]
  }

  /// The street's code, as the index by street keeps it; nil for a wish of a county or a larger area.
  fileprivate var streetCode: String? { areaCode.utf8.count >= 9 ? String(areaCode.prefix(9)) : nil }
  /// The collecting organisation, as the index by collector keeps it; nil for staff, who collect for none.
  fileprivate var collector: String? {
    collectedByOrganisationID.isEmpty ? nil : collectedByOrganisationID
  }
}
