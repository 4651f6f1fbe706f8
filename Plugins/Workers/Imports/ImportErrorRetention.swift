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

/// How long the errors of an import's rows stay. They quote rows, masked; who mends a file needs them for some days.
enum ImportErrorRetention {
  /// The timer that deletes them; its key is the import.
  static let timer = "import_errors"
  /// From the last progress of the import on.
  static let duration = Duration.seconds(30 * 86_400)
  /// Errors deleted in one transaction, each of which the audit record takes down.
  static let step = 1_000

  /// Deletes the errors of an import, as many at once as a transaction should, and comes back for the others.
  static func deleteErrors(of key: String, _ transaction: Transaction) throws {
    guard let run = ImportRun(key) else { return }
    let deleted = try transaction.execute(
      """
      DELETE FROM workers_import_error
      WHERE caller_id = ?1 AND target = ?2 AND import_id = ?3 AND position <= (
        SELECT MIN(position) + ?4 FROM workers_import_error
        WHERE caller_id = ?1 AND target = ?2 AND import_id = ?3)
      """, run.callerID, run.target.rawValue, run.importID, step - 1)
    if deleted == step { try transaction.schedule(timer, key: key, at: transaction.now) }
  }
}
