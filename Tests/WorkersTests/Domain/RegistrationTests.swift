import ModuleKit
import Testing

@testable import Workers

/// The decisions of registration, without a database.
@Suite struct RegistrationTests {
  private static let number = "11010519491231002X"
  private static let otherNumber = "440524188001010014"

  private func entry(
    name: String = "苟建国", number: String? = number, phone: String = "+8613800138000", area: String = "410304",
    organisation: String? = nil
  ) throws -> WorkerEntry {
    WorkerEntry(
      name: name, identityNumber: number.flatMap { IdentityNumber($0) }, phone: phone, occupations: [],
      areaCode: try #require(AreaCode(area)), affiliation: Affiliation(),
      employment: try organisation.map {
        EmploymentEntry(
          organisationID: $0, station: "旭升站", occupation: .courier, staffNumber: "",
          startDate: try #require(CalendarDate("2026-01-01")))
      }, source: .staff)
  }

  private func known(_ entry: WorkerEntry, id: String = "w1") -> KnownWorker { KnownWorker(entry, id: id) }

  private func decide(
    _ entry: WorkerEntry, byNumber: KnownWorker? = nil, byPhone: KnownWorker? = nil,
    reach: Reach = .everything
  ) throws -> Registration.Decision {
    try Registration(reach: reach).decide(entry, byNumber: byNumber, byPhone: byPhone)
  }

  private func enrichment(_ decision: Registration.Decision) throws -> Enrichment {
    guard case .enrich(_, let enrichment) = decision else {
      Issue.record("expected an enrichment, got \(decision)")
      return Enrichment()
    }
    return enrichment
  }

  @Test func nobodyKnown() throws {
    #expect(try decide(entry()) == .create)
  }

  @Test func theSamePersonAgain() throws {
    let person = try known(entry())
    #expect(try enrichment(decide(entry(), byNumber: person, byPhone: person)).fields == [])
  }

  @Test func aSecondPhoneAndPlatformAreAdded() throws {
    let person = try known(entry(organisation: "p1"))
    let result = try enrichment(decide(entry(phone: "+8613900139000", organisation: "p2"), byNumber: person))
    #expect(result.phone == "+8613900139000")
    #expect(result.employment?.organisationID == "p2")
    #expect(!result.isEmploymentKnown)
    #expect(result.fields == ["phone", "employment"])
  }

  @Test func foundByPhoneTheNumberIsAdded() throws {
    let person = try known(entry(number: nil))
    #expect(
      try enrichment(decide(entry(), byPhone: person)).identityNumber == RegistrationTests.number)
  }

  @Test func anotherNameIsAConflict() throws {
    let person = try known(entry())
    #expect(throws: WorkersError.conflict(fields: ["name"])) {
      try decide(entry(name: "李金玲"), byNumber: person, byPhone: person)
    }
  }

  @Test func aPhoneOfSomebodyElseIsAConflict() throws {
    let person = try known(entry())
    #expect(throws: WorkersError.conflict(fields: ["name", "identity_number"])) {
      try decide(entry(name: "李金玲", number: RegistrationTests.otherNumber), byPhone: person)
    }
    let other = try known(entry(name: "李金玲", number: RegistrationTests.otherNumber), id: "w2")
    #expect(throws: WorkersError.conflict(fields: ["phone"])) {
      try decide(entry(), byNumber: person, byPhone: other)
    }
  }

  @Test func numberAndPhoneLeadToTwoEntriesOfOneName() throws {
    let person = try known(entry())
    let twin = try known(entry(number: nil, phone: "+8613900139000"), id: "w2")
    #expect(throws: WorkersError.twoEntries) {
      try decide(entry(phone: "+8613900139000"), byNumber: person, byPhone: twin)
    }
  }

  @Test func aSixthPhoneIsAConflict() throws {
    var person = try known(entry())
    person.phones = (0..<5).map { "+861380013800\($0)" }
    #expect(throws: WorkersError.conflict(fields: ["phone"])) {
      try decide(entry(phone: "+8613900139000"), byNumber: person)
    }
  }

  @Test func staffServeTheirArea() throws {
    let reach = Reach.areas([try #require(AreaCode("410300"))])
    #expect(try decide(entry(), reach: reach) == .create)
    #expect(throws: WorkersError.areaNotYours("110102")) {
      try decide(entry(area: "110102"), reach: reach)
    }
    let elsewhere = try known(entry(area: "110102"))
    #expect(throws: WorkersError.registeredElsewhere) {
      try decide(entry(), byNumber: elsewhere, reach: reach)
    }
  }

  /// Nothing of a person elsewhere is compared: what is right of an entry does not change the answer.
  @Test func aPersonElsewhereIsNotComparedWith() throws {
    let person = try known(entry(area: "110102"))
    let here = try known(entry(name: "李金玲", number: RegistrationTests.otherNumber), id: "w2")
    let areas = [try #require(AreaCode("410300"))]
    for reach in [Reach.areas(areas), .employer("p1", areas: areas)] {
      for guess in try [
        entry(), entry(name: "李金玲"), entry(number: nil), entry(number: RegistrationTests.otherNumber),
      ] {
        #expect(throws: WorkersError.registeredElsewhere) {
          try decide(guess, byPhone: person, reach: reach)
        }
        #expect(throws: WorkersError.registeredElsewhere) {
          try decide(guess, byNumber: here, byPhone: person, reach: reach)
        }
      }
    }
  }

  /// A platform is told what differs of its own workers, and of others only that something does.
  @Test func conflictsAreNamedWithinReachOnly() throws {
    let person = try known(entry(organisation: "p1"))
    let twin = try known(entry(number: nil, phone: "+8613900139000", organisation: "p2"), id: "w2")
    let renamed = try entry(name: "李金玲")
    #expect(throws: WorkersError.conflict(fields: ["name"])) {
      try decide(renamed, byNumber: person, reach: .employer("p1", areas: []))
    }
    for platform in ["p2", "p3"] {
      #expect(throws: WorkersError.conflictOutOfReach) {
        try decide(renamed, byNumber: person, reach: .employer(platform, areas: []))
      }
    }
    // Of two entries both have to be within reach.
    let both = try entry(phone: "+8613900139000")
    #expect(throws: WorkersError.conflictOutOfReach) {
      try decide(both, byNumber: person, byPhone: twin, reach: .employer("p1", areas: []))
    }
  }

  @Test func staffMoveWorkersAndPlatformsDoNot() throws {
    let person = try known(entry())
    #expect(try enrichment(decide(entry(area: "410305"), byNumber: person)).areaCode == "410305")
    #expect(
      try enrichment(decide(entry(area: "410305"), byNumber: person, reach: .employer("p1", areas: [])))
        .areaCode == nil)
    let exact = try known(entry(area: "410304001"))
    #expect(try enrichment(decide(entry(), byNumber: exact)).areaCode == nil)
    #expect(try enrichment(decide(entry(area: "410304001"), byNumber: person)).areaCode == "410304001")
  }

  @Test func stationChangesKeepWhatIsNotSaid() throws {
    var before = try entry(organisation: "p1")
    before.employment?.staffNumber = "007"
    var after = try entry(organisation: "p1")
    after.employment?.station = "白马寺站"
    let result = try enrichment(decide(after, byNumber: known(before)))
    #expect(result.isEmploymentKnown)
    #expect(result.employment?.station == "白马寺站")
    #expect(result.employment?.staffNumber == "007")
  }
}
