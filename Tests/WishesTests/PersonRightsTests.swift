import Host
import ModuleTesting
import Testing
import Wishes
import Workers

/// What a person may ask of the host, over all modules at once: to know, to have corrected, to take along, to be
/// erased.
@Suite struct PersonRightsTests {
  private static let consent = "金丝雀签的表二〇二六"
  private static let identityNumber = "410304199001011238"
  private static let branch = "金丝雀党支部"
  private static let union = "金丝雀工会小组"
  private static let reason = "金丝雀到窗口提出"
  private static let draft = ["title": "金丝雀想要的东西", "description": "金丝雀不愿公开的缘故", "part": "金丝雀零件"]

  private func persons(_ district: District, purpose: String? = nil) async throws -> PersonalDataServiceClient
  {
    PersonalDataServiceClient(
      try await district.host.channel(
        as: .staff, name: "rights office", areaCode: District.county, purpose: purpose))
  }

  /// The wisher with an identity number, an affiliation, a delivered wish, one that was withdrawn and one that was
  /// never public.
  private func withPerson(
    _ way: TestHost.Way = .inMemory, settings: [String: String] = [:],
    _ body: (District, _ draft: Wish, _ claim: Claim) async throws -> Void
  ) async throws {
    try await TestHost.run(
      [WorkersModule.self, WishesModule.self, EventLogModule.self], way: way, settings: settings
    ) { host in
      let district = try await District(host)
      _ = try await district.workers.updateWorker(
        UpdateWorkerRequest(
          id: district.workerID, identityNumber: Self.identityNumber,
          affiliation: Affiliation(
            partyMembership: .full, partyBranch: Self.branch, isUnionMember: true, unionName: Self.union),
          affiliationConsent: Self.consent))
      let (_, claim, _) = try await SealingTests.walk(district)
      let unlisted = try await district.platform.collectWish(
        district.wish {
          $0.title = Self.draft["title"] ?? ""
          $0.description = Self.draft["description"] ?? ""
          $0.sharing = .byParts
          $0.parts = [WishPart(name: Self.draft["part"] ?? "", quantity: 2)]
        })
      try await body(district, unlisted, claim)
    }
  }

  private func leave(_ district: District) async throws {
    _ = try await district.workers.endEmployment(
      EndEmploymentRequest(workerID: district.workerID, organisationID: district.platformID))
    try await district.host.settle()
  }

  private func erase(_ district: District) async throws -> Erasure {
    let persons = try await persons(district)
    let preview = try await persons.previewErasure(PreviewErasureRequest(personID: district.workerID))
    return try await persons.erasePerson(
      ErasePersonRequest(
        personID: district.workerID, etag: preview.etag, legalBasis: .consentWithdrawn, reason: Self.reason))
  }

  @Test(arguments: TestHost.Way.allCases)
  func theViewNamesEverythingAndHowToCorrectIt(way: TestHost.Way) async throws {
    try await withPerson(way) { district, unlisted, _ in
      let request = GetPersonalViewRequest(personID: district.workerID)
      let masked = try await persons(district).getPersonalView(request)
      #expect(Set(masked.records.map(\.module)) == ["privacy", "workers", "wishes"])
      #expect(masked.records.flatMap(\.values).allSatisfy { $0.value == "****" })
      let view = try await persons(district, purpose: "rights").getPersonalView(request)
      func value(_ title: String, _ field: String) -> String? {
        view.records.first { $0.title == title }?.values.first { $0.field == field }?.value
      }
      #expect(value("registration", "name") == District.wisherName)
      #expect(value("registration", "identity_number") == Self.identityNumber)
      #expect(value("registration", "birth_date") == "1990-01-01")
      #expect(value("party, union and youth league", "party_branch") == Self.branch)
      let evidence = view.records.filter { $0.title == "consent" }.flatMap(\.values).filter {
        $0.field == "evidence"
      }
      #expect(evidence.map(\.value) == [SealingTests.texts["evidence"] ?? "", Self.consent])
      let draft = try #require(view.records.first { $0.title == "draft of a wish" })
      #expect(draft.recordID == unlisted.id && Set(draft.values.map(\.value)) == Set(Self.draft.values))
      #expect(draft.correctedBy == "yizhan.wishes.v1.WishService/UpdateWish")
      let registration = try #require(view.records.first { $0.title == "registration" })
      #expect(registration.correctedBy == "yizhan.workers.v1.WorkerService/UpdateWorker")
      #expect(registration.sensitive && registration.purpose == "register")
      // Every method that a view names is one that the host serves.
      let methods = try district.host.methods.map { "\($0.service)/\($0.name)" }
      for record in view.records where !record.correctedBy.isEmpty {
        #expect(methods.contains(record.correctedBy), "\(record.correctedBy)")
      }
    }
  }

  @Test func correctionShowsInTheViewAndWhoLookedIsNamed() async throws {
    try await withPerson { district, _, _ in
      _ = try await district.workers.updateWorker(
        UpdateWorkerRequest(id: district.workerID, name: "欧阳建军"))
      let request = GetPersonalViewRequest(personID: district.workerID)
      let view = try await persons(district, purpose: "rights").getPersonalView(request)
      #expect(view.records.flatMap(\.values).contains { $0.field == "name" && $0.value == "欧阳建军" })
      #expect(!view.records.flatMap(\.values).contains { $0.value == District.wisherName })
      let accesses = try await persons(district).listAccesses(
        ListAccessesRequest(personID: district.workerID)
      ).accesses
      #expect(accesses.first?.principalName == "rights office")
      #expect(accesses.first?.purpose == "rights")
      // The platform, and the union while it had to deliver, have seen the wisher's phone.
      let others = Set(accesses.filter { $0.purpose == "fulfilment" }.map(\.principalName))
      #expect(others.isSuperset(of: ["platform", "union"]))
    }
  }

  @Test func anErasureIsRefusedWithWhatToDoFirst() async throws {
    try await withPerson { district, _, _ in
      let refused = await refusal { try await erase(district) }
      #expect(refused?.reason == "STILL_EMPLOYED")
      #expect(refused?.metadata["module"] == "workers")
      #expect(refused?.message.contains("end-employment") == true)
      #expect(refused?.messageChinese.isEmpty == false)
      let worker = try await district.workers.getWorker(GetWorkerRequest(id: district.workerID))
      #expect(worker.id == district.workerID)
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func thePreviewIsWhatTheErasureDoes(way: TestHost.Way) async throws {
    try await withPerson(way) { district, unlisted, claim in
      try await leave(district)
      let preview = try await persons(district).previewErasure(
        PreviewErasureRequest(personID: district.workerID))
      let parts = preview.parts.map { "\($0.module): \($0.title) \($0.recordCount) \($0.disposition)" }
      #expect(
        parts == [
          "privacy: consent 2 pseudonymised", "workers: registration 1 erased",
          "workers: party, union and youth league 1 erased", "workers: employment 1 pseudonymised",
          "wishes: wish 3 pseudonymised", "wishes: contact and reasons of a wish 3 erased",
          "wishes: the wisher's word on a delivery 2 erased", "wishes: evidence of a delivery 1 erased",
          "wishes: report 1 erased", "wishes: draft of a wish 1 erased",
        ])
      let erasure = try await erase(district)
      #expect(erasure.parts == preview.parts)

      let unknown = await refusal {
        try await district.workers.getWorker(GetWorkerRequest(id: district.workerID))
      }
      #expect(unknown?.reason == "WORKER_NOT_FOUND")
      for request in [
        FindWorkerRequest(phone: "13937900001"), FindWorkerRequest(identityNumber: Self.identityNumber),
      ] {
        #expect(await refusal { try await district.workers.findWorker(request) }?.code == .notFound)
      }
      let wish = try await district.current(unlisted)
      #expect(wish.title.isEmpty && wish.description.isEmpty && wish.draft == nil)
      #expect(wish.parts.map(\.name) == [""])
      #expect(wish.state == .withdrawn && wish.wisherLabel == "一位师傅")
      #expect(try await district.union.getClaim(GetClaimRequest(claimID: claim.id)).rating == 5)
      // The phone and the number are free for whoever comes next, who is somebody new.
      let again = try await District.register(
        District.wisherName, "13937900001", district.platformID, with: district.workers)
      #expect(again != district.workerID)
      #expect(
        try await persons(district).getPersonalView(GetPersonalViewRequest(personID: again)).erasure == nil)
    }
  }

  @Test func whatALawKeepsIsNamedAndNothingElse() async throws {
    try await TestHost.run([WorkersModule.self, WishesModule.self, EventLogModule.self]) { host in
      let district = try await District(host)
      let (_, claim) = try await district.claimed()
      _ = try await district.union.fulfilClaim(
        FulfilClaimRequest(claimID: claim.id, text: "当面交付", receiptsFen: 28_800))
      try await leave(district)
      let erasure = try await erase(district)
      let kept = erasure.parts.filter { $0.disposition == .kept }
      #expect(kept.map(\.title) == ["evidence of a delivery"])
      #expect(kept.first?.keptReason.contains("Accounting Law") == true)
      #expect(kept.first?.keptReasonChinese.contains("会计法") == true)
      #expect(kept.first?.keptUntilTime?.seconds == 2_745_504_000)
      let after = try await district.union.getClaim(GetClaimRequest(claimID: claim.id))
      #expect(after.fulfilment?.text == "当面交付")
      // What is kept under the wish's own key is no person: nobody erases it by that identifier.
      let office = try await persons(district)
      let byWish = await refusal {
        try await office.previewErasure(PreviewErasureRequest(personID: after.wishID))
      }
      #expect(byWish?.reason == "PERSON_NOT_FOUND")
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func nothingOfItStandsAnywhereInTheClear(way: TestHost.Way) async throws {
    var values = SealingTests.texts
    for (name, text) in Self.draft { values["draft " + name] = text }
    values.merge([
      "name": District.wisherName, "phone": "13937900001", "wisher's address": District.wisherAddress,
      "volunteer's phone": SealingTests.volunteerPhone, "identity number": Self.identityNumber,
      "birth date": "1990-01-01", "branch": Self.branch, "union": Self.union, "form": Self.consent,
      "reason": Self.reason,
    ]) { $1 }
    let canary = Canary(values)
    try await withPerson(way, settings: ["log-level": "trace", "slow-call-milliseconds": "1"]) {
      district, unlisted, _ in
      let clear = try await persons(district, purpose: "rights")
      let file = try await clear.exportPersonalData(ExportPersonalDataRequest(personID: district.workerID))
      #expect(!canary.hits(in: file.encoded(), place: "the file").isEmpty)
      func failures() async throws -> [Canary.Hit] {
        let calls: [() async throws -> Void] = [
          {
            _ = try await district.workers.registerWorker(
              RegisterWorkerRequest(
                name: Self.union, identityNumber: Self.identityNumber, phone: "13937900001",
                areaCode: District.county))
          },
          { _ = try await district.workers.findWorker(FindWorkerRequest(phone: "13937900001x")) },
          {
            _ = try await district.platform.collectWish(
              district.wish {
                $0.title = Self.draft["title"] ?? ""
                $0.contactPhone = SealingTests.volunteerPhone + "0"
              })
          },
          {
            _ = try await district.platform.updateWish(
              UpdateWishRequest(wishID: unlisted.id, title: Self.reason, etag: "999"))
          },
        ]
        var hits: [Canary.Hit] = []
        for call in calls {
          do {
            try await call()
            Issue.record("a call succeeded that must not")
          } catch {
            hits += canary.hits(in: error)
          }
        }
        return hits
      }
      #expect(try await failures() == [])
      #expect(try await canary.hits(in: district.host) == [])
      try await leave(district)
      _ = try await erase(district)
      #expect(try await canary.hits(in: district.host) == [])
      try await district.host.restart()
      #expect(try await canary.hits(in: district.host) == [])
      // It does look: what is public is found.
      let open = Canary(["organisation": "瀍河区总工会"])
      #expect(try await open.hits(in: district.host).contains { $0.contains("yizhan.db") })
    }
  }
}
