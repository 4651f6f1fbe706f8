public import Storage

/// Which keys of the host a database hangs on.
public struct HostKeyStatus: Sendable {
  /// One key and what it has wrapped.
  public struct Use: Sendable {
    /// The key's name.
    public let id: String
    /// Whether it wraps what is new.
    public let isCurrent: Bool
    /// Whether the host has it.
    public let isPresent: Bool
    /// How many persons' keys it has wrapped.
    public let persons: Int
    /// How many of the host's own keys it has wrapped.
    public let dataKeys: Int
    /// When it was first the current key; nil if it never was.
    public let firstUsedAt: Instant?
  }

  /// Every key that the host has or that the database knows, in the order in which they were first used.
  public let uses: [Use]
  /// The latest rotation; nil if there was none.
  public let rotation: HostKeyRotation?

  /// How many persons' keys another key than the current one has wrapped.
  public var personsLeft: Int { uses.reduce(0) { $0 + ($1.isCurrent ? 0 : $1.persons) } }
}

/// How far the change from one of the host's keys to another is.
public struct HostKeyRotation: Sendable {
  /// The number of the key that it leads to.
  var hostKey: Int
  /// The person up to whom it has come.
  var position: String
  /// How many persons' keys it has wrapped anew.
  public internal(set) var rewrapped: Int
  /// How many persons' keys did not open and were left as they were.
  public internal(set) var damaged: Int
  /// When it began.
  public internal(set) var startedAt: Instant
  /// When it ended; nil while it goes on.
  public internal(set) var finishedAt: Instant?
}
