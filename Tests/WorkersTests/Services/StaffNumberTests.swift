import ModuleTesting
import Testing
import Workers

/// The numbers by which platforms know their workers are personal: sealed with the rest, masked unless asked for.
@Suite struct StaffNumberTests {
  private func numbers(_ worker: Worker) -> [String] { worker.employments.map(\.staffNumber) }

  @Test func itIsShownForTheRegisterAndMaskedOtherwise() async throws {
    try await Register.run { register in
      var request = register.courier()
      request.employment?.staffNumber = "B123456789"
      let id = try #require(try await register.staff.registerWorker(request).worker).id
      let get = GetWorkerRequest(id: id)
      #expect(numbers(try await register.staff.getWorker(get)) == ["B123456789"])
      let platform = try await register.platform(register.courierPlatform)
      #expect(numbers(try await platform.getWorker(get)) == ["B123456789"])
      let plain = WorkerServiceClient(try await register.host.channel(as: .staff, name: "plain"))
      #expect(numbers(try await plain.getWorker(get)) == ["******6789"])
      let list = try await plain.listWorkers(ListWorkersRequest(areaCode: Register.district))
      #expect(list.workers.map { numbers($0) } == [["******6789"]])
    }
  }

  @Test func itStaysWithItsEmploymentThroughChangesAndMerges() async throws {
    try await Register.run { register in
      var request = register.courier()
      request.employment?.staffNumber = "007"
      let worker = try #require(try await register.staff.registerWorker(request).worker)
      // Another employment, then another number for the first one.
      _ = try await register.staff.addEmployment(
        AddEmploymentRequest(
          workerID: worker.id,
          employment: NewEmployment(
            organisationID: register.deliveryPlatform, occupation: .deliveryRider, staffNumber: "R-1")))
      request.employment?.staffNumber = "008"
      _ = try await register.staff.registerWorker(request)
      _ = try await register.staff.updateWorker(UpdateWorkerRequest(id: worker.id, occupations: [.courier]))
      let changed = try await register.staff.getWorker(GetWorkerRequest(id: worker.id))
      #expect(numbers(changed) == ["008", "R-1"])
      // What ended keeps its number, also where one entry goes into another.
      _ = try await register.staff.endEmployment(
        EndEmploymentRequest(workerID: worker.id, organisationID: register.courierPlatform))
      var other = register.courier(number: "", phone: "13800138001")
      other.employment?.staffNumber = "009"
      let source = try #require(try await register.staff.registerWorker(other).worker)
      let merged = try await register.staff.mergeWorkers(
        MergeWorkersRequest(sourceID: source.id, targetID: worker.id))
      #expect(numbers(merged) == ["008", "R-1", "009"])
    }
  }
}
