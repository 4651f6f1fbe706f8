import ModuleTesting
import RPC
import Testing
import Workers

/// Who reaches which workers, and what of them.
@Suite struct WorkerReachTests {
  @Test func platformsReachTheirOwnWorkers() async throws {
    try await Register.run { register in
      var request = register.courier()
      request.affiliation = Affiliation(partyMembership: .full)
      request.affiliationConsent = "form 2026-118"
      let worker = try #require(try await register.staff.registerWorker(request).worker)
      _ = try await register.staff.addEmployment(
        AddEmploymentRequest(
          workerID: worker.id,
          employment: NewEmployment(organisationID: register.deliveryPlatform, occupation: .deliveryRider)))
      let own = try await register.platform(register.courierPlatform)
      let view = try await own.getWorker(GetWorkerRequest(id: worker.id))
      #expect(view.identityNumber == "*****************8")
      #expect(view.birthDate == "")
      #expect(view.sex == .unspecified)
      #expect(view.affiliation == nil)
      #expect(view.employments.map(\.organisationID) == [register.courierPlatform])
      #expect(try await own.listWorkers(ListWorkersRequest()).workers == [view])

      let stranger = try await register.organisations.createOrganisation(
        CreateOrganisationRequest(kind: .platform, name: "中通快递", areaCode: "410300"))
      let foreign = try await register.platform(stranger.id)
      for call in [
        { try await foreign.getWorker(GetWorkerRequest(id: worker.id)) },
        { try await foreign.findWorker(FindWorkerRequest(identityNumber: Register.number)) },
        { try await foreign.updateWorker(UpdateWorkerRequest(id: worker.id, phone: "13700137000")) },
        { try await foreign.endEmployment(EndEmploymentRequest(workerID: worker.id)) },
      ] as [@Sendable () async throws -> Worker] {
        let failure = await status(call)
        #expect(failure?.code == .notFound)
        #expect(failure?.reason == "WORKER_NOT_FOUND")
      }
      #expect(try await foreign.listWorkers(ListWorkersRequest()).workers.isEmpty)
      #expect(
        try await foreign.listWorkers(ListWorkersRequest(organisationID: register.courierPlatform)).workers
          .isEmpty)
    }
  }

  /// Areas limit a platform's credential in all that it does with its own workers.
  @Test func aPlatformBoundToAnotherAreaReachesNone() async throws {
    try await Register.run { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      _ = try await register.staff.addEmployment(
        AddEmploymentRequest(
          workerID: worker.id,
          employment: NewEmployment(organisationID: register.deliveryPlatform, occupation: .deliveryRider)))
      let elsewhere = try await register.platform(register.courierPlatform, of: Register.otherDistrict)
      for call in [
        { try await elsewhere.getWorker(GetWorkerRequest(id: worker.id)) },
        { try await elsewhere.findWorker(FindWorkerRequest(identityNumber: Register.number)) },
        { try await elsewhere.updateWorker(UpdateWorkerRequest(id: worker.id, phone: "13700137000")) },
        { try await elsewhere.endEmployment(EndEmploymentRequest(workerID: worker.id)) },
      ] as [@Sendable () async throws -> Worker] {
        #expect(await status(call)?.reason == "WORKER_NOT_FOUND")
      }
      #expect(try await elsewhere.listWorkers(ListWorkersRequest()).workers.isEmpty)
      let unchanged = try await register.staff.getWorker(GetWorkerRequest(id: worker.id))
      #expect(unchanged.employments.map(\.state) == [.open, .open])

      // Bound to the worker's own area it ends its employment, and the reply holds no more than it saw before.
      let here = try await register.platform(register.courierPlatform, of: Register.district)
      let ended = try await here.endEmployment(EndEmploymentRequest(workerID: worker.id))
      #expect(ended.employments.map(\.organisationID) == [register.courierPlatform])
      #expect(ended.employments.map(\.state) == [.ended])
      #expect(ended.identityNumber == "*****************8")
      let again = await status {
        try await elsewhere.endEmployment(EndEmploymentRequest(workerID: worker.id))
      }
      #expect(again?.reason == "WORKER_NOT_FOUND")
    }
  }

  /// Who tries values against a number of somebody elsewhere gets one answer, whatever is right of them.
  @Test func ofAPersonElsewhereNothingIsSaid() async throws {
    try await Register.run { register in
      _ = try await register.staff.registerWorker(register.courier())
      let there = Register.otherDistrict
      let guesses: [RegisterWorkerRequest] = [
        register.courier(area: there),
        register.courier(name: "李金玲", area: there),
        register.courier(number: "", area: there),
        register.courier(number: Register.otherNumber, area: there),
        register.courier(name: "李金玲", number: Register.otherNumber, area: there),
        register.courier(name: "李金玲", phone: "13900139000", area: there),
      ]
      let staff = try await register.staff(of: there)
      var answers: [Status?] = []
      for caller in [staff, try await register.platform(register.courierPlatform, of: there)] {
        for guess in guesses { answers.append(await refusal { try await caller.registerWorker(guess) }) }
      }
      let answer = try #require(answers[0])
      #expect(answer.reason == "REGISTERED_ELSEWHERE")
      #expect(answer.metadata["conflicts"] == nil && answer.violations.isEmpty)

      let own = try #require(
        try await staff.registerWorker(
          register.courier(name: "李金玲", number: "", phone: "13900139000", area: there)
        ).worker)
      for change in [
        UpdateWorkerRequest(id: own.id, identityNumber: Register.number),
        UpdateWorkerRequest(id: own.id, phone: "13800138000"),
        UpdateWorkerRequest(id: own.id, otherPhones: ["13800138000"]),
      ] {
        answers.append(await refusal { try await staff.updateWorker(change) })
      }
      #expect(answers == [Status?](repeating: answer, count: 15))
    }
  }

  @Test func platformsChangeLittle() async throws {
    try await Register.run { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let platform = try await register.platform(register.courierPlatform)
      let changed = try await platform.updateWorker(UpdateWorkerRequest(id: worker.id, phone: "13700137000"))
      #expect(changed.phone == "+8613700137000")
      let refused = await status {
        try await platform.updateWorker(UpdateWorkerRequest(id: worker.id, name: "李金玲", areaCode: "110102"))
      }
      #expect(refused?.code == .permissionDenied)
      #expect(refused?.metadata["fields"] == "area_code,name")
      var other = register.courier(name: "李金玲", number: Register.otherNumber, phone: "13900139000")
      other.employment?.organisationID = register.deliveryPlatform
      #expect(await status { try await platform.registerWorker(other) }?.reason == "ORGANISATION_NOT_YOURS")
      other.employment = nil
      #expect(await status { try await platform.registerWorker(other) }?.reason == "EMPLOYMENT_MISSING")
      other.employment = NewEmployment(occupation: .courier)
      other.affiliation = Affiliation(partyMembership: .full)
      #expect(await status { try await platform.registerWorker(other) }?.reason == "FIELDS_NOT_YOURS")
    }
  }

  @Test func staffReachTheirArea() async throws {
    try await Register.run { register in
      let here = try #require(
        try await register.staff.registerWorker(register.courier(area: "410304001")).worker)
      let there = try #require(
        try await register.staff.registerWorker(
          register.courier(name: "李金玲", number: Register.otherNumber, phone: "13900139000", area: "110102")
        ).worker)
      let staff = try await register.staff(of: "410304")
      #expect(try await staff.getWorker(GetWorkerRequest(id: here.id)) == here)
      #expect(await status { try await staff.getWorker(GetWorkerRequest(id: there.id)) }?.code == .notFound)
      #expect(try await staff.listWorkers(ListWorkersRequest()).workers.map(\.id) == [here.id])
      #expect(try await staff.listWorkers(ListWorkersRequest(areaCode: "110000")).workers.isEmpty)
      #expect(
        try await staff.listWorkers(ListWorkersRequest(areaCode: "410000")).workers.map(\.id) == [here.id])
      let street = try await register.staff(of: "410304002")
      #expect(try await street.listWorkers(ListWorkersRequest()).workers.isEmpty)
      #expect(await status { try await street.getWorker(GetWorkerRequest(id: here.id)) }?.code == .notFound)
      #expect(
        await status { try await street.registerWorker(register.courier(area: "410304002")) }?.reason
          == "REGISTERED_ELSEWHERE")
      let merge = await status {
        try await staff.mergeWorkers(MergeWorkersRequest(sourceID: here.id, targetID: there.id))
      }
      #expect(merge?.code == .notFound)
    }
  }

  @Test func rolesDecideWhoCalls() async throws {
    try await Register.run { register in
      let partner = WorkerServiceClient(try await register.host.channel(as: .partner))
      #expect(await status { try await partner.listWorkers(ListWorkersRequest()) }?.code == .permissionDenied)
      let platform = try await register.platform(register.courierPlatform)
      #expect(
        await status {
          try await platform.mergeWorkers(
            MergeWorkersRequest(
              sourceID: "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f",
              targetID: "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"))
        }?.code == .permissionDenied)
      let nobody = WorkerServiceClient(try await register.host.anonymousChannel())
      #expect(await status { try await nobody.listWorkers(ListWorkersRequest()) }?.code == .unauthenticated)
    }
  }
}
