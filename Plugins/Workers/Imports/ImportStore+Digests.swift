import ModuleKit

extension ImportStore {
  /// Refuses rows that are not those which the import has under their numbers.
  /// - Parameters:
  ///   - digests: those of the rows that came.
  ///   - count: how many of them, from the first on, stand at or below the import's last row.
  ///   - firstRow: the number of the first one.
  /// - Throws: `WorkersError.importDiffers`; `importRowsForgotten` where nothing is kept to compare them with.
  func check(_ digests: RowDigests, _ count: Int, from firstRow: Int64, of progress: ImportProgress) throws {
    guard count > 0 else { return }
    // Each chunk begins behind the end of the one before, and none is longer than this.
    let chunks = try snapshot.all(
      """
      SELECT first_row, digests FROM workers_import_chunk
      WHERE caller_id = ? AND target = ? AND import_id = ? AND first_row > ? AND first_row < ?
      ORDER BY first_row
      """, snapshot.caller.id, target.rawValue, progress.importID, firstRow - Int64(BulkImport.chunkSize),
      firstRow + Int64(count)
    ) { row in
      (firstRow: row.int64(0), digests: RowDigests(row.bytes(1)))
    }
    var checked = 0
    for chunk in chunks {
      var index = Int(firstRow + Int64(checked) - chunk.firstRow)
      guard index >= 0 else { break }
      while checked < count, index < chunk.digests.count {
        guard digests[checked] == chunk.digests[index] else {
          throw WorkersError.importDiffers(progress, row: firstRow + Int64(checked))
        }
        checked += 1
        index += 1
      }
    }
    guard checked == count else {
      throw WorkersError.importRowsForgotten(progress, row: firstRow + Int64(checked))
    }
  }
}

extension ImportWriter {
  /// Keeps the digests of rows that are committed now.
  func add(_ digests: RowDigests, from firstRow: Int64, of importID: String) throws {
    guard digests.count > 0 else { return }
    try transaction.execute(
      """
      INSERT INTO workers_import_chunk (caller_id, target, import_id, first_row, digests)
      VALUES (?, ?, ?, ?, ?)
      """, transaction.caller.id, target.rawValue, importID, firstRow, digests.bytes)
  }
}
