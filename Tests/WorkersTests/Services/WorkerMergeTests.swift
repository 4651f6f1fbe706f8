import ModuleTesting
import RPC
import Testing
import Workers

@Suite struct WorkerMergeTests {
  /// One person twice: with the identity number at one platform, by another phone only at two.
  private func twins(_ register: Register) async throws -> (source: Worker, target: Worker) {
    let target = try #require(try await register.staff.registerWorker(register.courier()).worker)
    var request = register.courier(number: "", phone: "13900139000")
    request.affiliation = Affiliation(isUnionMember: true)
    request.affiliationConsent = "form 2026-118"
    let source = try #require(try await register.staff.registerWorker(request).worker)
    let both = try await register.staff.addEmployment(
      AddEmploymentRequest(
        workerID: source.id,
        employment: NewEmployment(organisationID: register.deliveryPlatform, occupation: .deliveryRider)))
    return (both, target)
  }

  @Test(arguments: TestHost.Way.allCases)
  func everythingGoesToTheTarget(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let (source, target) = try await twins(register)
      #expect(source.id != target.id)
      let merged = try await register.staff.mergeWorkers(
        MergeWorkersRequest(
          sourceID: source.id, targetID: target.id, sourceEtag: source.etag, targetEtag: target.etag))
      #expect(merged.id == target.id)
      #expect(merged.identityNumber == Register.number)
      #expect(merged.phone == "+8613800138000")
      #expect(merged.otherPhones == ["+8613900139000"])
      #expect(merged.occupations == [.courier, .deliveryRider])
      #expect(merged.affiliation == nil)
      #expect(try await register.affiliation(of: merged.id) == Affiliation(isUnionMember: true))
      let open = merged.employments.filter { $0.state == .open }
      #expect(Set(open.map(\.organisationID)) == [register.courierPlatform, register.deliveryPlatform])
      #expect(open.count == 2)
      #expect(merged.employments.filter { $0.state == .duplicate }.count == 1)
      // The old identifier and every phone lead to the one entry; the list has it once.
      #expect(try await register.staff.getWorker(GetWorkerRequest(id: source.id)) == merged)
      #expect(try await register.staff.findWorker(FindWorkerRequest(phone: "13900139000")) == merged)
      #expect(try await register.staff.listWorkers(ListWorkersRequest()).workers == [merged])
      #expect(
        try await register.staff.listWorkers(ListWorkersRequest(state: .merged)).workers.map(\.id) == [
          source.id
        ])
      let again = await status {
        try await register.staff.mergeWorkers(MergeWorkersRequest(sourceID: source.id, targetID: target.id))
      }
      #expect(again?.reason == "MERGE_WITH_ITSELF")
    }
  }

  @Test func chainsOfMergesResolve() async throws {
    try await Register.run { register in
      let (source, target) = try await twins(register)
      let third = try #require(
        try await register.staff.registerWorker(register.courier(number: "", phone: "13700137000")).worker)
      _ = try await register.staff.mergeWorkers(MergeWorkersRequest(sourceID: third.id, targetID: source.id))
      _ = try await register.staff.mergeWorkers(MergeWorkersRequest(sourceID: source.id, targetID: target.id))
      for id in [third.id, source.id, target.id] {
        #expect(try await register.staff.getWorker(GetWorkerRequest(id: id)).id == target.id)
      }
      let found = try await register.staff.findWorker(FindWorkerRequest(phone: "13700137000"))
      #expect(found.id == target.id)
      #expect(found.otherPhones.count == 2)
    }
  }

  @Test func whatIsNoDuplicateStays() async throws {
    try await Register.run { register in
      let (source, target) = try await twins(register)
      let other = try #require(
        try await register.staff.registerWorker(
          register.courier(name: "李金玲", number: Register.otherNumber, phone: "13700137000")
        ).worker)
      func merge(_ request: MergeWorkersRequest) async -> Status? {
        await status { try await register.staff.mergeWorkers(request) }
      }
      #expect(
        await merge(MergeWorkersRequest(sourceID: other.id, targetID: target.id))?.reason
          == "MERGE_OF_TWO_PERSONS")
      #expect(
        await merge(MergeWorkersRequest(sourceID: source.id, targetID: source.id))?.reason
          == "MERGE_WITH_ITSELF")
      #expect(
        await merge(MergeWorkersRequest(sourceID: source.id, targetID: target.id, targetEtag: "0"))?.reason
          == "ETAG_STALE")
      #expect(
        await merge(
          MergeWorkersRequest(sourceID: "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f", targetID: target.id))?.reason
          == "WORKER_NOT_FOUND")
    }
  }

  /// Three phones and three: no merge decides which one of them nobody needs.
  @Test func aMergeLeavesNobodyWithMoreThanFivePhones() async throws {
    try await Register.run { register in
      let twins = try await twins(register)
      let source = try await register.staff.updateWorker(
        UpdateWorkerRequest(id: twins.source.id, otherPhones: ["13900139001", "13900139002"]))
      let target = try await register.staff.updateWorker(
        UpdateWorkerRequest(id: twins.target.id, otherPhones: ["13800138001", "13800138002"]))
      let request = MergeWorkersRequest(sourceID: source.id, targetID: target.id)
      let refused = await status { try await register.staff.mergeWorkers(request) }
      #expect(refused?.code == .failedPrecondition)
      #expect(refused?.reason == "TOO_MANY_PHONES")
      #expect(refused?.metadata["source_phones"] == "3" && refused?.metadata["target_phones"] == "3")
      #expect(refused?.metadata["limit"] == "5")
      #expect(try await register.staff.getWorker(GetWorkerRequest(id: source.id)) == source)
      #expect(try await register.staff.getWorker(GetWorkerRequest(id: target.id)) == target)

      _ = try await register.staff.updateWorker(
        UpdateWorkerRequest(id: source.id, otherPhones: ["13900139001"]))
      let merged = try await register.staff.mergeWorkers(request)
      #expect(merged.phone == "+8613800138000")
      #expect(
        merged.otherPhones == ["+8613800138001", "+8613800138002", "+8613900139000", "+8613900139001"])
    }
  }

  @Test func likelyDuplicatesAreListed() async throws {
    try await Register.run { register in
      let (source, target) = try await twins(register)
      // Same name in another county, and another name: no candidates.
      _ = try await register.staff.registerWorker(
        register.courier(number: "", phone: "13600136000", area: "110102"))
      _ = try await register.staff.registerWorker(
        register.courier(name: "李金玲", number: "", phone: "13500135000"))
      let duplicates = try await register.staff.listDuplicates(ListDuplicatesRequest()).duplicates
      #expect(duplicates.map(\.sourceID) == [source.id])
      #expect(duplicates.map(\.targetID) == [target.id])
      #expect(duplicates.first?.samePlatform == true)
      #expect(duplicates.first?.sameStation == true)
      let elsewhere = try await register.staff(of: "110102")
      #expect(try await elsewhere.listDuplicates(ListDuplicatesRequest()).duplicates.isEmpty)
      _ = try await register.staff.mergeWorkers(MergeWorkersRequest(sourceID: source.id, targetID: target.id))
      #expect(try await register.staff.listDuplicates(ListDuplicatesRequest()).duplicates.isEmpty)
    }
  }
}
