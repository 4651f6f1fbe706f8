import ModuleTesting
import RPC
import Testing
import Workers

@Suite struct WorkerServiceTests {
  @Test(arguments: TestHost.Way.allCases)
  func aCourierIsRegisteredAndFound(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let reply = try await register.staff.registerWorker(register.courier())
      #expect(reply.outcome == .created)
      let worker = try #require(reply.worker)
      #expect(worker.name == "苟建国")
      #expect(worker.phone == "+8613800138000")
      #expect(worker.sex == .male)
      #expect(worker.birthDate == "1990-01-01")
      #expect(worker.occupations == [.courier])
      #expect(worker.state == .active)
      #expect(worker.source == .staff)
      #expect(worker.employments.map(\.station) == ["夹马营路营业部"])
      #expect(worker.employments.map(\.state) == [.open])
      #expect(worker.createTime == ProtoTimestamp(TestHost.defaultStart) || way == .live)
      #expect(try await register.staff.getWorker(GetWorkerRequest(id: worker.id)) == worker)
      for request in [
        FindWorkerRequest(identityNumber: Register.number), FindWorkerRequest(phone: "+86 138-0013-8000"),
      ] {
        #expect(try await register.staff.findWorker(request).id == worker.id)
      }
      #expect(
        await status { try await register.staff.findWorker(FindWorkerRequest(phone: "13900139000")) }?.reason
          == "WORKER_NOT_FOUND")
      #expect(
        await status { try await register.staff.findWorker(FindWorkerRequest()) }?.code == .invalidArgument)
    }
  }

  @Test func everyFieldAtFaultIsNamed() async throws {
    try await Register.run { register in
      let failure = await status {
        try await register.staff.registerWorker(
          RegisterWorkerRequest(
            name: "", identityNumber: "410304199001011230", phone: "1380013800", areaCode: "41"))
      }
      #expect(failure?.code == .invalidArgument)
      let fields = Set(failure?.violations.map(\.field) ?? [])
      #expect(fields == ["name", "identity_number", "phone"])
      #expect(failure?.violations.allSatisfy { !$0.descriptionChinese.isEmpty } == true)
      var young = register.courier(number: "410304201101011235")
      young.employment = nil
      #expect(
        await status { try await register.staff.registerWorker(young) }?.violations.first?.reason
          == "UNDER_AGE")
      // What is at fault within the employment is named there.
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let employment = NewEmployment(
        organisationID: register.deliveryPlatform, occupation: .deliveryRider, startDate: "1970-01-01")
      var early = register.courier()
      early.employment = employment
      for failure in [
        await status { try await register.staff.registerWorker(early) },
        await status {
          try await register.staff.addEmployment(
            AddEmploymentRequest(workerID: worker.id, employment: employment))
        },
      ] {
        #expect(failure?.violations.map(\.field) == ["employment.start_date"])
      }
    }
  }

  @Test func nobodyIsRegisteredTwice() async throws {
    try await Register.run { register in
      let first = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let again = try await register.staff.registerWorker(
        register.courier(name: "苟 建 国", phone: "+86 13800138000"))
      #expect(again.outcome == .unchanged)
      #expect(again.worker?.id == first.id)
      #expect(again.worker?.etag == first.etag)

      let delivery = try await register.platform(register.deliveryPlatform)
      let second = try await delivery.registerWorker(
        RegisterWorkerRequest(
          name: "苟建国", identityNumber: Register.number, phone: "13900139000", areaCode: "110102",
          employment: NewEmployment(station: "旭升站", occupation: .deliveryRider)))
      #expect(second.outcome == .enriched)
      #expect(second.worker?.id == first.id)
      #expect(second.worker?.areaCode == Register.district)
      let full = try await register.staff.getWorker(GetWorkerRequest(id: first.id))
      #expect(full.occupations == [.courier, .deliveryRider])
      #expect(full.phone == "+8613800138000")
      #expect(full.otherPhones == ["+8613900139000"])
      #expect(
        full.employments.map(\.organisationID) == [register.courierPlatform, register.deliveryPlatform])
      #expect(full.employments.last?.startDate == "2026-01-05")
    }
  }

  /// Many callers register one person at the same time, by different of the person's numbers.
  @Test(arguments: TestHost.Way.allCases)
  func atOnceMakesOneWorker(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let identifiers = try await withThrowingTaskGroup(of: RegisterWorkerResponse.self) { group in
        for attempt in 0..<24 {
          let request = register.courier(number: attempt % 3 == 0 ? "" : Register.number)
          group.addTask { try await register.staff.registerWorker(request) }
        }
        var replies: [RegisterWorkerResponse] = []
        for try await reply in group { replies.append(reply) }
        #expect(replies.filter { $0.outcome == .created }.count == 1)
        return Set(replies.compactMap { $0.worker?.id })
      }
      #expect(identifiers.count == 1)
      let list = try await register.staff.listWorkers(ListWorkersRequest())
      #expect(list.workers.count == 1)
      #expect(list.workers.first?.identityNumber == Register.number)
    }
  }

  @Test func conflictsAreNamedAndChangeNothing() async throws {
    try await Register.run { register in
      let first = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let request = register.courier(name: "李金玲", number: Register.otherNumber)
      let conflict = await status { try await register.staff.registerWorker(request) }
      #expect(conflict?.code == .failedPrecondition)
      #expect(conflict?.reason == "WORKER_CONFLICT")
      #expect(conflict?.metadata["conflicts"] == "name,identity_number")
      // Nothing of what the register holds is in the answer.
      let words = "\(conflict?.message ?? "") \(conflict?.messageChinese ?? "")"
      #expect(!words.contains("苟") && !words.contains("1990"))
      #expect(try await register.staff.getWorker(GetWorkerRequest(id: first.id)) == first)
    }
  }

  /// Told what is at odds, a platform could try values of another one's worker one by one.
  @Test func conflictsWithWorkersOfAnotherPlatformAreNotNamed() async throws {
    try await Register.run { register in
      let first = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let platform = try await register.platform(register.deliveryPlatform)
      var answers: [Status?] = []
      for (name, number) in [
        ("苟建国", Register.otherNumber), ("李金玲", Register.number), ("李金玲", Register.otherNumber), ("李金玲", ""),
      ] {
        var guess = register.courier(name: name, number: number)
        guess.employment = NewEmployment(occupation: .deliveryRider)
        answers.append(await refusal { try await platform.registerWorker(guess) })
      }
      let answer = try #require(answers[0])
      #expect(answer.reason == "WORKER_CONFLICT")
      #expect(answer.metadata["conflicts"] == nil && answer.violations.isEmpty)
      #expect(answers == [Status?](repeating: answer, count: 4))
      #expect(try await register.staff.getWorker(GetWorkerRequest(id: first.id)) == first)
    }
  }

  @Test func unknownAreaAndOrganisation() async throws {
    try await Register.run { register in
      let area = await status { try await register.staff.registerWorker(register.courier(area: "999999")) }
      #expect(area?.code == .notFound)
      #expect(area?.reason == "AREA_NOT_FOUND")
      var request = register.courier()
      request.employment?.organisationID = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
      #expect(
        await status { try await register.staff.registerWorker(request) }?.reason == "ORGANISATION_NOT_FOUND")
      let hospital = try await register.organisations.createOrganisation(
        CreateOrganisationRequest(kind: .hospital, name: "玉渊潭社区卫生服务中心", areaCode: "410304"))
      request.employment?.organisationID = hospital.id
      #expect(
        await status { try await register.staff.registerWorker(request) }?.reason
          == "ORGANISATION_EMPLOYS_NOBODY")
    }
  }

  @Test func updatesTouchWhatTheyName() async throws {
    try await Register.run { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let updated = try await register.staff.updateWorker(
        UpdateWorkerRequest(
          id: worker.id, phone: "13700137000", otherPhones: ["13800138000", "13700137000"],
          affiliation: Affiliation(partyMembership: .full, isMobilePartyMember: true, partyBranch: "顺丰党支部"),
          etag: worker.etag, affiliationConsent: "form 2026-118"))
      #expect(updated.phone == "+8613700137000")
      #expect(updated.otherPhones == ["+8613800138000"])
      #expect(
        try await register.affiliation(of: worker.id)
          == Affiliation(partyMembership: .full, isMobilePartyMember: true, partyBranch: "顺丰党支部"))
      #expect(updated.name == worker.name)
      #expect(try await register.staff.findWorker(FindWorkerRequest(phone: "13700137000")).id == worker.id)
      let stale = await status {
        try await register.staff.updateWorker(
          UpdateWorkerRequest(id: worker.id, name: "苟建军", etag: worker.etag))
      }
      #expect(stale?.code == .aborted)
      // A phone that is given up can be somebody else's.
      _ = try await register.staff.updateWorker(
        UpdateWorkerRequest(id: worker.id, updateMask: ProtoFieldMask(paths: ["other_phones"])))
      let other = try #require(
        try await register.staff.registerWorker(register.courier(name: "李金玲", number: Register.otherNumber))
          .worker)
      #expect(other.id != worker.id)
      let taken = await status {
        try await register.staff.updateWorker(UpdateWorkerRequest(id: other.id, phone: "13700137000"))
      }
      #expect(taken?.reason == "WORKER_CONFLICT")
      #expect(taken?.metadata["conflicts"] == "phone")
      let number = await status {
        try await register.staff.updateWorker(
          UpdateWorkerRequest(id: other.id, identityNumber: Register.number))
      }
      #expect(number?.metadata["conflicts"] == "identity_number")
      let moved = try await register.staff.updateWorker(UpdateWorkerRequest(id: other.id, areaCode: "110102"))
      #expect(moved.areaCode == "110102")
    }
  }

  @Test func employmentsBeginAndEnd() async throws {
    try await Register.run { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let added = try await register.staff.addEmployment(
        AddEmploymentRequest(
          workerID: worker.id,
          employment: NewEmployment(organisationID: register.deliveryPlatform, occupation: .deliveryRider)))
      #expect(added.employments.count == 2)
      #expect(added.occupations == [.courier, .deliveryRider])
      let twice = await status {
        try await register.staff.addEmployment(
          AddEmploymentRequest(
            workerID: worker.id,
            employment: NewEmployment(organisationID: register.deliveryPlatform, occupation: .deliveryRider)))
      }
      #expect(twice?.reason == "EMPLOYMENT_EXISTS")

      let platform = try await register.platform(register.courierPlatform)
      let foreign = await status {
        try await platform.endEmployment(
          EndEmploymentRequest(workerID: worker.id, organisationID: register.deliveryPlatform))
      }
      #expect(foreign?.reason == "ORGANISATION_NOT_YOURS")
      let early = await status {
        try await platform.endEmployment(EndEmploymentRequest(workerID: worker.id, endDate: "2025-02-28"))
      }
      #expect(early?.violations.first?.field == "end_date")
      let ended = try await platform.endEmployment(EndEmploymentRequest(workerID: worker.id))
      #expect(ended.employments.map(\.state) == [.ended])
      #expect(ended.employments.first?.endDate == "2026-01-05")
      #expect(ended.state == .active)
      #expect(
        await status { try await platform.endEmployment(EndEmploymentRequest(workerID: worker.id)) }?.reason
          == "EMPLOYMENT_ENDED")
      #expect(
        await status { try await platform.getWorker(GetWorkerRequest(id: worker.id)) }?.code == .notFound)

      let left = try await register.staff.endEmployment(
        EndEmploymentRequest(workerID: worker.id, organisationID: register.deliveryPlatform))
      #expect(left.state == .left)
      let back = try await register.staff.registerWorker(register.courier())
      #expect(back.worker?.state == .active)
      #expect(back.worker?.employments.count == 3)
    }
  }
}
