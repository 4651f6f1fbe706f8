/// Which of the things that exist a caller may reach in the called method.
///
/// Derived from the method's declared scope and from the caller's roles, areas and organisation, in one place:
///
/// | caller, in a role that the method is for | ANY | ORGANISATION | EMPLOYMENT | AREA | CASE | HOST |
/// |---|---|---|---|---|---|---|
/// | administrator, staff, auditor | everything | areas | areas | areas | areas | everything or nothing |
/// | platform, partner | everything | organisation | employer | areas | parties | everything or nothing |
/// | nobody in particular | everything | nothing | nothing | nothing | nothing | everything or nothing |
///
/// `areas` is everything for a caller who is bound to no area. The last three are limited to the caller's areas as
/// well. Under HOST a caller who is bound to areas reaches nothing, and is refused before the handler runs. A handler
/// of the other scopes asks for `snapshot.reach`, puts it into its queries, and treats what is out of reach as what does
/// not exist:
/// ```swift
/// guard let bay = try BayStore.bay(id, in: snapshot), snapshot.reach.includes(area: bay.areaCode) else {
///   throw ParkingError.bayNotFound
/// }
/// ```
public enum Reach: Sendable, Hashable {
  /// Whatever there is.
  case everything
  /// What lies in one of these areas or below it; in order, none within another, never empty.
  case areas([AreaCode])
  /// What belongs to an organisation and, unless the list is empty, lies in one of the areas.
  case organisation(String, areas: [AreaCode])
  /// Workers who are employed with an organisation, and what is theirs, in the areas unless the list is empty.
  case employer(String, areas: [AreaCode])
  /// Cases that one of these principals and organisations is a party to, in the areas unless the list is empty.
  case parties([String], areas: [AreaCode])
  /// Nothing.
  case nothing

  /// - Parameters:
  ///   - scope: what the called method declares.
  ///   - roles: those of the caller's roles that the called method is for.
  ///   - caller: whose areas and organisation count.
  package init(scope: CallScope, roles: Roles, caller: Caller) {
    if scope == .nothing {
      self = .nothing
      return
    }
    if scope == .any || caller == .system {
      self = .everything
      return
    }
    if scope == .host {
      self = caller.areaCodes.isEmpty ? .everything : .nothing
      return
    }
    let areas = AreaCode.outermost(caller.areaCodes)
    guard !areas.isEmpty || caller.areaCodes.isEmpty, !roles.isDisjoint(with: Reach.particularRoles) else {
      self = .nothing
      return
    }
    if scope == .area || !roles.isDisjoint(with: Reach.administration) {
      self = areas.isEmpty ? .everything : .areas(areas)
      return
    }
    switch (scope, caller.organisationID) {
    case (.organisation, let id?): self = .organisation(id, areas: areas)
    case (.employment, let id?): self = .employer(id, areas: areas)
    case (.case, let id): self = .parties([caller.id] + (id.map { [$0] } ?? []), areas: areas)
    default: self = .nothing
    }
  }

  private static let administration: Roles = [.administrator, .staff, .auditor]
  private static let particularRoles: Roles = [.administrator, .staff, .auditor, .platform, .partner]
}

extension Snapshot {
  /// The caller's roles, those alone that the called method is for; all of them in a method that is for everybody.
  /// What a handler decides by role it decides by these: a credential of a partner and of staff is no staff in a
  /// method for partners.
  public final var roles: Roles { Roles(rawValue: admittedRoles) }

  /// What the caller may reach in the called method. A handler of a method whose scope is neither ANY nor HOST has to
  /// ask; the host answers INTERNAL in its place otherwise. That of a stream asks in any of its reads or writes, before
  /// it writes anything and before it sends its first reply.
  public final var reach: Reach {
    let asked = askForScope()
    return Reach(scope: asked.scope, roles: Roles(rawValue: asked.roles), caller: caller)
  }
}

extension Reach {
  /// The areas that everything within reach lies in: nil for no limit, empty if nothing is within reach.
  public var areas: [AreaCode]? {
    switch self {
    case .everything: nil
    case .nothing: []
    case .areas(let areas): areas
    case .organisation(_, let areas), .employer(_, let areas), .parties(_, let areas):
      areas.isEmpty ? nil : areas
    }
  }

  /// The organisation whose workers are within reach; nil where it is not by employment that things are.
  public var employerID: String? {
    if case .employer(let id, _) = self { id } else { nil }
  }

  /// Whether a thing is within reach by its place alone. False where more than the place decides.
  public func includes(area code: String) -> Bool {
    switch self {
    case .everything: true
    case .areas(let areas): AreaCode.anyOf(areas, contains: code)
    case .organisation, .employer, .parties, .nothing: false
    }
  }

  /// Whether the caller's areas let a place pass; what else has to hold is not looked at. For things that a caller
  /// places: a platform registers workers within its areas.
  public func isWithinAreas(_ code: String) -> Bool {
    areas.map { AreaCode.anyOf($0, contains: code) } ?? true
  }

  /// The areas that a list keeps to which is asked for one area: those of the reach that lie in it, or the area itself
  /// if it lies in one of them.
  /// - Parameter area: what the request asks for; nil for no wish.
  /// - Returns: nil for no limit; empty if nothing can be in the list.
  public func areas(within area: AreaCode?) -> [AreaCode]? {
    guard let area else { return areas }
    guard let areas else { return [area] }
    if areas.contains(where: { $0.contains(area) }) { return [area] }
    return areas.filter { area.contains($0) }
  }
}

extension AreaCode {
  /// Areas from their codes, in order, without those that lie within another and without what is no code.
  public static func outermost(_ codes: [String]) -> [AreaCode] {
    if codes.isEmpty { return [] }
    if codes.count == 1 { return AreaCode(codes[0]).map { [$0] } ?? [] }
    // An area sorts before what lies in it, but for cities and provinces, whose codes end in zeros: by prefix.
    let areas = codes.compactMap { AreaCode($0) }.sorted { ($0.prefix, $0.text) < ($1.prefix, $1.text) }
    return areas.reduce(into: []) { kept, area in
      if kept.last.map({ !$0.contains(area) }) ?? true { kept.append(area) }
    }
  }

  /// Whether one of the areas is, or holds, the area of a code.
  public static func anyOf(_ areas: [AreaCode], contains code: String) -> Bool {
    guard let code = AreaCode(code) else { return false }
    return areas.contains { $0.contains(code) }
  }
}
