import ModuleTesting
import RPC
import Testing
import Workers

/// An update changes what it names, and nothing beside it.
@Suite struct WorkerUpdateTests {
  private static let member = Affiliation(
    partyMembership: .full, isMobilePartyMember: true, partyBranch: "顺丰党支部", isUnionMember: true)

  private func member(_ register: Register) async throws -> Worker {
    var request = register.courier()
    request.affiliation = Self.member
    request.affiliationConsent = "form 2026-118"
    return try #require(try await register.staff.registerWorker(request).worker)
  }

  @Test(arguments: TestHost.Way.allCases)
  func oneFieldOfTheAffiliationLeavesTheOthers(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let id = try await member(register).id
      func update(_ affiliation: Affiliation?, _ paths: [String]) async throws -> Affiliation? {
        _ = try await register.staff.updateWorker(
          UpdateWorkerRequest(
            id: id, affiliation: affiliation, updateMask: paths.isEmpty ? nil : ProtoFieldMask(paths: paths)))
        return try await register.affiliation(of: id)
      }
      var expected = Self.member
      expected.unionName = "快递行业工会"
      #expect(try await update(Affiliation(unionName: "快递行业工会"), []) == expected)
      // What the mask does not name stays, though the request says something of it.
      expected.partyBranch = "嘀嗒党支部"
      let branch = Affiliation(partyMembership: .applicant, partyBranch: "嘀嗒党支部")
      #expect(try await update(branch, ["affiliation.party_branch"]) == expected)
      // A mask takes away what the request leaves out.
      expected.isUnionMember = false
      expected.unionName = ""
      #expect(
        try await update(nil, ["affiliation.is_union_member", "affiliation.union_name"]) == expected)
      let league = Affiliation(isYouthLeagueMember: true, youthLeagueBranch: "快递团支部")
      #expect(try await update(league, ["affiliation"]) == league)
      #expect(try await update(nil, ["affiliation"]) == nil)

      let unknown = await status { try await update(league, ["affiliation.name"]) }
      #expect(unknown?.violations.map(\.reason) == ["FIELD_UNKNOWN"])
      let nothing = await status { try await update(Affiliation(), []) }
      #expect(nothing?.violations.map(\.reason) == ["NOTHING_TO_CHANGE"])
    }
  }

  @Test func aFieldOfTheAffiliationNeedsConsentAndStaff() async throws {
    try await Register.run { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      var update = UpdateWorkerRequest(id: worker.id, affiliation: Affiliation(unionName: "快递行业工会"))
      let refused = await status { try await register.staff.updateWorker(update) }
      #expect(refused?.reason == "AFFILIATION_NEEDS_CONSENT")
      update.affiliationConsent = "form 2026-118"
      _ = try await register.staff.updateWorker(update)
      #expect(try await register.affiliation(of: worker.id) == Affiliation(unionName: "快递行业工会"))

      let platform = try await register.platform(register.courierPlatform)
      update.affiliationConsent = ""
      let foreign = await status { try await platform.updateWorker(update) }
      #expect(foreign?.reason == "FIELDS_NOT_YOURS")
      #expect(foreign?.metadata["fields"] == "affiliation.union_name")
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func theFormerFirstPhoneStaysTheWorkers(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let changed = try await register.staff.updateWorker(
        UpdateWorkerRequest(id: worker.id, phone: "13700137000"))
      #expect(changed.phone == "+8613700137000")
      #expect(changed.otherPhones == ["+8613800138000"])
      let found = try await register.staff.findWorker(FindWorkerRequest(phone: "13800138000"))
      #expect(found.id == worker.id)
      let other = register.courier(name: "李金玲", number: Register.otherNumber)
      #expect(
        await status { try await register.staff.registerWorker(other) }?.reason == "WORKER_CONFLICT")
      // One of the others to the front, and the same one again.
      for _ in 0..<2 {
        let back = try await register.staff.updateWorker(
          UpdateWorkerRequest(id: worker.id, phone: "13800138000"))
        #expect(back.phone == "+8613800138000")
        #expect(back.otherPhones == ["+8613700137000"])
      }
    }
  }

  @Test func aSixthPhoneIsRefused() async throws {
    try await Register.run { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let others = (1...4).map { "1390013900\($0)" }
      let full = try await register.staff.updateWorker(
        UpdateWorkerRequest(id: worker.id, otherPhones: others))
      let refused = await status {
        try await register.staff.updateWorker(UpdateWorkerRequest(id: worker.id, phone: "13700137000"))
      }
      #expect(refused?.code == .failedPrecondition)
      #expect(refused?.reason == "TOO_MANY_PHONES")
      #expect(refused?.message.contains("other_phones") == true)
      #expect(refused?.messageChinese.contains("other_phones") == true)
      #expect(try await register.staff.getWorker(GetWorkerRequest(id: worker.id)) == full)
      // Nothing else is in the way of it.
      let renamed = try await register.staff.updateWorker(UpdateWorkerRequest(id: worker.id, name: "苟建军"))
      #expect(renamed.otherPhones == full.otherPhones)
      let first = try await register.staff.updateWorker(
        UpdateWorkerRequest(id: worker.id, phone: "13700137000", otherPhones: others))
      #expect(first.phone == "+8613700137000")
      #expect(first.otherPhones == others.map { "+86\($0)" })
    }
  }
}
