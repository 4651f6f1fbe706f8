import ModuleKit

/// What tells an import from all others: imports of two callers or two targets may have the same name.
struct ImportRun: Equatable {
  var callerID: String
  var target: ImportTarget
  var importID: String

  init(callerID: String, target: ImportTarget, importID: String) {
    self.callerID = callerID
    self.target = target
    self.importID = importID
  }

  /// Reads `text`.
  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let target = ImportTarget(rawValue: String(parts[0])) else { return nil }
    self.init(callerID: String(parts[2]), target: target, importID: String(parts[1]))
  }

  /// The three as one text. Neither a target nor the name of an import has a slash in it.
  var text: String { "\(target.rawValue)/\(importID)/\(callerID)" }
}

/// How long the errors and the digests of an import's rows stay. The errors quote rows, masked, and who mends a file
/// needs them for some days; with the digests rows are compared that are sent again. How far the import got stays.
enum ImportRetention {
  /// The timer that deletes them; its key is the import.
  static let timer = "import_rows"
  /// For how many days from the last progress of the import on.
  static let durationDays = 30
  /// The same, for the timer.
  static let duration = Duration.seconds(durationDays * 86_400)
  /// Errors deleted in one transaction, each of which the audit record takes down.
  static let errorStep = 1_000
  /// Chunks of digests deleted in one transaction.
  static let chunkStep = 1_000

  /// Deletes what is kept of an import's rows, as much at once as a transaction should, and comes back for the rest.
  static func deleteRows(of key: String, _ transaction: Transaction) throws {
    guard let run = ImportRun(key) else { return }
    let errors = try deleteErrors(of: run, transaction)
    let chunks = try deleteChunks(of: run, transaction)
    if errors == errorStep || chunks == chunkStep {
      try transaction.schedule(timer, key: key, at: transaction.now)
    }
  }

  private static func deleteErrors(of run: ImportRun, _ transaction: Transaction) throws -> Int {
    try transaction.execute(
      """
      DELETE FROM workers_import_error
      WHERE caller_id = ?1 AND target = ?2 AND import_id = ?3 AND position <= (
        SELECT MIN(position) + ?4 FROM workers_import_error
        WHERE caller_id = ?1 AND target = ?2 AND import_id = ?3)
      """, run.callerID, run.target.rawValue, run.importID, errorStep - 1)
  }

  private static func deleteChunks(of run: ImportRun, _ transaction: Transaction) throws -> Int {
    try transaction.execute(
      """
      DELETE FROM workers_import_chunk
      WHERE caller_id = ?1 AND target = ?2 AND import_id = ?3 AND first_row IN (
        SELECT first_row FROM workers_import_chunk
        WHERE caller_id = ?1 AND target = ?2 AND import_id = ?3 ORDER BY first_row LIMIT ?4)
      """, run.callerID, run.target.rawValue, run.importID, chunkStep)
  }
}
