import ModuleKit

/// The SQL of consents. What leads to a person, evidence and guardian, is one sealed column.
struct ConsentStore: Sendable {
  private static let label: StaticString = "privacy_consent.personal"
  /// Of so many consents to one purpose it is looked who gave them.
  private static let latest = 100

  /// A row of `privacy_consent`: a consent, or an objection to a purpose that was never consented to.
  struct ConsentRow: Equatable {
    var id: String
    var person: String
    var purpose: String
    var isSeparate: Bool
    /// Nil of an objection, and once the person is erased.
    var personal: Personal?
    var recordedBy: String
    /// Nil of an objection.
    var givenAt: Instant?
    /// Of an objection, when it was made.
    var withdrawnAt: Instant?
    var withdrawnBy: String
    /// Whether the person refused what nobody had asked for.
    var isObjection: Bool { givenAt == nil }
  }

  /// What is sealed.
  struct Personal: Equatable {
    var evidence: String
    var guardian: Guardian?

    fileprivate var texts: [String] {
      [evidence]
        + (guardian.map { [$0.name, $0.relation, $0.phone, $0.identityNumber] } ?? [])
    }

    fileprivate init(_ texts: [String]) throws {
      guard texts.count == 1 || texts.count == 5 else { throw VaultError.damaged }
      evidence = texts[0]
      guardian =
        texts.count == 5
        ? Guardian(name: texts[1], relation: texts[2], phone: texts[3], identityNumber: texts[4]) : nil
    }

    init(evidence: String, guardian: Guardian? = nil) {
      self.evidence = evidence
      self.guardian = guardian
    }
  }

  let vault: Vault

  /// A person's consents, the latest first: identifiers are ordered by time.
  /// - Parameters:
  ///   - purposes: only those to one of these; nil for all.
  ///   - before: the last identifier of the page before; nil for the first page.
  func consents(
    of person: String, to purposes: [String]? = nil, before: String? = nil, limit: Int, in snapshot: Snapshot
  ) throws -> [ConsentRow] {
    var query = Query(
      """
      SELECT id, person, purpose, is_separate, personal, recorded_by, given_at, withdrawn_at, withdrawn_by
      FROM privacy_consent WHERE person = ?
      """, person)
    if let purposes {
      query.append(" AND (1 = 0")
      for purpose in purposes { query.append(" OR purpose = ?", purpose) }
      query.append(")")
    }
    if let before { query.append(" AND id < ?", before) }
    query.append(" ORDER BY id DESC LIMIT ?", limit)
    return try snapshot.all(query) { row in
      let personal = try row.optionalBytes(4).map {
        try Personal(try vault.openTexts($0, of: person, as: Self.label, in: snapshot))
      }
      return ConsentRow(
        id: row.text(0), person: row.text(1), purpose: row.text(2), isSeparate: row.bool(3),
        personal: personal,
        recordedBy: row.text(5), givenAt: row.optionalInstant(6), withdrawnAt: row.optionalInstant(7),
        withdrawnBy: row.text(8))
    }
  }

  /// Whether a consent to a purpose holds. The person's last word counts: of two entries that were merged, one may hold
  /// a consent and the other a later withdrawal or objection.
  /// - Parameter isSeparate: whether one counts alone that was asked for by itself.
  func isOpen(_ purpose: String, of person: String, isSeparate: Bool, in snapshot: Snapshot) throws -> Bool {
    var query = Query(
      """
      SELECT 1 FROM privacy_consent c
      WHERE c.person = ? AND c.purpose = ? AND c.withdrawn_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM privacy_consent w
        WHERE w.person = c.person AND w.purpose = c.purpose AND w.withdrawn_at > c.given_at)
      """, person, purpose)
    if isSeparate { query.append(" AND c.is_separate = 1") }
    query.append(" LIMIT 1")
    return try snapshot.first(query, read: { _ in true }) ?? false
  }

  /// Keeps a consent; nothing changes if the same one holds already.
  func grant(
    _ purpose: String, by person: String, isSeparate: Bool, _ personal: Personal, in transaction: Transaction
  ) throws -> ConsentRow {
    let known = try consents(of: person, to: [purpose], limit: 1, in: transaction).first
    if let known, known.withdrawnAt == nil, known.isSeparate == isSeparate, known.personal == personal,
      try isOpen(purpose, of: person, isSeparate: isSeparate, in: transaction)
    {
      return known
    }
    // A clock that was set back must not put a consent before the withdrawal that it follows.
    let lastWithdrawal = try transaction.first(
      "SELECT max(withdrawn_at) FROM privacy_consent WHERE person = ? AND purpose = ?", person, purpose,
      read: { $0.optionalInstant(0) })
    let givenAt = max(transaction.now, (lastWithdrawal ?? nil) ?? transaction.now)
    let row = ConsentRow(
      id: transaction.makeID(), person: person, purpose: purpose, isSeparate: isSeparate, personal: personal,
      recordedBy: transaction.caller.id, givenAt: givenAt, withdrawnBy: "")
    try transaction.execute(
      """
      INSERT INTO privacy_consent (id, person, purpose, is_separate, personal, recorded_by, given_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """, row.id, person, purpose, isSeparate,
      try vault.seal(personal.texts, of: person, as: Self.label, in: transaction), row.recordedBy, row.givenAt
    )
    return row
  }

  /// Keeps that a person objects to a purpose that was never consented to. A later consent counts instead.
  func object(to purpose: String, by person: String, in transaction: Transaction) throws {
    let caller = transaction.caller.id
    try transaction.execute(
      """
      INSERT INTO privacy_consent (id, person, purpose, is_separate, recorded_by, withdrawn_at, withdrawn_by)
      VALUES (?, ?, ?, 0, ?, ?, ?)
      """, transaction.makeID(), person, purpose, caller, transaction.now, caller)
  }

  /// Whether among a person's consents to a purpose that were not withdrawn is one that no guardian gave.
  func hasOwnConsent(of person: String, to purpose: String, in snapshot: Snapshot) throws -> Bool {
    try consents(of: person, to: [purpose], limit: Self.latest, in: snapshot).contains {
      $0.withdrawnAt == nil && $0.personal?.guardian == nil
    }
  }

  /// The purposes that one of two merged entries had consented to, where the other's later word was no.
  func overruledPurposes(of person: String, in snapshot: Snapshot) throws -> [String] {
    try snapshot.all(
      """
      SELECT c.purpose FROM privacy_consent c WHERE c.person = ? AND c.withdrawn_at IS NULL
      GROUP BY c.purpose
      HAVING max(c.given_at) < (
        SELECT max(w.withdrawn_at) FROM privacy_consent w WHERE w.person = ? AND w.purpose = c.purpose)
      ORDER BY c.purpose
      """, person, person
    ) { $0.text(0) }
  }

  /// Ends all open consents of a person to a purpose, an earlier one of a merged entry too.
  func withdraw(_ purpose: String, of person: String, in transaction: Transaction) throws {
    try transaction.execute(
      """
      UPDATE privacy_consent SET withdrawn_at = ?, withdrawn_by = ?
      WHERE person = ? AND purpose = ? AND withdrawn_at IS NULL
      """, transaction.now, transaction.caller.id, person, purpose)
  }

  /// Forgets what leads to a person; consents that are open end.
  func erase(_ person: String, in transaction: Transaction) throws {
    try transaction.execute(
      """
      UPDATE privacy_consent
      SET personal = NULL, withdrawn_at = coalesce(withdrawn_at, ?),
        withdrawn_by = CASE WHEN withdrawn_at IS NULL THEN ? ELSE withdrawn_by END
      WHERE person = ?
      """, transaction.now, transaction.caller.id, person)
  }

  /// Gives the consents of an entry to the one that it was merged into.
  func move(from source: String, to target: String, in transaction: Transaction) throws {
    let rows = try transaction.all(
      "SELECT id, personal FROM privacy_consent WHERE person = ? AND personal IS NOT NULL", source
    ) { (id: $0.text(0), sealed: $0.bytes(1)) }
    for row in rows {
      let sealed = try vault.reseal(
        row.sealed, from: source, to: target, as: Self.label, in: transaction)
      try transaction.execute("UPDATE privacy_consent SET personal = ? WHERE id = ?", sealed, row.id)
    }
    try transaction.execute("UPDATE privacy_consent SET person = ? WHERE person = ?", target, source)
  }
}

extension Consent {
  init(_ row: ConsentStore.ConsentRow) {
    self.init(
      id: row.id, personID: row.person, purpose: row.purpose, separate: row.isSeparate,
      evidence: row.personal?.evidence ?? "", guardian: row.personal?.guardian, recordedBy: row.recordedBy,
      givenTime: row.givenAt.map { ProtoTimestamp($0) },
      withdrawnTime: row.withdrawnAt.map { ProtoTimestamp($0) }, withdrawnBy: row.withdrawnBy)
  }
}
