import Audit
import ModuleKit
import Storage

/// Records as people read them.
enum AuditTexts {
  static let shownPersons = 100
  private static let shownChanges = 200
  private static let shownCharacters = 500
  /// From what size on no more changes are shown, in bytes.
  private static let shownSizeBytes = 1 << 20

  static func shown(_ changes: [RowChange], shapes: [TableShape]) -> [RecordChange] {
    let shapes = Dictionary(shapes.map { ($0.identifier, $0) }) { first, _ in first }
    var shown: [RecordChange] = []
    var size = 0
    for change in changes.prefix(shownChanges) where size < shownSizeBytes {
      let shape = shapes[change.shape]
      let columns = change.columns.map { column in
        let names = shape?.columns ?? []
        let name = column.index < names.count ? names[column.index] : "column \(column.index + 1)"
        return ColumnChange(
          column: name, oldValue: column.old.flatMap(text), newValue: column.new.flatMap(text))
      }
      size += columns.reduce(64) {
        $0 + $1.column.utf8.count + ($1.oldValue?.utf8.count ?? 0) + ($1.newValue?.utf8.count ?? 0)
      }
      let operation: RecordChange.Operation =
        switch change.operation {
        case .insert: .insert
        case .update: .update
        case .delete: .delete
        }
      shown.append(
        RecordChange(table: shape?.table ?? "unknown table", operation: operation, columns: columns))
    }
    return shown
  }

  /// A value as text; nil for NULL. Bytes are sealed values and hashes, of which there is nothing to read.
  private static func text(_ value: RowChange.Value) -> String? {
    switch value {
    case .null: return nil
    case .integer(let number): return String(number)
    case .real(let number): return String(number)
    case .bytes(let bytes): return "sealed, \(bytes.count) bytes"
    case .text(let text):
      // Bounded first: counting the characters of a long text takes its time.
      let scalars = text.unicodeScalars.prefix(shownCharacters + 1)
      return scalars.count <= shownCharacters
        ? text : String(String.UnicodeScalarView(scalars.dropLast())) + "…"
    }
  }
}

extension Record {
  /// A record without its changes.
  init(_ stored: StoredAuditRecord) {
    let record = stored.record
    self.init(
      sequence: record.sequence, time: ProtoTimestamp(Instant(milliseconds: record.timeMilliseconds)),
      principalID: record.principal, credentialID: record.credential, method: record.method,
      module: record.module, requestID: record.requestID, subject: record.subject, purpose: record.purpose,
      persons: Array(record.persons.prefix(AuditTexts.shownPersons)),
      personCount: Int32(clamping: record.persons.count), digest: Hexadecimal.text(record.digest),
      hash: Hexadecimal.text(stored.hash))
  }
}
