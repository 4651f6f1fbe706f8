/// What the audit log leaves out of a module's changes, as the module declares it.
public enum Unrecorded: Sendable, Hashable {
  /// A table whose values must not outlive their row, such as wrapped keys: that a call changed it is on record, and
  /// not what it wrote.
  case secrets(table: String)
  /// A table of counters that the host keeps by itself: nobody's doing, and of no interest to an auditor.
  case counters(table: String)
  /// A column of the same kind, in a table that is otherwise recorded.
  case counter(table: String, column: String)

  /// The table that it is about.
  public var table: String {
    switch self {
    case .secrets(let table), .counters(let table), .counter(let table, _): table
    }
  }
}
