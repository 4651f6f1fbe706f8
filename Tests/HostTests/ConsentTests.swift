import ModuleTesting
import Testing

@testable import Host

@Suite struct ConsentTests {
  private static let person = "0198f000-0000-7000-8000-0000000000aa"
  private static let guardian = Guardian(name: "欧阳金雀", relation: "mother", phone: "13912345678")

  private func reason<Reply: Sendable>(_ body: () async throws -> Reply) async -> String? {
    do {
      _ = try await body()
      return nil
    } catch {
      return (error as? Status)?.reason ?? "\(error)"
    }
  }

  private func withPerson(_ body: (TestHost, ConsentServiceClient) async throws -> Void) async throws {
    try await TestHost.run([CardModule.self]) { host in
      let staff = try await host.channel(as: .staff, areaCode: "410300")
      _ = try await CardClient(channel: staff).call("Put", "\(Self.person)|王小明|13800001111")
      try await body(host, ConsentServiceClient(staff))
    }
  }

  @Test func keepsConsentsWithTheirHistory() async throws {
    try await withPerson { host, consents in
      let request = GrantConsentRequest(
        personID: Self.person, purpose: "register", evidence: "form 2026-118", ofAge: true)
      let given = try await consents.grantConsent(request)
      #expect(given.givenTime == ProtoTimestamp(host.now))
      #expect(given.withdrawnTime == nil)
      try await host.advance(by: .seconds(60))
      #expect(try await consents.grantConsent(request).id == given.id)
      let withdrawal = WithdrawConsentRequest(personID: Self.person, purpose: "register")
      let withdrawn = try await consents.withdrawConsent(withdrawal)
      #expect(withdrawn.id == given.id)
      #expect(withdrawn.withdrawnTime == ProtoTimestamp(host.now))
      try await host.advance(by: .seconds(60))
      #expect(try await consents.withdrawConsent(withdrawal) == withdrawn)
      let again = try await consents.grantConsent(request)
      #expect(again.id != given.id)
      let all = try await consents.listConsents(ListConsentsRequest(personID: Self.person))
      #expect(all.consents.map(\.id) == [again.id, given.id])
      let page = try await consents.listConsents(ListConsentsRequest(personID: Self.person, pageSize: 1))
      #expect(page.consents.map(\.id) == [again.id])
      let next = try await consents.listConsents(
        ListConsentsRequest(personID: Self.person, pageSize: 1, pageToken: page.nextPageToken))
      #expect(next.consents.map(\.id) == [given.id])
      #expect(next.nextPageToken.isEmpty)
    }
  }

  @Test func wantsAPurposeThatIsDeclaredAndSeparateConsentForSensitiveOnes() async throws {
    try await withPerson { _, consents in
      func grant(_ purpose: String, separate: Bool) async -> String? {
        await reason {
          try await consents.grantConsent(
            GrantConsentRequest(
              personID: Self.person, purpose: purpose, separate: separate, evidence: "spoken", ofAge: true))
        }
      }
      #expect(await grant("marketing", separate: true) == "FIELDS_INVALID")
      #expect(await grant("rights", separate: true) == "FIELDS_INVALID")
      #expect(await grant("booking", separate: false) == "CONSENT_NEEDS_SEPARATE")
      #expect(await grant("booking", separate: true) == nil)
      #expect(await grant("register", separate: false) == nil)
    }
  }

  /// Who is in the register of workers is of age, so that no date of birth says nothing else.
  /// The test host's clock begins on 2026-01-05, nine in the morning in China.
  @Test(
    arguments: [
      ("2012-01-05", nil), ("2012-01-06", "CONSENT_NEEDS_GUARDIAN"), ("2020-02-29", "CONSENT_NEEDS_GUARDIAN"),
      ("2026-01-06", "FIELDS_INVALID"), ("", nil),
    ] as [(String, String?)])
  func wantsAGuardianForAChild(birthDate: String, expected: String?) async throws {
    try await withPerson { _, consents in
      var request = GrantConsentRequest(
        personID: Self.person, purpose: "register", evidence: "form", birthDate: birthDate)
      #expect(await reason { try await consents.grantConsent(request) } == expected)
      guard expected == "CONSENT_NEEDS_GUARDIAN" else { return }
      request.guardian = Guardian(name: "欧阳金雀", relation: "mother")
      #expect(await reason { try await consents.grantConsent(request) } == expected)
      request.guardian = Self.guardian
      // All of a child's data is sensitive (PIPL article 28), also where no field is declared to be.
      #expect(await reason { try await consents.grantConsent(request) } == "CONSENT_NEEDS_SEPARATE")
      request.separate = true
      let consent = try await consents.grantConsent(request)
      #expect(consent.separate)
      #expect(consent.guardian?.name == "欧阳**")
      #expect(consent.guardian?.phone == "139****5678")
    }
  }

  /// An employer neither learns that there is a consent to what it is not shown, nor gives or takes one back.
  @Test func aPlatformDealsWithWhatItMaySee() async throws {
    try await withPerson { host, staff in
      for purpose in ["register", "booking"] {
        _ = try await staff.grantConsent(
          GrantConsentRequest(
            personID: Self.person, purpose: purpose, separate: true, evidence: "form", ofAge: true))
      }
      let platform = ConsentServiceClient(
        try await host.channel(as: .platform, organisationID: CardModule.platform))
      let list = ListConsentsRequest(personID: Self.person)
      #expect(try await staff.listConsents(list).consents.map(\.purpose) == ["booking", "register"])
      #expect(try await platform.listConsents(list).consents.map(\.purpose) == ["register"])
      let hidden = WithdrawConsentRequest(personID: Self.person, purpose: "booking")
      #expect(await reason { try await platform.withdrawConsent(hidden) } == "FIELDS_INVALID")
      let made = GrantConsentRequest(
        personID: Self.person, purpose: "booking", separate: true, evidence: "made up", ofAge: true)
      #expect(await reason { try await platform.grantConsent(made) } == "FIELDS_INVALID")
      #expect(try await staff.listConsents(list).consents.allSatisfy { $0.withdrawnTime == nil })
      let own = WithdrawConsentRequest(personID: Self.person, purpose: "register")
      #expect(try await platform.withdrawConsent(own).withdrawnTime != nil)
    }
  }

  /// Identifiers stand in audit records one a line.
  @Test(arguments: ["a\nb", "a b", "姓名", String(repeating: "x", count: 129)])
  func namesNobodyByWhatIsNoIdentifier(person: String) async throws {
    try await withPerson { _, consents in
      let request = GrantConsentRequest(
        personID: person, purpose: "register", evidence: "form", ofAge: true)
      #expect(await reason { try await consents.grantConsent(request) } == "FIELDS_INVALID")
    }
  }

  @Test func withdrawalReachesTheModules() async throws {
    try await withPerson { host, consents in
      let staff = try await host.channel(as: .staff)
      let cards = CardClient(channel: staff)
      #expect(await reason { try await cards.call("Book", "\(Self.person)|asthma") } == "CONSENT_MISSING")
      _ = try await consents.grantConsent(
        GrantConsentRequest(
          personID: Self.person, purpose: "booking", separate: true, evidence: "form", ofAge: true))
      _ = try await cards.call("Book", "\(Self.person)|asthma")
      let rights = PersonalDataServiceClient(staff)
      func titles() async throws -> [String] {
        try await rights.getPersonalView(GetPersonalViewRequest(personID: Self.person)).records.map(\.title)
      }
      #expect(try await titles() == ["consent", "card", "booking"])
      _ = try await consents.withdrawConsent(
        WithdrawConsentRequest(personID: Self.person, purpose: "booking"))
      #expect(try await titles() == ["consent", "card"])
      #expect(await reason { try await cards.call("Book", "\(Self.person)|asthma") } == "CONSENT_MISSING")
    }
  }

  /// A module that does not ask may take something in after a withdrawal, or after an objection.
  @Test(arguments: [true, false])
  func withdrawnAgainWhatCameInSinceGoes(isAfterConsent: Bool) async throws {
    try await TestHost.run([NotesModule.self]) { host in
      let staff = try await host.channel(as: .staff)
      let consents = ConsentServiceClient(staff)
      let rights = PersonalDataServiceClient(staff)
      func notes() async throws -> Int {
        try await rights.getPersonalView(GetPersonalViewRequest(personID: Self.person)).records.count {
          $0.title == "note"
        }
      }
      if isAfterConsent {
        _ = try await consents.grantConsent(
          GrantConsentRequest(
            personID: Self.person, purpose: NotesModule.purpose, evidence: "form", ofAge: true))
      }
      _ = try await NotesModule.call("Take", Self.person, staff)
      #expect(try await notes() == 1)
      let withdrawal = WithdrawConsentRequest(personID: Self.person, purpose: NotesModule.purpose)
      let first = try await consents.withdrawConsent(withdrawal)
      #expect(try await notes() == 0)

      try await host.advance(by: .seconds(60))
      _ = try await NotesModule.call("Take", Self.person, staff)
      #expect(try await notes() == 1)
      #expect(try await consents.withdrawConsent(withdrawal) == first)
      #expect(try await notes() == 0)
      let list = ListConsentsRequest(personID: Self.person)
      #expect(try await consents.listConsents(list).consents == [first])
    }
  }

  /// A module is held to it as well, and what was kept before does not count.
  @Test func aGuardiansConsentIsSeparate() async throws {
    try await TestHost.run([NotesModule.self]) { host in
      let staff = try await host.channel(as: .staff)
      func call(_ method: String, _ rest: String = "") async throws -> String {
        try await NotesModule.call(method, Self.person + rest, staff)
      }
      #expect(await reason { try await call("Agree", "|together") } == "CONSENT_NEEDS_SEPARATE")
      _ = try await call("Keep")
      #expect(try await call("Ask") == "false")
      _ = try await call("Agree", "|separate")
      #expect(try await call("Ask") == "true")

      let grown = "0198f000-0000-7000-8000-0000000000ae"
      _ = try await ConsentServiceClient(staff).grantConsent(
        GrantConsentRequest(personID: grown, purpose: NotesModule.purpose, evidence: "form", ofAge: true))
      #expect(try await NotesModule.call("Ask", grown, staff) == "true")
    }
  }

  /// What was never consented to is objected to: modules see a refusal, and the person sees what is kept.
  @Test func keepsAnObjectionUntilAConsent() async throws {
    try await withPerson { host, consents in
      let staff = try await host.channel(as: .staff)
      let cards = CardClient(channel: staff)
      let rights = PersonalDataServiceClient(staff)
      func records() async throws -> [HeldRecord] {
        try await rights.getPersonalView(GetPersonalViewRequest(personID: Self.person)).records
      }
      let withdrawal = WithdrawConsentRequest(personID: Self.person, purpose: "booking")
      let objection = try await consents.withdrawConsent(withdrawal)
      #expect(objection.givenTime == nil)
      #expect(objection.withdrawnTime == ProtoTimestamp(host.now))
      #expect(objection.purpose == "booking" && !objection.id.isEmpty && !objection.withdrawnBy.isEmpty)
      try await host.advance(by: .seconds(60))
      #expect(try await consents.withdrawConsent(withdrawal) == objection)
      let list = ListConsentsRequest(personID: Self.person)
      #expect(try await consents.listConsents(list).consents == [objection])
      #expect(try await records().map(\.title) == ["objection", "card"])
      #expect(try await records().first?.sinceTime == objection.withdrawnTime)
      #expect(await reason { try await cards.call("Book", "\(Self.person)|asthma") } == "CONSENT_MISSING")

      let consent = try await consents.grantConsent(
        GrantConsentRequest(
          personID: Self.person, purpose: "booking", separate: true, evidence: "form", ofAge: true))
      #expect(try await consents.listConsents(list).consents == [consent, objection])
      _ = try await cards.call("Book", "\(Self.person)|asthma")
      #expect(try await records().map(\.title) == ["consent", "objection", "card", "booking"])
      // Now there is a consent to withdraw.
      try await host.advance(by: .seconds(60))
      #expect(try await consents.withdrawConsent(withdrawal).id == consent.id)
      #expect(try await records().map(\.title) == ["consent", "objection", "card"])
      // A slip of the pen is no objection.
      let slip = WithdrawConsentRequest(personID: Self.person, purpose: "boking")
      #expect(await reason { try await consents.withdrawConsent(slip) } == "FIELDS_INVALID")
    }
  }

  /// Of two entries of one person the later word counts.
  @Test func anObjectionOfAMergedEntryCounts() async throws {
    try await withPerson { host, consents in
      let cards = CardClient(channel: try await host.channel(as: .staff))
      let other = "0198f000-0000-7000-8000-0000000000ac"
      _ = try await cards.call("Put", "\(other)|王小明|13800002222")
      _ = try await consents.grantConsent(
        GrantConsentRequest(
          personID: Self.person, purpose: "booking", separate: true, evidence: "form", ofAge: true))
      try await host.advance(by: .seconds(60))
      _ = try await consents.withdrawConsent(WithdrawConsentRequest(personID: other, purpose: "booking"))
      _ = try await cards.call("Merge", "\(other)|\(Self.person)")
      try await host.settle()
      #expect(await reason { try await cards.call("Book", "\(Self.person)|asthma") } == "CONSENT_MISSING")
      // The later word ended the earlier one, and a new consent of the same words counts again.
      let list = ListConsentsRequest(personID: Self.person)
      #expect(try await consents.listConsents(list).consents.allSatisfy { $0.withdrawnTime != nil })
      try await host.advance(by: .seconds(60))
      _ = try await consents.grantConsent(
        GrantConsentRequest(
          personID: Self.person, purpose: "booking", separate: true, evidence: "form", ofAge: true))
      #expect(await reason { try await cards.call("Book", "\(Self.person)|asthma") } == nil)
    }
  }

  /// A module that grants on a person's behalf is held to the rule for children as any caller is.
  @Test func aModuleSaysWhatItKnowsOfTheAge() async throws {
    try await withPerson { host, consents in
      let cards = CardClient(channel: try await host.channel(as: .staff))
      let stranger = "0198f000-0000-7000-8000-0000000000ad"
      for (person, age, expected) in [
        (Self.person, "unknown", nil), (stranger, "unknown", "CONSENT_AGE_UNKNOWN"),
        (stranger, "of age", nil),
        (Self.person, "欧阳金雀|", "CONSENT_NEEDS_GUARDIAN"), (Self.person, "欧阳金雀|12", "FIELDS_INVALID"),
        (Self.person, "欧阳金雀|13912345678", nil),
      ] as [(String, String, String?)] {
        #expect(
          await reason { try await cards.call("Agree", "\(person)|register|\(age)") } == expected,
          "\(age)")
      }
      let list = ListConsentsRequest(personID: Self.person)
      #expect(try await consents.listConsents(list).consents.map(\.guardian?.name) == ["欧阳**", nil])
    }
  }

  @Test func keepsToTheCallersReach() async throws {
    try await withPerson { host, _ in
      let callers: [(any ClientChannel, Bool)] = [
        (try await host.channel(as: .staff), true),
        (try await host.channel(as: .staff, name: "in", areaCode: "410304"), true),
        (try await host.channel(as: .staff, name: "out", areaCode: "410305"), false),
        (try await host.channel(as: .platform, name: "own", organisationID: CardModule.platform), true),
        (
          try await host.channel(
            as: .platform, name: "foreign", organisationID: "0198f000-0000-7000-8000-000000000002"), false
        ),
        (try await host.channel(as: .platform, name: "none"), false),
      ]
      for (channel, reaches) in callers {
        let consents = ConsentServiceClient(channel)
        let own = await reason {
          try await consents.listConsents(ListConsentsRequest(personID: Self.person))
        }
        #expect(own == (reaches ? nil : "PERSON_NOT_FOUND"))
        let unknown = await reason {
          try await consents.listConsents(
            ListConsentsRequest(personID: "0198f000-0000-7000-8000-0000000000ff"))
        }
        #expect(unknown == "PERSON_NOT_FOUND")
      }
    }
  }
}
