import Testing

@testable import ModuleKit

@Suite struct ReachTests {
  private static func codes(_ texts: String...) -> [AreaCode] { texts.compactMap { AreaCode($0) } }

  private static func reach(
    _ scope: CallScope, _ roles: Roles, organisation: String? = nil, areas: [String] = []
  ) -> Reach {
    Reach(
      scope: scope, roles: roles,
      caller: Caller(
        id: "p", name: "p", roles: roles.rawValue, organisationID: organisation, areaCodes: areas))
  }

  /// The table of the type's documentation, cell by cell.
  @Test(arguments: [Roles.administrator, .staff, .auditor])
  func theAdministrationReachesItsAreasUnderEveryScope(role: Roles) {
    for scope in [CallScope.organisation, .employment, .area, .case] {
      #expect(Self.reach(scope, role, organisation: "o") == .everything)
      #expect(
        Self.reach(scope, role, organisation: "o", areas: ["410304"]) == .areas(Self.codes("410304")))
    }
    #expect(Self.reach(.any, role, areas: ["410304"]) == .everything)
  }

  @Test(arguments: [Roles.platform, .partner])
  func othersReachWhatIsTheirs(role: Roles) {
    let luohe = Self.codes("410304")
    #expect(Self.reach(.any, role) == .everything)
    #expect(Self.reach(.area, role, organisation: "o") == .everything)
    #expect(Self.reach(.area, role, areas: ["410304"]) == .areas(luohe))
    #expect(Self.reach(.organisation, role, organisation: "o") == .organisation("o", areas: []))
    #expect(
      Self.reach(.organisation, role, organisation: "o", areas: ["410304"])
        == .organisation("o", areas: luohe))
    #expect(Self.reach(.employment, role, organisation: "o") == .employer("o", areas: []))
    #expect(
      Self.reach(.employment, role, organisation: "o", areas: ["410304"]) == .employer("o", areas: luohe))
    #expect(Self.reach(.case, role, organisation: "o") == .parties(["p", "o"], areas: []))
    #expect(Self.reach(.case, role) == .parties(["p"], areas: []))
    #expect(Self.reach(.organisation, role) == .nothing)
    #expect(Self.reach(.employment, role) == .nothing)
  }

  @Test(arguments: [Roles.authenticated, .anyone, []])
  func whoHasNoRoleThatCountsReachesNothing(roles: Roles) {
    for scope in [CallScope.organisation, .employment, .area, .case] {
      #expect(Self.reach(scope, roles, organisation: "o") == .nothing)
    }
    #expect(Self.reach(.any, roles) == .everything)
  }

  @Test(arguments: [Roles.administrator, .auditor, .platform, .authenticated])
  func whatIsTheHostsIsForThoseWhoAreBoundToNoArea(role: Roles) {
    #expect(Self.reach(.host, role) == .everything)
    #expect(Self.reach(.host, role, organisation: "o", areas: ["410304"]) == .nothing)
  }

  @Test func theHostItselfReachesEverything() {
    #expect(Reach(scope: .case, roles: [], caller: .system) == .everything)
  }

  @Test func whoIsBoundToWhatIsNoAreaReachesNothing() {
    for scope in [CallScope.organisation, .employment, .area, .case] {
      #expect(Self.reach(scope, .staff, areas: ["4103"]) == .nothing)
      #expect(Self.reach(scope, .platform, organisation: "o", areas: ["luohe", ""]) == .nothing)
    }
  }

  @Test func theWidestAreasAreKept() {
    #expect(AreaCode.outermost(["410304001", "410304", "110105"]) == Self.codes("110105", "410304"))
    #expect(AreaCode.outermost(["410305", "410300", "410304"]) == Self.codes("410300"))
    // 4101 is another city than 4103, though "410100" sorts before "4103".
    #expect(AreaCode.outermost(["410304", "410100", "410000"]) == Self.codes("410000"))
    #expect(AreaCode.outermost(["410304", "410304"]) == Self.codes("410304"))
    #expect(AreaCode.outermost([]).isEmpty)
  }

  @Test func placesAreJudgedByTheAreasAlone() {
    let areas = Reach.areas(Self.codes("110105", "410304"))
    #expect(areas.includes(area: "410304") && areas.includes(area: "410304001002"))
    #expect(areas.includes(area: "110105013"))
    #expect(!areas.includes(area: "410300") && !areas.includes(area: "410305") && !areas.includes(area: ""))
    let employer = Reach.employer("o", areas: Self.codes("410304"))
    #expect(!employer.includes(area: "410304") && employer.isWithinAreas("410304001"))
    #expect(!employer.isWithinAreas("410305"))
    #expect(Reach.everything.includes(area: "410305") && !Reach.nothing.includes(area: "410305"))
    #expect(!Reach.nothing.isWithinAreas("410305") && Reach.everything.isWithinAreas("no area"))
  }

  @Test func factsDecide() {
    let here = ScopeFacts(
      areaCode: "410304001", organisationIDs: ["o"], employerIDs: ["e"], partyIDs: ["x", "y"])
    let luohe = Self.codes("410304")
    let elsewhere = Self.codes("410305")
    let inside: [Reach] = [
      .everything, .areas(luohe), .organisation("o", areas: []), .organisation("o", areas: luohe),
      .employer("e", areas: luohe), .parties(["z", "y"], areas: luohe), .parties(["o"], areas: []),
    ]
    let outside: [Reach] = [
      .nothing, .areas(elsewhere), .organisation("e", areas: []), .organisation("o", areas: elsewhere),
      .employer("o", areas: []), .employer("e", areas: elsewhere), .parties(["z"], areas: []),
      .parties(["y"], areas: elsewhere),
    ]
    for reach in inside { #expect(reach.includes(here), "\(reach)") }
    for reach in outside { #expect(!reach.includes(here), "\(reach)") }
    let placeless = ScopeFacts(organisationIDs: ["o"])
    #expect(!Reach.areas(luohe).includes(placeless))
    #expect(Reach.organisation("o", areas: luohe).includes(placeless))
  }

  @Test func aListAskedForOneAreaKeepsToWhatIsCommon() {
    let reach = Reach.areas(Self.codes("110105", "410304"))
    #expect(reach.areas(within: nil) == Self.codes("110105", "410304"))
    #expect(reach.areas(within: AreaCode("410304002")) == Self.codes("410304002"))
    #expect(reach.areas(within: AreaCode("410300")) == Self.codes("410304"))
    #expect(reach.areas(within: AreaCode("440305")) == [])
    #expect(Reach.everything.areas(within: AreaCode("440305")) == Self.codes("440305"))
    #expect(Reach.everything.areas(within: nil) == nil)
    #expect(Reach.nothing.areas(within: AreaCode("440305")) == [])
  }
}
