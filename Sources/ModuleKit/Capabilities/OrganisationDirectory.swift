/// What other modules may know of an organisation.
public struct OrganisationSummary: Sendable, Hashable {
  /// What an organisation is. The numbers are those of `yizhan.workers.v1.OrganisationKind`.
  public enum Kind: Int32, Sendable, CaseIterable {
    case department = 1
    case streetOffice = 2
    case community = 3
    case platform = 4
    case merchant = 5
    case hospital = 6
    case healthCentre = 7
    case propertyManager = 8
    case college = 9
    case lawFirm = 10
    case charity = 11
    case labourUnion = 12
    case partyOrganisation = 13
    case youthLeague = 14
    case womensFederation = 15
    case mediationBody = 16
    case serviceCentre = 17
    case volunteerTeam = 18
    case financial = 19
    case enterprise = 20
    case other = 21
  }

  /// The identifier.
  public let id: String
  /// What it is.
  public let kind: Kind
  /// The full name.
  public let name: String
  /// The area it belongs to.
  public let areaCode: String
  /// Whether it takes part; a closed organisation takes no new part.
  public let isActive: Bool

  /// Creates a summary.
  public init(id: String, kind: Kind, name: String, areaCode: String, isActive: Bool) {
    self.id = id
    self.kind = kind
    self.name = name
    self.areaCode = areaCode
    self.isActive = isActive
  }
}

/// The organisations that take part, for modules that work with them.
///
/// Provided by the module workers; each call reads in the snapshot or transaction that it is given.
public protocol OrganisationDirectory: Sendable {
  /// The organisation of an identifier, closed ones too, or nil if there is none.
  func organisation(_ id: String, in snapshot: Snapshot) throws -> OrganisationSummary?
}

extension OrganisationDirectory {
  /// Whether there is an organisation of an identifier.
  public func exists(_ id: String, in snapshot: Snapshot) throws -> Bool {
    try organisation(id, in: snapshot) != nil
  }
}
