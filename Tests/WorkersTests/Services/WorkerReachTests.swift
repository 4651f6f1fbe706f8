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
      #expect(view.identityNumber == "**************1238")
      #expect(view.birthDate == "")
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
      let bound = WorkerServiceClient(
        try await register.host.channel(
          as: .platform, name: "bound", organisationID: register.courierPlatform,
          areaCode: Register.otherDistrict, purpose: "register"))
      for call in [
        { try await bound.getWorker(GetWorkerRequest(id: worker.id)) },
        { try await bound.updateWorker(UpdateWorkerRequest(id: worker.id, phone: "13700137000")) },
        { try await bound.endEmployment(EndEmploymentRequest(workerID: worker.id)) },
      ] as [@Sendable () async throws -> Worker] {
        #expect(await status(call)?.reason == "WORKER_NOT_FOUND")
      }
      let unchanged = try await register.staff.getWorker(GetWorkerRequest(id: worker.id))
      #expect(unchanged.employments.map(\.state) == [.open])
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
