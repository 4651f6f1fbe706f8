import ModuleKit

/// The tables of imports, read. A caller reaches the imports that it began itself.
struct ImportStore {
  let snapshot: Snapshot
  let target: ImportTarget

  /// How far an import of the caller's got; nil if there is none of that name.
  func progress(_ importID: String) throws -> ImportProgress? {
    try snapshot.first(
      """
      SELECT state, last_row, rows_created, rows_updated, rows_unchanged, rows_failed, error_count, differences,
        create_time, update_time
      FROM workers_import WHERE caller_id = ? AND target = ? AND import_id = ?
      """, snapshot.caller.id, target.rawValue, importID
    ) { row in
      var progress = ImportProgress(importID: importID, at: row.instant(8))
      progress.state = ImportState(rawValue: Int32(row.int(0)))
      progress.lastRow = row.int64(1)
      progress.rowsCreated = row.int64(2)
      progress.rowsUpdated = row.int64(3)
      progress.rowsUnchanged = row.int64(4)
      progress.rowsFailed = row.int64(5)
      progress.errorCount = row.int64(6)
      progress.differences = ImportProgress.differences(row.text(7))
      progress.updateTime = row.instant(9)
      return progress
    }
  }

  /// - Throws: `WorkersError.importNotFound`, also for a caller without reach.
  func summary(_ importID: String) throws -> ImportSummary {
    guard snapshot.reach != .nothing, let progress = try progress(importID) else {
      throw WorkersError.importNotFound(id: importID)
    }
    return progress.summary(isDryRun: false)
  }

  /// A page of row errors.
  /// - Throws: `WorkersError.importNotFound`, also for a caller without reach.
  func errors(_ request: ListImportErrorsRequest) throws -> ListImportErrorsResponse {
    guard snapshot.reach != .nothing, try progress(request.importID) != nil else {
      throw WorkersError.importNotFound(id: request.importID)
    }
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: ["import errors", target.rawValue, request.importID, snapshot.caller.id])
    var errors = try snapshot.all(
      """
      SELECT position, row_number, column_name, value, reason, description, description_zh
      FROM workers_import_error
      WHERE caller_id = ? AND target = ? AND import_id = ? AND position > ?
      ORDER BY position LIMIT ?
      """, snapshot.caller.id, target.rawValue, request.importID,
      try page.cursorNumber() ?? 0, page.limit + 1
    ) { row in
      (
        position: row.int64(0),
        error: RowError(
          row: row.int64(1), column: row.text(2), value: row.text(3), reason: row.text(4),
          description: row.text(5), descriptionZh: row.text(6))
      )
    }
    let next = page.cut(&errors) { ["\($0.position)"] }
    return ListImportErrorsResponse(errors: errors.map(\.error), nextPageToken: next)
  }
}

/// The tables of imports, written in the transaction of the rows.
struct ImportWriter {
  /// Row errors that are kept of one import; further ones are counted only.
  static let maximumErrors: Int64 = 10_000

  let transaction: Transaction
  let target: ImportTarget

  /// Keeps the progress.
  func save(_ progress: ImportProgress) throws {
    try transaction.execute(
      """
      INSERT INTO workers_import
        (caller_id, target, import_id, state, last_row, rows_received, rows_created, rows_updated, rows_unchanged,
         rows_failed, differences, error_count, create_time, update_time)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (caller_id, target, import_id) DO UPDATE SET
        state = excluded.state, last_row = excluded.last_row, rows_received = excluded.rows_received,
        rows_created = excluded.rows_created, rows_updated = excluded.rows_updated,
        rows_unchanged = excluded.rows_unchanged, rows_failed = excluded.rows_failed,
        differences = excluded.differences, error_count = excluded.error_count,
        update_time = excluded.update_time
      """,
      transaction.caller.id, target.rawValue, progress.importID, progress.state.rawValue, progress.lastRow,
      progress.rowsCreated + progress.rowsUpdated + progress.rowsUnchanged + progress.rowsFailed,
      progress.rowsCreated, progress.rowsUpdated, progress.rowsUnchanged, progress.rowsFailed,
      progress.differencesText, progress.errorCount, progress.createTime, transaction.now)
    guard progress.lastRow > 0 else { return }
    let run = ImportRun(callerID: transaction.caller.id, target: target, importID: progress.importID)
    try transaction.schedule(
      ImportRetention.timer, key: run.text, at: transaction.now + ImportRetention.duration)
  }

  /// Keeps an error, unless enough are kept, and counts it.
  func add(_ error: RowError, to progress: inout ImportProgress) throws {
    progress.errorCount += 1
    guard progress.errorCount <= ImportWriter.maximumErrors else { return }
    try transaction.execute(
      """
      INSERT INTO workers_import_error
        (caller_id, target, import_id, position, row_number, column_name, value, reason, description,
         description_zh)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      transaction.caller.id, target.rawValue, progress.importID, progress.errorCount, error.row, error.column,
      error.value, error.reason, error.description, error.descriptionZh)
  }
}
