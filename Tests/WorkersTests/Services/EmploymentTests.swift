import ModuleTesting
import RPC
import Testing
import Workers

/// How employments end, and what becomes of workers who come back.
@Suite struct EmploymentTests {
  private func leave(_ worker: Worker, _ register: Register) async throws -> Worker {
    try await register.staff.endEmployment(
      EndEmploymentRequest(workerID: worker.id, organisationID: register.courierPlatform))
  }

  /// The host's clock stands at 2026-01-05 09:00 in China, where a day begins at 16:00 UTC.
  @Test func anEmploymentDoesNotEndInAdvance() async throws {
    try await Register.run { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      var request = EndEmploymentRequest(workerID: worker.id, organisationID: register.courierPlatform)
      for date in ["2026-01-06", "2026-07-01", "2027-01-06"] {
        request.endDate = date
        let refused = await status { try await register.staff.endEmployment(request) }
        #expect(refused?.code == .invalidArgument)
        #expect(refused?.violations.map(\.field) == ["end_date"])
        #expect(refused?.violations.map(\.reason) == ["DATE_TO_COME"])
        #expect(refused?.violations.first?.description.contains("2026-01-05") == true)
        #expect(refused?.violations.first?.descriptionChinese.contains("2026-01-05") == true)
      }
      let unchanged = try await register.staff.getWorker(GetWorkerRequest(id: worker.id))
      #expect(unchanged.employments.map(\.state) == [.open])
      // Midnight in China, and in UTC still the day before.
      try await register.host.advance(by: .seconds(15 * 3_600))
      request.endDate = "2026-01-06"
      let ended = try await register.staff.endEmployment(request)
      #expect(ended.employments.map(\.endDate) == ["2026-01-06"])
      #expect(ended.state == .left)
    }
  }

  @Test func anEmploymentThatHasNotBegunEndsOnItsFirstDay() async throws {
    try await Register.run { register in
      var courier = register.courier()
      courier.employment?.startDate = "2026-03-01"
      let worker = try #require(try await register.staff.registerWorker(courier).worker)
      var request = EndEmploymentRequest(workerID: worker.id, organisationID: register.courierPlatform)
      for (date, reason) in [
        ("2026-01-05", "DATE_IMPLAUSIBLE"), ("2026-02-28", "DATE_IMPLAUSIBLE"),
        ("2026-03-02", "DATE_TO_COME"),
      ] {
        request.endDate = date
        let refused = await status { try await register.staff.endEmployment(request) }
        #expect(refused?.violations.map(\.reason) == [reason])
      }
      #expect(try await leave(worker, register).employments.map(\.endDate) == ["2026-03-01"])
    }
  }

  /// Who leaves the last platform and drives on their own is at work.
  @Test(arguments: TestHost.Way.allCases)
  func whoIsRegisteredAnewIsAtWorkAgain(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      var request = register.courier()
      let worker = try #require(try await register.staff.registerWorker(request).worker)
      #expect(try await leave(worker, register).state == .left)
      request.employment = nil
      let reply = try await register.staff.registerWorker(request)
      let back = try #require(reply.worker)
      #expect(reply.outcome == .enriched)
      #expect(back.id == worker.id)
      #expect(back.state == .active)
      #expect(back.employments.map(\.state) == [.ended])
      let again = try await register.staff.registerWorker(request)
      #expect(again.outcome == .unchanged)
      #expect(again.worker == back)
      let list = try await register.staff.listWorkers(ListWorkersRequest(state: .active)).workers
      #expect(list.map(\.id) == [worker.id])
    }
  }

  @Test func anImportBringsBackWhoHasLeft() async throws {
    try await Register.run { register in
      let worker = try #require(try await register.staff.registerWorker(register.courier()).worker)
      _ = try await leave(worker, register)
      let row = WorkerRow(
        name: "苟建国", identityNumber: Register.number, phone: "13800138000", areaCode: Register.district)
      for isDryRun in [true, false] {
        let name = isDryRun ? "dry" : "real"
        let summary = try #require(
          try await [row, row].imported(by: register.staff, as: name, isDryRun: isDryRun).summary)
        #expect(summary.rowsUpdated == 1 && summary.rowsUnchanged == 1)
        #expect(summary.differences == [FieldDifference(field: "state", rowCount: 1)])
      }
      #expect(try await register.staff.getWorker(GetWorkerRequest(id: worker.id)).state == .active)
    }
  }

  @Test func whatIsSaidOfAnOpenEmploymentChangesIt() async throws {
    try await Register.run { register in
      var request = register.courier()
      _ = try await register.staff.registerWorker(request)
      request.employment = NewEmployment(
        organisationID: register.courierPlatform, occupation: .truckDriver, startDate: "2024-05-01")
      let changed = try await register.staff.registerWorker(request)
      #expect(changed.outcome == .enriched)
      let employments = changed.worker?.employments ?? []
      #expect(employments.map(\.station) == ["夹马营路营业部"])
      #expect(employments.map(\.occupation) == [.truckDriver])
      #expect(employments.map(\.startDate) == ["2024-05-01"])
      // Nothing said of the first day is not today.
      request.employment?.startDate = ""
      let again = try await register.staff.registerWorker(request)
      #expect(again.outcome == .unchanged)
      #expect(again.worker?.employments == employments)
    }
  }
}
