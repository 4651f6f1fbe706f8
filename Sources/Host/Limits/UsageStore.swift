import ModuleKit

/// The SQL of use.
enum UsageStore {
  /// The right to the tables.
  static let scope = ModuleScope(name: LimitsModule.name)
  /// For how many days use is kept.
  static let keptDays: Int64 = 400

  /// A row of `limits_usage`.
  struct UsageRow: Sendable {
    var principalID: String
    var principalName: String
    var day: Int64
    var usage: Usage
  }

  static let migrations: [Migration] = [
    Migration(
      1, "what principals use",
      """
      CREATE TABLE limits_usage (
        day INTEGER NOT NULL,
        principal_id TEXT NOT NULL,
        principal_name TEXT NOT NULL,
        calls INTEGER NOT NULL,
        rows_returned INTEGER NOT NULL,
        rows_received INTEGER NOT NULL,
        bytes_sent INTEGER NOT NULL,
        bytes_received INTEGER NOT NULL,
        PRIMARY KEY (day, principal_id)
      )
      """)
  ]

  /// What is written down of a principal's use on a day.
  static func usage(of principalID: String, day: Int64, in snapshot: Snapshot) throws -> Usage {
    try snapshot.first(
      """
      SELECT calls, rows_returned, rows_received, bytes_sent, bytes_received
      FROM limits_usage WHERE day = ? AND principal_id = ?
      """, day, principalID, read: { usage($0, from: 0) }) ?? Usage()
  }

  /// Use on a day, by principal.
  /// - Parameter after: The last principal of the page before; empty for the first page.
  static func usage(on day: Int64, after: String, limit: Int, in snapshot: Snapshot) throws -> [UsageRow] {
    try snapshot.all(
      """
      SELECT principal_id, principal_name, calls, rows_returned, rows_received, bytes_sent, bytes_received
      FROM limits_usage WHERE day = ? AND principal_id > ? ORDER BY principal_id LIMIT ?
      """, day, after, limit,
      read: {
        UsageRow(
          principalID: $0.text(0), principalName: $0.text(1), day: day, usage: usage($0, from: 2))
      })
  }

  /// Writes down a principal's use of a day, in place of what was written before.
  static func write(_ row: UsageRow, in transaction: Transaction) throws {
    let use = row.usage
    func figure(_ figure: Usage.Figure) -> Int64 { Int64(clamping: use[figure]) }
    try transaction.execute(
      """
      INSERT INTO limits_usage
        (day, principal_id, principal_name, calls, rows_returned, rows_received, bytes_sent, bytes_received)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (day, principal_id) DO UPDATE SET
        calls = excluded.calls, rows_returned = excluded.rows_returned, rows_received = excluded.rows_received,
        bytes_sent = excluded.bytes_sent, bytes_received = excluded.bytes_received
      """, row.day, row.principalID, row.principalName, figure(.calls), figure(.rowsReturned),
      figure(.rowsReceived), figure(.bytesSent), figure(.bytesReceived))
  }

  /// Drops what is too old.
  static func dropOld(today: Int64, in transaction: Transaction) throws {
    try transaction.execute("DELETE FROM limits_usage WHERE day < ?", today - keptDays)
  }

  /// The figures in the order of `Usage.Figure`.
  private static func usage(_ row: Row, from column: Int) -> Usage {
    Usage { UInt64(clamping: row.int64(column + $0.rawValue)) }
  }
}
