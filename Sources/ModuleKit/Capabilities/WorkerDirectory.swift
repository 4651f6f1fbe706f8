/// What other modules may know of a worker.
public struct WorkerSummary: Sendable, Hashable {
  /// Whether a worker is at work here.
  public enum State: Sendable, Hashable {
    /// Works here, for platforms or on their own.
    case active
    /// Every employment has ended.
    case left
  }

  /// The identifier. Differs from the one asked for if that entry was merged into this one.
  public let id: String
  /// The full name, for those who serve the worker. Personal data: other parties see `maskedName`.
  public let displayName: String
  /// Where the worker is registered.
  public let areaCode: String
  /// Whether the worker is at work here.
  public let state: State
  /// The platforms that the worker works for now.
  public let platformIDs: [String]

  /// Creates a summary.
  public init(id: String, displayName: String, areaCode: String, state: State, platformIDs: [String]) {
    self.id = id
    self.displayName = displayName
    self.areaCode = areaCode
    self.state = state
    self.platformIDs = platformIDs
  }

  /// The first character of the name and a star for each other one: 苟建国 is 苟**.
  public var maskedName: String {
    displayName.prefix(1) + String(repeating: "*", count: max(displayName.count - 1, 0))
  }
}

/// The register of workers, for modules that serve them. Whether the caller may see a worker is for the asking
/// module to decide, by area and platform.
///
/// Provided by the module workers; each call reads in the snapshot or transaction that it is given. A module that
/// keeps worker identifiers follows `WorkerMergedEvent`; until then, a merged identifier resolves here.
public protocol WorkerDirectory: Sendable {
  /// The worker of an identifier, a merged one resolved, or nil if there is none.
  func worker(_ id: String, in snapshot: Snapshot) throws -> WorkerSummary?
  /// Workers who work for a platform now, in the order of their identifiers.
  /// - Parameters:
  ///   - after: the identifier to begin after; empty for the first ones.
  ///   - limit: workers wanted at most, 1 to 1,000.
  func workers(ofPlatform organisationID: String, after: String, limit: Int, in snapshot: Snapshot) throws
    -> [WorkerSummary]
}
