import ModuleTesting
import Testing

@testable import Host

@Suite struct RightsTests {
  private static let person = "0198f000-0000-7000-8000-0000000000ab"
  private static let values = [
    "name": "欧阳金丝雀", "phone": "13912345678", "identity number": "410304199003074512",
    "address": "河南省洛阳市瀍河区启明南路金雀里9号", "note": "walks with a canary-yellow umbrella",
    "dispute": "says the parcel of 7 March never left the depot", "guardian": "上官紫薇草",
    "evidence": "form with the green stamp 118", "reason": "asked at the counter in a straw hat",
  ]
  private static var card: String {
    ([person] + ["name", "phone", "identity number", "address", "note"].map { values[$0] ?? "" })
      .joined(separator: "|")
  }

  /// A person with a card, a guardian's consent, two visits and a settled dispute.
  private func withPerson(
    way: TestHost.Way = .inMemory, settings: [String: String] = [:],
    _ body: (TestHost, CardClient, PersonalDataServiceClient) async throws -> Void
  ) async throws {
    try await TestHost.run([CardModule.self], way: way, settings: settings) { host in
      let staff = try await host.channel(as: .staff, name: "wang.fang", areaCode: CardModule.area)
      let cards = CardClient(channel: staff)
      #expect(try await cards.call("Put", Self.card, key: "put") == Self.card)
      _ = try await ConsentServiceClient(staff).grantConsent(
        GrantConsentRequest(
          personID: Self.person, purpose: "register", separate: true,
          evidence: Self.values["evidence"] ?? "",
          guardian: Guardian(
            name: Self.values["guardian"] ?? "", relation: "aunt", phone: Self.values["phone"] ?? "")))
      for _ in 0..<2 { _ = try await cards.call("Visit", Self.person) }
      _ = try await cards.call("Dispute", "\(Self.person)|\(Self.values["dispute"] ?? "")")
      try await body(host, cards, PersonalDataServiceClient(staff))
    }
  }

  private func unmasked(_ host: TestHost) async throws -> PersonalDataServiceClient {
    PersonalDataServiceClient(
      try await host.channel(as: .staff, name: "li.na", areaCode: CardModule.area, purpose: "rights"))
  }

  private func status<Reply: Sendable>(_ body: () async throws -> Reply) async -> Status? {
    do {
      _ = try await body()
      return nil
    } catch {
      return error as? Status
    }
  }

  private func erase(_ rights: PersonalDataServiceClient, key: String? = nil) async throws -> Erasure {
    let preview = try await rights.previewErasure(PreviewErasureRequest(personID: Self.person))
    return try await rights.erasePerson(
      ErasePersonRequest(
        personID: Self.person, etag: preview.etag, legalBasis: .consentWithdrawn,
        reason: Self.values["reason"] ?? ""), CallOptions(idempotencyKey: key))
  }

  @Test(arguments: TestHost.Way.allCases)
  func showsWhatIsHeldMaskedUnlessItIsForTheRights(way: TestHost.Way) async throws {
    try await withPerson(way: way) { host, _, rights in
      let request = GetPersonalViewRequest(personID: Self.person)
      let view = try await rights.getPersonalView(request)
      #expect(view.records.map(\.module) == ["privacy", "cards", "cards", "cards", "cards"])
      #expect(view.records.map(\.title) == ["consent", "card", "visit", "visit", "dispute"])
      let card = try #require(view.records.first { $0.title == "card" })
      #expect(card.titleChinese == "卡片")
      #expect(card.correctedBy == "test.cards.v1.CardService/Put")
      #expect(card.values.map(\.field) == ["name", "phone", "identity_number", "address", "note"])
      #expect(Set(view.records.flatMap(\.values).map(\.value)) == ["****"])
      #expect(try await rights.listAccesses(ListAccessesRequest(personID: Self.person)).accesses.isEmpty)

      let clear = try await unmasked(host).getPersonalView(request)
      let seen = try #require(clear.records.first { $0.title == "card" }).values.map(\.value)
      #expect(seen == Self.card.split(separator: "|").dropFirst().map(String.init))
      let accesses = try await rights.listAccesses(ListAccessesRequest(personID: Self.person)).accesses
      #expect(accesses.map(\.principalName) == ["li.na"])
      #expect(accesses.map(\.purpose) == ["rights"])
      #expect(accesses.map(\.method) == ["yizhan.privacy.v1.PersonalDataService/GetPersonalView"])
      #expect(accesses.map(\.accessTime) == [ProtoTimestamp(host.now)])
    }
  }

  @Test func exportsEverythingAndPutsItOnRecord() async throws {
    try await withPerson { host, _, rights in
      let request = ExportPersonalDataRequest(personID: Self.person)
      #expect(await status { try await rights.exportPersonalData(request) }?.reason == "PURPOSE_NEEDED")
      let clear = try await unmasked(host)
      let file = try await clear.exportPersonalData(request)
      let held = Set(file.records.flatMap(\.values).map(\.value))
      for (name, value) in Self.values where name != "reason" { #expect(held.contains(value), "\(name)") }
      #expect(file.accesses.isEmpty)
      #expect(try await clear.exportPersonalData(request).accesses.map(\.principalName) == ["li.na"])
    }
  }

  @Test func pagesThroughAccessesAlsoForAuditorsOfTheArea() async throws {
    try await withPerson { host, _, _ in
      let clear = try await unmasked(host)
      for _ in 0..<3 {
        _ = try await clear.getPersonalView(GetPersonalViewRequest(personID: Self.person))
      }
      let auditor = PersonalDataServiceClient(try await host.channel(as: .auditor, areaCode: "410300"))
      let first = try await auditor.listAccesses(ListAccessesRequest(personID: Self.person, pageSize: 2))
      let second = try await auditor.listAccesses(
        ListAccessesRequest(personID: Self.person, pageSize: 2, pageToken: first.nextPageToken))
      let numbers = (first.accesses + second.accesses).map(\.auditSequence)
      #expect(numbers.count == 3)
      #expect(numbers == numbers.sorted(by: >))
      #expect(second.nextPageToken.isEmpty)
      let stranger = PersonalDataServiceClient(
        try await host.channel(as: .auditor, name: "x", areaCode: "440305"))
      #expect(
        await status { try await stranger.listAccesses(ListAccessesRequest(personID: Self.person)) }?.reason
          == "PERSON_NOT_FOUND")
    }
  }

  @Test func findsLooksAtAnEntryThatWasMerged() async throws {
    try await withPerson { host, cards, rights in
      let clear = try await unmasked(host)
      let other = "0198f000-0000-7000-8000-0000000000ac"
      _ = try await cards.call("Put", "\(other)|欧阳金丝雀|13912345678")
      for person in [Self.person, other, other, Self.person] {
        _ = try await clear.getPersonalView(GetPersonalViewRequest(personID: person))
      }
      let request = ListAccessesRequest(personID: Self.person)
      let own = try await rights.listAccesses(request).accesses.map(\.auditSequence)
      let others = try await rights.listAccesses(ListAccessesRequest(personID: other)).accesses
        .map(\.auditSequence)
      #expect(own.count == 2 && others.count == 2)

      _ = try await cards.call("Merge", "\(other)|\(Self.person)")
      try await host.settle()
      let all = try await rights.listAccesses(request).accesses.map(\.auditSequence)
      #expect(all == (own + others).sorted(by: >))
      var paged: [Int64] = []
      var page = ListAccessesRequest(personID: Self.person, pageSize: 1)
      repeat {
        let reply = try await rights.listAccesses(page)
        paged += reply.accesses.map(\.auditSequence)
        page.pageToken = reply.nextPageToken
      } while !page.pageToken.isEmpty
      #expect(paged == all)
      let file = try await clear.exportPersonalData(ExportPersonalDataRequest(personID: Self.person))
      #expect(file.accesses.map(\.auditSequence) == all)
      #expect(!file.hasMoreAccesses)
    }
  }

  @Test func anExportSaysThatItLacksLooks() async throws {
    try await withPerson { host, _, rights in
      let clear = try await unmasked(host)
      func look(_ count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<10 {
            group.addTask {
              for _ in 0..<(count / 10) {
                _ = try await clear.getPersonalView(GetPersonalViewRequest(personID: Self.person))
              }
            }
          }
          try await group.waitForAll()
        }
      }
      let request = ExportPersonalDataRequest(personID: Self.person)
      try await look(1_000)
      // The export itself is a look, and in the next one.
      let whole = try await clear.exportPersonalData(request)
      #expect(whole.accesses.count == 1_000)
      #expect(!whole.hasMoreAccesses)
      let cut = try await clear.exportPersonalData(request)
      #expect(cut.accesses.count == 1_000)
      #expect(cut.hasMoreAccesses)
      #expect(
        cut.accesses.first?.method == "yizhan.privacy.v1.PersonalDataService/ExportPersonalData")
    }
  }

  @Test func previewsWhatAnErasureDoes() async throws {
    try await withPerson { _, cards, rights in
      let preview = try await rights.previewErasure(PreviewErasureRequest(personID: Self.person))
      #expect(
        preview.parts.map { "\($0.module) \($0.title) \($0.recordCount) \($0.disposition)" } == [
          "privacy consent 1 pseudonymised", "cards card 1 erased", "cards visit 2 pseudonymised",
          "cards dispute 1 kept",
        ])
      #expect(preview.parts.last?.keptReason == "limitation of actions")
      #expect(preview.parts.last?.keptReasonChinese == "诉讼时效")
      #expect(
        try await rights.previewErasure(PreviewErasureRequest(personID: Self.person)).etag == preview.etag)
      // Something comes in after the preview was looked at.
      _ = try await cards.call("Visit", Self.person)
      let refused = await status {
        try await rights.erasePerson(
          ErasePersonRequest(
            personID: Self.person, etag: preview.etag, legalBasis: .otherLaw, reason: "court order"))
      }
      #expect(refused?.code == .aborted)
      #expect(refused?.reason == "PREVIEW_STALE")
    }
  }

  @Test func refusesWhileAModuleSaysWhatToDoFirst() async throws {
    try await withPerson { _, _, rights in
      let refused = await status { try await erase(rights) }
      #expect(refused?.reason == "DISPUTE_OPEN")
      #expect(refused?.metadata["module"] == "cards")
      #expect(refused?.messageChinese == "请先结案")
      // Nothing was erased.
      let view = try await rights.getPersonalView(GetPersonalViewRequest(personID: Self.person))
      #expect(view.records.count == 5)
      #expect(view.erasure == nil)
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func erasesAPersonForGood(way: TestHost.Way) async throws {
    try await withPerson(way: way) { host, cards, rights in
      _ = try await cards.call("Settle", Self.person)
      _ = try await unmasked(host).getPersonalView(GetPersonalViewRequest(personID: Self.person))
      #expect(try await cards.call("Put", Self.card, key: "put") == Self.card)
      let erasure = try await erase(rights, key: "erase")
      #expect(erasure.personID == Self.person)
      #expect(erasure.eraseTime == ProtoTimestamp(host.now))
      #expect(erasure.legalBasis == .consentWithdrawn)
      #expect(erasure.parts.map(\.title) == ["consent", "card", "visit", "dispute"])

      // Said once more, it is said already; repeated with its key, it answers the same.
      #expect(await status { try await erase(rights) }?.reason == "PERSON_ALREADY_ERASED")
      let again = await status {
        try await rights.erasePerson(
          ErasePersonRequest(personID: Self.person, etag: "x", legalBasis: .otherLaw, reason: "again"))
      }
      #expect(again?.reason == "PERSON_ALREADY_ERASED")
      #expect(again?.metadata["erased_at_seconds"] == "\(host.now.milliseconds / 1_000)")

      // The stored reply to an earlier write is gone, and nothing new is written.
      #expect(await status { try await cards.call("Put", Self.card, key: "put") }?.reason == "REPLY_ERASED")
      #expect(await status { try await cards.call("Put", Self.card) }?.reason == "PERSON_ERASED")
      let consents = ConsentServiceClient(try await host.channel(as: .staff))
      let grant = await status {
        try await consents.grantConsent(
          GrantConsentRequest(
            personID: Self.person, purpose: "register", evidence: "form", ofAge: true))
      }
      #expect(grant?.reason == "PERSON_ERASED")
      let export = try await unmasked(host)
      #expect(
        await status {
          try await export.exportPersonalData(ExportPersonalDataRequest(personID: Self.person))
        }?.reason == "PERSON_ERASED")

      // What was done stays known, also who had looked before, to the staff of the area alone.
      let view = try await export.getPersonalView(GetPersonalViewRequest(personID: Self.person))
      #expect(view.records.isEmpty)
      #expect(view.erasure == erasure.with(reason: Self.values["reason"] ?? ""))
      #expect(
        try await rights.listAccesses(ListAccessesRequest(personID: Self.person)).accesses.map(
          \.principalName
        )
        .last == "li.na")
      let stranger = PersonalDataServiceClient(
        try await host.channel(as: .staff, name: "x", areaCode: "440305"))
      #expect(
        await status {
          try await stranger.getPersonalView(GetPersonalViewRequest(personID: Self.person))
        }?.reason == "PERSON_NOT_FOUND")
    }
  }

  @Test func repeatsTheReplyToAnErasure() async throws {
    try await withPerson { _, cards, rights in
      _ = try await cards.call("Settle", Self.person)
      let preview = try await rights.previewErasure(PreviewErasureRequest(personID: Self.person))
      let request = ErasePersonRequest(
        personID: Self.person, etag: preview.etag, legalBasis: .otherLaw, reason: "court order")
      let options = CallOptions(idempotencyKey: "erase")
      let first = try await rights.erasePerson(request, options)
      #expect(try await rights.erasePerson(request, options) == first)
    }
  }

  @Test func forgetsTheReasonOfAnErasureAfterThreeYears() async throws {
    try await withPerson { host, cards, rights in
      _ = try await cards.call("Settle", Self.person)
      _ = try await erase(rights)
      try await host.advance(by: .seconds(1_095 * 86_400))
      func reason() async throws -> String? {
        try await unmasked(host).getPersonalView(GetPersonalViewRequest(personID: Self.person)).erasure?
          .reason
      }
      #expect(try await reason() == Self.values["reason"])
      try await host.advance(by: .seconds(2 * 86_400))
      #expect(try await reason() == "")
    }
  }

  @Test func deletesByRetention() async throws {
    try await withPerson { host, _, rights in
      func visits() async throws -> Int {
        try await rights.getPersonalView(GetPersonalViewRequest(personID: Self.person)).records
          .count { $0.title == "visit" }
      }
      try await host.advance(by: .seconds(29 * 86_400))
      #expect(try await visits() == 2)
      try await host.advance(by: .seconds(2 * 86_400))
      #expect(try await visits() == 0)
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func leavesNoValueInTheClearAnywhere(way: TestHost.Way) async throws {
    let canary = Canary(Self.values)
    try await withPerson(way: way, settings: ["log-level": "debug", "slow-call-milliseconds": "1"]) {
      host, cards, rights in
      let clear = try await unmasked(host)
      _ = try await clear.exportPersonalData(ExportPersonalDataRequest(personID: Self.person))
      func errors() async throws -> [Canary.Hit] {
        var hits: [Canary.Hit] = []
        for text in [Self.card, "\(Self.person)|\(Self.values["dispute"] ?? "")"] {
          for method in ["Complain", "Book"] {
            do {
              _ = try await cards.call(method, text)
            } catch {
              hits += canary.hits(in: error)
            }
          }
        }
        return hits
      }
      #expect(try await errors() == [])
      #expect(try await canary.hits(in: host) == [])
      #expect(try await auditHits(host, canary) == [])
      // It does look: a name that is no secret is found in the database's log.
      let open = Canary(["principal": "wang.fang"])
      #expect(try await open.hits(in: host).contains { $0.hasPrefix("principal as UTF-8 in yizhan.db") })

      _ = try await cards.call("Settle", Self.person)
      _ = try await erase(rights)
      _ = try? await cards.call("Put", Self.card)
      #expect(try await errors() == [])
      #expect(try await canary.hits(in: host) == [])
      #expect(try await auditHits(host, canary) == [])
      try await host.restart()
      #expect(try await canary.hits(in: host) == [])
    }
  }

  /// What auditors are shown of all that was changed: sealed values, whose key an erasure destroys.
  private func auditHits(_ host: TestHost, _ canary: Canary) async throws -> [Canary.Hit] {
    let audit = AuditServiceClient(try await host.channel(as: .auditor))
    let records = try await audit.listRecords(ListRecordsRequest(pageSize: 1_000)).records
    var hits: [Canary.Hit] = []
    var changed: Set<String> = []
    for record in records {
      let whole = try await audit.getRecord(GetRecordRequest(sequence: record.sequence))
      changed.formUnion(whole.changes.map(\.table))
      hits += canary.hits(in: whole.encoded(), place: "audit record \(record.sequence)")
    }
    #expect(changed.isSuperset(of: ["cards_card", "cards_dispute", "privacy_consent"]))
    return hits
  }
}

extension Erasure {
  /// The same with its reason in the clear.
  fileprivate func with(reason: String) -> Erasure {
    var copy = self
    copy.reason = reason
    return copy
  }
}
