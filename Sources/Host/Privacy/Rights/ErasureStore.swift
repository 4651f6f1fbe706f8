import ModuleKit

/// The SQL of what stays of an erasure, and of merged entries, whose keys go with the person's.
enum ErasureStore {
  private static let reasonLabel: StaticString = "privacy_erasure.reason"
  /// How long the reason of an erasure is kept: as long as a civil claim about it can be made (Civil Code, article
  /// 188).
  static let reasonRetention = Duration.seconds(1_096 * 86_400)
  /// The timer that ends the retention of a reason.
  static let retentionTimer = "erasure-reason"

  /// A row of `privacy_erasure`.
  struct ErasureRow {
    var id: String
    var person: String
    /// Where the person was registered, so that reach goes on to hold.
    var areaCode: String?
    var erasedAt: Instant
    var erasedBy: String
    var legalBasis: LegalBasis
    /// Sealed for the erasure's own identifier; nil once its time is over.
    var sealedReason: [UInt8]?
  }

  static func erasure(of person: String, in snapshot: Snapshot) throws -> ErasureRow? {
    try snapshot.first(
      """
      SELECT id, person, area_code, erased_at, erased_by, legal_basis, reason FROM privacy_erasure WHERE person = ?
      """, person
    ) {
      ErasureRow(
        id: $0.text(0), person: $0.text(1), areaCode: $0.optionalText(2), erasedAt: $0.instant(3),
        erasedBy: $0.text(4), legalBasis: LegalBasis(rawValue: Int32(truncatingIfNeeded: $0.int64(5))),
        sealedReason: $0.optionalBytes(6))
    }
  }

  static func insert(
    _ person: People.Person, _ request: ErasePersonRequest, _ parts: [ErasurePart], vault: Vault,
    in transaction: Transaction
  ) throws -> ErasureRow {
    let id = transaction.makeID()
    let reason = try vault.seal([request.reason], of: id, as: reasonLabel, in: transaction)
    try transaction.execute(
      """
      INSERT INTO privacy_erasure (id, person, area_code, erased_at, erased_by, legal_basis, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """, id, person.id, person.areaCode, transaction.now, transaction.caller.id,
      request.legalBasis.rawValue,
      reason)
    for (position, part) in parts.enumerated() {
      try transaction.execute(
        """
        INSERT INTO privacy_erasure_part (erasure_id, position, module, title, title_chinese, purpose, record_count,
          disposition, kept_reason, kept_reason_chinese, kept_until)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """, id, position, part.module, part.title, part.titleChinese, part.purpose, part.recordCount,
        part.disposition.rawValue, part.keptReason, part.keptReasonChinese,
        part.keptUntilTime.flatMap { Instant($0) })
    }
    try transaction.schedule(retentionTimer, key: id, at: transaction.now + reasonRetention)
    return ErasureRow(
      id: id, person: person.id, areaCode: person.areaCode, erasedAt: transaction.now,
      erasedBy: transaction.caller.id, legalBasis: request.legalBasis, sealedReason: reason)
  }

  /// What was done, for the reply.
  static func message(_ row: ErasureRow, vault: Vault, in snapshot: Snapshot) throws -> Erasure {
    let parts = try snapshot.all(
      """
      SELECT module, title, title_chinese, purpose, record_count, disposition, kept_reason, kept_reason_chinese,
        kept_until
      FROM privacy_erasure_part WHERE erasure_id = ? ORDER BY position
      """, row.id
    ) {
      ErasurePart(
        module: $0.text(0), title: $0.text(1), titleChinese: $0.text(2), purpose: $0.text(3),
        recordCount: Int32(truncatingIfNeeded: $0.int64(4)),
        disposition: Disposition(rawValue: Int32(truncatingIfNeeded: $0.int64(5))), keptReason: $0.text(6),
        keptReasonChinese: $0.text(7), keptUntilTime: $0.optionalInstant(8).map { ProtoTimestamp($0) })
    }
    let reason = try row.sealedReason.map {
      try vault.openTexts($0, of: row.id, as: reasonLabel, in: snapshot)
    }
    return Erasure(
      id: row.id, personID: row.person, eraseTime: ProtoTimestamp(row.erasedAt), erasedBy: row.erasedBy,
      legalBasis: row.legalBasis, reason: reason?.first ?? "", parts: parts)
  }

  /// Forgets the reason of an erasure.
  static func forgetReason(of id: String, vault: Vault, in transaction: Transaction) throws {
    try transaction.execute("UPDATE privacy_erasure SET reason = NULL WHERE id = ?", id)
    try vault.destroyKey(of: id, in: transaction)
  }

  /// The entries that were merged into a person's, over all merges.
  static func merged(into person: String, in snapshot: Snapshot) throws -> [String] {
    try snapshot.all("SELECT source FROM privacy_merge WHERE target = ?", person) { $0.text(0) }
  }

  /// Notes that an entry was merged into another, with all that were merged into it before.
  static func merge(_ source: String, into target: String, in transaction: Transaction) throws {
    try transaction.execute("UPDATE privacy_merge SET target = ? WHERE target = ?", target, source)
    try transaction.execute(
      "INSERT INTO privacy_merge (source, target) VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET target = ?2",
      source, target)
  }
}

extension PrivacyModule {
  /// The tables of consents and erasures.
  static let rightsMigration = Migration(
    2, "consents, erasures and merged entries",
    """
    CREATE TABLE privacy_consent (
      id TEXT NOT NULL PRIMARY KEY,
      person TEXT NOT NULL,
      purpose TEXT NOT NULL,
      is_separate INTEGER NOT NULL,
      personal BLOB,
      recorded_by TEXT NOT NULL,
      given_at INTEGER,
      withdrawn_at INTEGER,
      withdrawn_by TEXT NOT NULL DEFAULT '',
      CHECK (given_at IS NOT NULL OR withdrawn_at IS NOT NULL)
    )
    """,
    "CREATE INDEX privacy_consent_person ON privacy_consent (person, id)",
    """
    CREATE TABLE privacy_erasure (
      id TEXT NOT NULL PRIMARY KEY,
      person TEXT NOT NULL UNIQUE,
      area_code TEXT,
      erased_at INTEGER NOT NULL,
      erased_by TEXT NOT NULL,
      legal_basis INTEGER NOT NULL,
      reason BLOB
    )
    """,
    """
    CREATE TABLE privacy_erasure_part (
      erasure_id TEXT NOT NULL REFERENCES privacy_erasure (id),
      position INTEGER NOT NULL,
      module TEXT NOT NULL,
      title TEXT NOT NULL,
      title_chinese TEXT NOT NULL,
      purpose TEXT NOT NULL,
      record_count INTEGER NOT NULL,
      disposition INTEGER NOT NULL,
      kept_reason TEXT NOT NULL,
      kept_reason_chinese TEXT NOT NULL,
      kept_until INTEGER,
      PRIMARY KEY (erasure_id, position)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE privacy_merge (
      source TEXT NOT NULL PRIMARY KEY,
      target TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX privacy_merge_target ON privacy_merge (target)")
}
