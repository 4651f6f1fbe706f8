/// On whose behalf a call runs. The host makes it from the credential; modules read it.
public struct Caller: Sendable {
  // One reference instead of four strings: a caller is copied into every snapshot and job.
  private let facts: Facts

  private final class Facts: Sendable {
    let id: String
    let name: String
    let roles: UInt32
    let organisationID: String?
    let areaCodes: [String]

    init(id: String, name: String, roles: UInt32, organisationID: String?, areaCodes: [String]) {
      self.id = id
      self.name = name
      self.roles = roles
      self.organisationID = organisationID
      self.areaCodes = areaCodes
    }
  }

  /// Creates a caller.
  /// - Parameters:
  ///   - id: the principal's identifier.
  ///   - name: the principal's name, for people.
  ///   - roles: the bits of `RPC.Roles`.
  ///   - organisationID: the organisation that the principal acts for; nil for none.
  ///   - areaCodes: the GB/T 2260 codes of the areas that the principal is bound to; empty for everywhere.
  public init(
    id: String, name: String, roles: UInt32, organisationID: String? = nil, areaCodes: [String] = []
  ) {
    facts = Facts(id: id, name: name, roles: roles, organisationID: organisationID, areaCodes: areaCodes)
  }

  /// The principal's identifier.
  public var id: String { facts.id }
  /// The principal's name, for people.
  public var name: String { facts.name }
  /// The principal's roles: the bits of `RPC.Roles`. For the host; a handler decides by those of them that the called
  /// method is for (`Snapshot.roles` of ModuleKit).
  public var roles: UInt32 { facts.roles }
  /// The organisation that the principal acts for; nil for none.
  public var organisationID: String? { facts.organisationID }
  /// The GB/T 2260 codes of the areas that the principal is bound to; empty for everywhere.
  public var areaCodes: [String] { facts.areaCodes }

  /// The host itself: timers, event consumers, start-up. It carries no role.
  public static let system = Caller(id: "system", name: "system", roles: 0)
}

extension Caller: Hashable {
  /// Whether two callers agree in every fact.
  public static func == (first: Caller, second: Caller) -> Bool {
    first.facts === second.facts
      || (first.id == second.id && first.name == second.name && first.roles == second.roles
        && first.organisationID == second.organisationID && first.areaCodes == second.areaCodes)
  }

  /// Hashes the identifier, which tells callers apart.
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
