import ModuleKit

/// A follow-up report as its row holds it.
struct ReportRecord {
  var id: String
  var version: Int64 = 1
  var wishID: String
  var state: Report.State = .draft
  /// What it says, sealed.
  var story: [UInt8]?
  var organisationID: String
  var createdAt: Instant
  var updatedAt: Instant
  var publishedAt: Instant?

  /// The version as callers see it.
  var etag: String { "\(version)" }
}

extension ReportRecord {
  /// Reads the columns that `ReportStore` selects, in their order.
  init(_ row: Row) {
    id = row.text(0)
    version = row.int64(1)
    wishID = row.text(2)
    state = Report.State(rawValue: Int32(row.int(3)))
    story = row.optionalBytes(4)
    organisationID = row.text(5)
    createdAt = row.instant(6)
    updatedAt = row.instant(7)
    publishedAt = row.optionalInstant(8)
  }
}

/// The table of follow-up reports.
enum ReportStore {
  private static let select = Query(
    """
    SELECT id, version, wish_id, state, story, organisation_id, created_at, updated_at, published_at
    FROM wishes_report WHERE
    """)

  /// Finds a report.
  static func report(_ id: String, in snapshot: Snapshot) throws -> ReportRecord? {
    var query = select
    query.append(" id = ?", id)
    return try snapshot.first(query) { ReportRecord($0) }
  }

  /// Adds a report.
  static func insert(_ report: ReportRecord, in transaction: Transaction) throws {
    try transaction.execute(
      """
      INSERT INTO wishes_report (id, version, wish_id, state, story, organisation_id, created_at, updated_at,
        published_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)
      """,
      report.id, report.version, report.wishID, report.state.rawValue, report.story, report.organisationID,
      report.createdAt, report.updatedAt)
  }

  /// Writes what publishing and withdrawing change in a report.
  static func save(_ report: ReportRecord, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE wishes_report SET version = ?, state = ?, updated_at = ?, published_at = ? WHERE id = ?",
      report.version, report.state.rawValue, report.updatedAt, report.publishedAt, report.id)
  }

  /// Every report about a wish, the oldest first.
  static func reports(of wishID: String, in snapshot: Snapshot) throws -> [ReportRecord] {
    var query = select
    query.append(" wish_id = ? ORDER BY id", wishID)
    return try snapshot.all(query) { ReportRecord($0) }
  }

  /// How many reports there are about a wish.
  static func count(of wishID: String, in snapshot: Snapshot) throws -> Int {
    try snapshot.first("SELECT COUNT(*) FROM wishes_report WHERE wish_id = ?", wishID) { $0.int(0) } ?? 0
  }

  /// The published reports about a wish, the oldest first.
  static func publishedIDs(of wishID: String, in snapshot: Snapshot) throws -> [String] {
    try snapshot.all(
      "SELECT id FROM wishes_report WHERE wish_id = ? AND state = ? ORDER BY id", wishID,
      Report.State.published.rawValue
    ) { $0.text(0) }
  }

  /// Reports, the newest first: of one wish or, for nil, published ones of all wishes.
  /// - Parameters:
  ///   - seesAll: whether reports of the wish are listed that are not published.
  ///   - organisationID: whose reports of the wish are listed in any state.
  ///   - areas: where the wishes have to be; nil for no limit.
  static func list(
    of wishID: String?, seesAll: Bool, writtenBy organisationID: String?, within areas: [AreaCode]?,
    before: String?, limit: Int, in snapshot: Snapshot
  ) throws -> [ReportRecord] {
    var query = select
    if let wishID {
      query.append(" wish_id = ?", wishID)
      if !seesAll {
        query.append(
          " AND (state = ? OR organisation_id = ?)", Report.State.published.rawValue, organisationID)
      }
    } else {
      query.append(" state = ?", Report.State.published.rawValue)
    }
    if areas != nil {
      query.append(" AND EXISTS (SELECT 1 FROM wishes_wish w WHERE w.id = wishes_report.wish_id")
      query.append(areas, in: "w.area_code")
      query.append(")")
    }
    if let before { query.append(" AND id < ?", before) }
    query.append(" ORDER BY id DESC LIMIT ?", limit)
    return try snapshot.all(query) { ReportRecord($0) }
  }
}
