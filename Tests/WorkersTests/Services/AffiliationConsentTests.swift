import Host
import ModuleTesting
import RPC
import Testing
import Workers

/// Party, union and youth league need a worker's separate consent.
@Suite struct AffiliationConsentTests {
  private static let member = Affiliation(partyMembership: .full, partyBranch: "顺丰党支部")
  private static let reason = "AFFILIATION_NEEDS_CONSENT"

  private func consents(_ register: Register) async throws -> ConsentServiceClient {
    ConsentServiceClient(
      try await register.host.channel(as: .staff, name: "consent office", purpose: "rights"))
  }

  @Test(arguments: TestHost.Way.allCases)
  func nobodyIsRegisteredWithAnAffiliationWithoutConsent(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      var request = register.courier()
      request.affiliation = Self.member
      let refused = await status { try await register.staff.registerWorker(request) }
      #expect(refused?.code == .failedPrecondition)
      #expect(refused?.reason == Self.reason)
      #expect(refused?.message.contains("yizhan privacy grant-consent") == true)
      #expect(refused?.messageChinese.contains("单独同意") == true)
      let unknown = await status {
        try await register.staff.findWorker(FindWorkerRequest(identityNumber: Register.number))
      }
      #expect(unknown?.code == .notFound)

      request.affiliationConsent = "form 2026-118"
      let worker = try #require(try await register.staff.registerWorker(request).worker)
      #expect(try await register.affiliation(of: worker.id) == Self.member)
      let kept = try await consents(register).listConsents(ListConsentsRequest(personID: worker.id)).consents
      #expect(kept.map(\.purpose) == ["affiliation"])
      #expect(kept.map(\.separate) == [true])
      #expect(kept.map(\.evidence) == ["form 2026-118"])
      // The consent stands for what comes later.
      request.affiliationConsent = ""
      request.affiliation = Affiliation(isUnionMember: true)
      #expect(try await register.staff.registerWorker(request).outcome == .enriched)
    }
  }

  @Test func aConsentAtTheHostCountsUntilItIsWithdrawn() async throws {
    try await Register.run { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let update = UpdateWorkerRequest(id: worker.id, affiliation: Self.member)
      #expect(await status { try await register.staff.updateWorker(update) }?.reason == Self.reason)
      let consents = try await consents(register)
      _ = try await consents.grantConsent(
        GrantConsentRequest(
          personID: worker.id, purpose: "affiliation", separate: true, evidence: "form 2026-118"))
      _ = try await register.staff.updateWorker(update)
      #expect(try await register.affiliation(of: worker.id) == Self.member)
      // Other facts of a worker need no consent, and neither does taking the affiliation away.
      _ = try await register.staff.updateWorker(UpdateWorkerRequest(id: worker.id, phone: "13700137000"))

      _ = try await consents.withdrawConsent(
        WithdrawConsentRequest(personID: worker.id, purpose: "affiliation"))
      #expect(try await register.affiliation(of: worker.id) == nil)
      #expect(await status { try await register.staff.updateWorker(update) }?.reason == Self.reason)
      let phones = try await register.staff.getWorker(GetWorkerRequest(id: worker.id))
      #expect(phones.phone == "+8613700137000")
    }
  }

  /// It would be recorded nowhere.
  @Test func aConsentWithoutAnAffiliationIsRefused() async throws {
    try await Register.run { register in
      var request = register.courier()
      request.affiliationConsent = "form 2026-118"
      let registration = await status { try await register.staff.registerWorker(request) }
      #expect(registration?.violations.map(\.reason) == ["NOTHING_CONSENTED_TO"])
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let update = await status {
        try await register.staff.updateWorker(
          UpdateWorkerRequest(id: worker.id, phone: "13700137000", affiliationConsent: "form 2026-118"))
      }
      #expect(update?.violations.map(\.reason) == ["NOTHING_CONSENTED_TO"])
      // A mask alone names the affiliation and says none.
      let emptied = await status {
        try await register.staff.updateWorker(
          UpdateWorkerRequest(
            id: worker.id, updateMask: ProtoFieldMask(paths: ["affiliation"]),
            affiliationConsent: "form 2026-118"))
      }
      #expect(emptied?.violations.map(\.reason) == ["NOTHING_CONSENTED_TO"])
      #expect(try await register.staff.getWorker(GetWorkerRequest(id: worker.id)) == worker)
    }
  }

  @Test func rowsOfAnImportNeedItToo() async throws {
    try await Register.run { register in
      func row(_ name: String, _ number: String, _ phone: String, consent: String) -> WorkerRow {
        WorkerRow(
          name: name, identityNumber: number, phone: phone, occupations: "快递员", areaCode: Register.district,
          isUnionMember: "是", affiliationConsent: consent)
      }
      var again = row("苟建国", Register.number, "13800138000", consent: "")
      again.partyMembership = "党员"
      let rows = [
        row("李金玲", Register.otherNumber, "13900139000", consent: ""),
        row("苟建国", Register.number, "13800138000", consent: "表2026-118"), again,
        row("李金玲", Register.otherNumber, "13900139000", consent: String(repeating: "表", count: 201)),
      ]
      let dry = try await rows.imported(by: register.staff, as: "dry", isDryRun: true)
      let real = try await rows.imported(by: register.staff, as: "real")
      for reply in [dry, real] {
        #expect(
          reply.errors.map { "\($0.row) \($0.column) \($0.reason)" } == [
            "1 affiliation_consent \(Self.reason)", "4 affiliation_consent TOO_LONG",
          ])
        #expect(reply.summary?.rowsCreated == 1)
        #expect(reply.summary?.rowsUpdated == 1)
      }
      let worker = try await register.staff.findWorker(FindWorkerRequest(identityNumber: Register.number))
      #expect(
        try await register.affiliation(of: worker.id)
          == Affiliation(partyMembership: .full, isUnionMember: true))
    }
  }
}
