internal import CSQLite

extension StorageError {
  /// The error for an extended result code of SQLite.
  init(code: Int32, message: String, module: String) {
    switch code & 0xff {
    case SQLITE_CONSTRAINT: self = .constraint(ConstraintViolation(code: code, message: message))
    case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
    case SQLITE_FULL: self = .diskFull
    case SQLITE_NOMEM: self = .outOfMemory
    case SQLITE_INTERRUPT: self = .deadlineExceeded
    case SQLITE_CORRUPT: self = .corrupt(message: message)
    case SQLITE_NOTADB: self = .foreignDatabase(path: "the file", message: message)
    case SQLITE_READONLY: self = .forbiddenStatement(module: module, action: "writes in a snapshot")
    case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_PROTOCOL: self = .inputOutput(code: code, message: message)
    case SQLITE_TOOBIG:
      self = .limitExceeded(what: "a value or a row in bytes", limit: 64 << 20, actual: 64 << 20)
    default: self = .invalidStatement(module: module, message: message)
    }
  }
}

extension ConstraintViolation {
  /// Reads SQLite's words: "UNIQUE constraint failed: wishes_claim.wish_id, wishes_claim.state",
  /// "CHECK constraint failed: amount > 0", "FOREIGN KEY constraint failed".
  init(code: Int32, message: String) {
    let kind: Kind =
      switch code >> 8 {
      case 8, 6, 10: .unique
      case 3: .foreignKey
      case 1: .check
      case 5: .notNull
      default: .other
      }
    var detail = Substring()
    if let colon = message.firstIndex(of: ":") {
      detail = message[message.index(after: colon)...].drop { $0 == " " }
    }
    guard kind == .unique || kind == .notNull else {
      self.init(kind: kind, table: "", columns: detail.isEmpty ? [] : [String(detail)])
      return
    }
    var table = ""
    var columns: [String] = []
    for name in detail.split(separator: ",") {
      let parts = name.drop { $0 == " " }.split(separator: ".", maxSplits: 1)
      if let first = parts.first, parts.count == 2 { table = String(first) }
      if let last = parts.last { columns.append(String(last)) }
    }
    self.init(kind: kind, table: table, columns: columns)
  }
}
