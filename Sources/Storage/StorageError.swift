/// What storage refuses or cannot do.
public enum StorageError: Error, Sendable, Equatable {
  /// A row breaks a constraint of its table.
  case constraint(ConstraintViolation)
  /// The call's deadline passed before its statements had ended.
  case deadlineExceeded
  /// The caller gave up before the job started; it had no effect.
  case cancelled
  /// Too many jobs wait; nothing happened.
  case overloaded(retryAfter: Duration)
  /// The engine's lock could not be had in time; nothing happened.
  case busy
  /// The disk is full; nothing happened.
  case diskFull
  /// The engine got no memory; nothing happened.
  case outOfMemory
  /// The idempotency key was used before, for another method or another request, or with another standing of the caller.
  case idempotencyMismatch(key: String)
  /// The reply of this idempotency key was about a person who has been erased since.
  case replyErased
  /// Something from outside is over its limit.
  case limitExceeded(what: String, limit: Int, actual: Int)
  /// A module's statement names a table that is not the module's own.
  case forbiddenTable(module: String, table: String)
  /// A module's statement does what only the kernel may do.
  case forbiddenStatement(module: String, action: String)
  /// A statement that the engine does not understand, or values that do not match its placeholders.
  case invalidStatement(module: String, message: String)
  /// The database was written by a newer program.
  case schemaTooNew(module: String, found: Int, known: Int)
  /// A migration differs from the one that was applied.
  case migrationEdited(module: String, number: Int, name: String)
  /// A migration cannot be applied.
  case migrationFailed(module: String, number: Int, message: String)
  /// A module leaves something out of the audit log that is not in its schema.
  case unrecordedUnknown(module: String, name: String)
  /// Two modules have one name.
  case moduleTwice(name: String)
  /// Another host works on the data directory.
  case dataDirectoryInUse(path: String, process: Int32?)
  /// The data directory cannot be made or opened.
  case dataDirectoryUnusable(path: String, message: String)
  /// The file is not a database of this program.
  case foreignDatabase(path: String, message: String)
  /// The SQLite that is installed cannot be used.
  case unsupportedEngine(message: String)
  /// The database file is damaged.
  case corrupt(message: String)
  /// The disk failed.
  case inputOutput(code: Int32, message: String)
  /// The database is closed, or a snapshot is used after its call has ended.
  case closed
}

/// Which constraint a row breaks.
public struct ConstraintViolation: Sendable, Equatable {
  /// The kinds of constraint.
  public enum Kind: String, Sendable {
    /// A value that must be the only one of its kind, a primary key included.
    case unique
    /// A reference to a row that is not there, or from a row that is.
    case foreignKey
    /// A `CHECK`.
    case check
    /// A `NOT NULL`.
    case notNull
    /// Any other.
    case other
  }

  /// The kind of constraint.
  public var kind: Kind
  /// The table; empty where the engine does not say (foreign keys).
  public var table: String
  /// The columns; for a `CHECK`, its name; empty where the engine does not say.
  public var columns: [String]

  /// Creates a violation.
  public init(kind: Kind, table: String, columns: [String]) {
    self.kind = kind
    self.table = table
    self.columns = columns
  }
}

extension StorageError: CustomStringConvertible {
  /// One line: what is wrong and what to do about it.
  public var description: String {
    switch self {
    case .constraint(let violation):
      "a row breaks the \(violation.kind) constraint of \(violation.table)"
        + (violation.columns.isEmpty ? "" : " (" + violation.columns.joined(separator: ", ") + ")")
    case .deadlineExceeded: "the call's deadline passed before it was done"
    case .cancelled: "the caller gave up before the write began; it had no effect"
    case .overloaded(let retryAfter): "too many writes wait; try again in \(retryAfter)"
    case .busy: "the database was locked for too long; try again"
    case .diskFull: "the disk is full, so nothing was written; free some space and try again"
    case .outOfMemory: "there was not enough memory; nothing was written"
    case .replyErased: "the reply of this idempotency key is gone with the person that it was about"
    case .idempotencyMismatch(let key):
      "the idempotency key \(key) was used before for another request, or with another standing of the caller; use a new"
        + " key for a new request"
    case .limitExceeded(let what, let limit, let actual): "\(what) is \(actual), and the limit is \(limit)"
    case .forbiddenTable(let module, let table):
      "module \(module) may use tables \(module)_… only, and its statement names \(table)"
    case .forbiddenStatement(let module, let action): "module \(module) may not use \(action) in a statement"
    case .invalidStatement(let module, let message): "a statement of module \(module) is wrong: \(message)"
    case .schemaTooNew(let module, let found, let known):
      "the data has migration \(found) of module \(module), and this program knows \(known) at most; "
        + "start the newer program"
    case .migrationEdited(let module, let number, let name):
      "migration \(number) (\(name)) of module \(module) is not the one that was applied to this data; "
        + "restore its text and put the change into a new migration"
    case .migrationFailed(let module, let number, let message):
      "migration \(number) of module \(module) cannot be applied: \(message)"
    case .unrecordedUnknown(let module, let name):
      "module \(module) leaves \(name) out of the audit log, and has no such table or column; correct its list"
    case .moduleTwice(let name): "two modules are named \(name)"
    case .dataDirectoryInUse(let path, let process):
      "data directory \(path) is already in use by process \(process.map(String.init) ?? "unknown"); "
        + "stop it, or choose another directory"
    case .dataDirectoryUnusable(let path, let message): "data directory \(path) cannot be used: \(message)"
    case .foreignDatabase(let path, let message): "\(path) is not a database of yizhan: \(message)"
    case .unsupportedEngine(let message): "the installed SQLite cannot be used: \(message)"
    case .corrupt(let message): "the database is damaged: \(message); restore the last backup"
    case .inputOutput(let code, let message): "the disk failed (SQLite error \(code)): \(message)"
    case .closed: "the database is closed, or the snapshot's call has ended"
    }
  }
}
