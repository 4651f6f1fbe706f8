/// What decides whether a thing is within reach: where it is and whose it is.
public struct ScopeFacts: Sendable, Equatable {
  /// The code of the area that it lies in; nil for a thing that has no place.
  public var areaCode: String?
  /// The organisations that it belongs to.
  public var organisationIDs: [String]
  /// The organisations that employ the worker whom it is about.
  public var employerIDs: [String]
  /// The principals and organisations that are parties to it, or to whom it is assigned.
  public var partyIDs: [String]

  /// Collects facts; what is left out is not so.
  public init(
    areaCode: String? = nil, organisationIDs: [String] = [], employerIDs: [String] = [],
    partyIDs: [String] = []
  ) {
    self.areaCode = areaCode
    self.organisationIDs = organisationIDs
    self.employerIDs = employerIDs
    self.partyIDs = partyIDs
  }
}

extension Reach {
  /// Whether a thing is within reach. A thing without a place is out of reach for whoever reaches by area, and within
  /// reach of its owner, employer or party whatever areas these are bound to.
  public func includes(_ facts: ScopeFacts) -> Bool {
    switch self {
    case .everything: true
    case .nothing: false
    case .areas(let areas): facts.areaCode.map { AreaCode.anyOf(areas, contains: $0) } ?? false
    case .organisation(let id, let areas):
      facts.organisationIDs.contains(id) && Reach.admits(facts.areaCode, areas)
    case .employer(let id, let areas):
      facts.employerIDs.contains(id) && Reach.admits(facts.areaCode, areas)
    case .parties(let ids, let areas):
      ids.contains { facts.partyIDs.contains($0) || facts.organisationIDs.contains($0) }
        && Reach.admits(facts.areaCode, areas)
    }
  }

  private static func admits(_ code: String?, _ areas: [AreaCode]) -> Bool {
    guard !areas.isEmpty, let code else { return true }
    return AreaCode.anyOf(areas, contains: code)
  }
}
