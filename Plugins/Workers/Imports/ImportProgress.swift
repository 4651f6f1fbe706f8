import ModuleKit

/// How far an import got: what its table row holds.
struct ImportProgress: Sendable, Equatable {
  var importID: String
  var state = ImportState.running
  var lastRow: Int64 = 0
  var rowsCreated: Int64 = 0
  var rowsUpdated: Int64 = 0
  var rowsUnchanged: Int64 = 0
  var rowsFailed: Int64 = 0
  var errorCount: Int64 = 0
  var differences: [String: Int64] = [:]
  var createTime: Instant
  var updateTime: Instant

  init(importID: String, at now: Instant) {
    self.importID = importID
    createTime = now
    updateTime = now
  }

  /// Counts a row.
  mutating func count(_ outcome: RowOutcome) {
    lastRow += 1
    switch outcome {
    case .created: rowsCreated += 1
    case .unchanged: rowsUnchanged += 1
    case .updated(let fields):
      rowsUpdated += 1
      for field in fields { differences[field, default: 0] += 1 }
    }
  }

  /// Counts a row with errors.
  mutating func countFailure() {
    lastRow += 1
    rowsFailed += 1
  }

  /// The counts as a client sees them.
  func summary(isDryRun: Bool) -> ImportSummary {
    ImportSummary(
      importID: importID, state: state, dryRun: isDryRun, lastRow: lastRow,
      rowsReceived: rowsCreated + rowsUpdated + rowsUnchanged + rowsFailed, rowsCreated: rowsCreated,
      rowsUpdated: rowsUpdated, rowsUnchanged: rowsUnchanged, rowsFailed: rowsFailed,
      differences: differences.sorted { $0.key < $1.key }
        .map { FieldDifference(field: $0.key, rowCount: $0.value) },
      createTime: ProtoTimestamp(createTime), updateTime: ProtoTimestamp(updateTime))
  }

  /// The differences as text: "name=3 phone=12". Field names hold neither sign.
  var differencesText: String {
    differences.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }

  /// Reads `differencesText`.
  static func differences(_ text: String) -> [String: Int64] {
    var differences: [String: Int64] = [:]
    for part in text.split(separator: " ") {
      let pair = part.split(separator: "=")
      guard pair.count == 2, let count = Int64(pair[1]) else { continue }
      differences[String(pair[0])] = count
    }
    return differences
  }
}
