import Privacy

/// Where a worker is and for whom they work: what other modules decide by. Nothing in it is personal, so it costs no
/// key to read.
public struct WorkerStanding: Sendable, Hashable {
  /// Whether a worker is at work here.
  public enum State: Sendable, Hashable {
    /// Works here, for platforms or on their own.
    case active
    /// Every employment has ended.
    case left
  }

  /// The identifier. Differs from the one asked for if that entry was merged into this one.
  public let id: String
  /// Where the worker is registered.
  public let areaCode: String
  /// Whether the worker is at work here.
  public let state: State
  /// The platforms that the worker works for now.
  public let platformIDs: [String]

  /// Creates a standing.
  public init(id: String, areaCode: String, state: State, platformIDs: [String]) {
    self.id = id
    self.areaCode = areaCode
    self.state = state
    self.platformIDs = platformIDs
  }
}

/// What other modules may know of a worker.
public struct WorkerSummary: Sendable, Hashable {
  /// Where the worker is and for whom they work.
  public let standing: WorkerStanding
  /// The full name, for those who serve the worker. Personal data: other parties see `maskedName`.
  public let displayName: String

  /// Creates a summary.
  public init(_ standing: WorkerStanding, displayName: String) {
    self.standing = standing
    self.displayName = displayName
  }

  /// The identifier. Differs from the one asked for if that entry was merged into this one.
  public var id: String { standing.id }
  /// Where the worker is registered.
  public var areaCode: String { standing.areaCode }
  /// Whether the worker is at work here.
  public var state: WorkerStanding.State { standing.state }
  /// The platforms that the worker works for now.
  public var platformIDs: [String] { standing.platformIDs }
  /// The name as others see it: 苟建国 is 苟**.
  public var maskedName: String { Masking.name(displayName) }
}

/// The register of workers, for modules that serve them. Whether the caller may see a worker is for the asking
/// module to decide, by area and platform.
///
/// Provided by the module workers; each call reads in the snapshot or transaction that it is given. A module that
/// keeps worker identifiers follows `WorkerMergedEvent`; until then, a merged identifier resolves here.
public protocol WorkerDirectory: Sendable {
  /// The worker of an identifier, a merged one resolved, or nil if there is none. Opens the name: where only area and
  /// platforms matter, `standing` is the cheaper one, and `displayName` where they do not.
  func worker(_ id: String, in snapshot: Snapshot) throws -> WorkerSummary?
  /// The full name of a worker, as `WorkerSummary` has it; nil if there is none. A merged identifier is resolved.
  func displayName(of id: String, in snapshot: Snapshot) throws -> String?
  /// Where a worker is and for whom they work; nil if there is none. A merged identifier is resolved.
  func standing(_ id: String, in snapshot: Snapshot) throws -> WorkerStanding?
  /// Workers who work for a platform now, in the order of their identifiers.
  /// - Parameters:
  ///   - after: the identifier to begin after; empty for the first ones.
  ///   - limit: workers wanted at most, 1 to 1,000.
  func workers(ofPlatform organisationID: String, after: String, limit: Int, in snapshot: Snapshot) throws
    -> [WorkerSummary]
}
