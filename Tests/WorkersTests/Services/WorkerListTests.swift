import ModuleTesting
import RPC
import Testing
import Workers

@Suite struct WorkerListTests {
  /// Registers people of several areas, names and occupations and gives their identifiers by name.
  private func people(_ register: Register) async throws -> [String: String] {
    let facts: [(String, String, Occupation, String)] = [
      ("张一一", "410304001", .courier, "13800000001"), ("张一二", "410304002", .taxiDriver, "13800000002"),
      ("张二一", "110102", .livestreamer, "13800000003"), ("李一一", "410304", .courier, "13800000004"),
      ("李二一", "410304001", .truckDriver, "13800000005"),
    ]
    var identifiers: [String: String] = [:]
    for (name, area, occupation, phone) in facts {
      let employment = NewEmployment(organisationID: register.courierPlatform, occupation: occupation)
      identifiers[name] = try await register.staff.registerWorker(
        RegisterWorkerRequest(
          name: name, phone: phone, occupations: [occupation], areaCode: area,
          employment: occupation == .courier ? employment : nil)
      ).worker?.id
    }
    return identifiers
  }

  @Test func filters() async throws {
    try await Register.run { register in
      _ = try await people(register)
      func names(_ request: ListWorkersRequest) async throws -> [String] {
        try await register.staff.listWorkers(request).workers.map(\.name)
      }
      #expect(try await names(ListWorkersRequest()) == ["张二一", "李一一", "张一一", "李二一", "张一二"])
      #expect(try await names(ListWorkersRequest(areaCode: "410304")) == ["李一一", "张一一", "李二一", "张一二"])
      #expect(try await names(ListWorkersRequest(areaCode: "410304001")) == ["张一一", "李二一"])
      #expect(
        try await names(ListWorkersRequest(organisationID: register.courierPlatform)) == ["张一一", "李一一"])
      #expect(try await names(ListWorkersRequest(occupation: .truckDriver)) == ["李二一"])
      // By the whole name: nothing of a sealed one can be searched for.
      #expect(try await names(ListWorkersRequest(name: " 张一一 ")) == ["张一一"])
      #expect(try await names(ListWorkersRequest(name: "张")) == [])
      #expect(try await names(ListWorkersRequest(areaCode: "110000", name: "张二一")) == ["张二一"])
      #expect(try await names(ListWorkersRequest(areaCode: "410304", name: "张二一")) == [])
      #expect(try await names(ListWorkersRequest(state: .left)) == [])
    }
  }

  /// Spaces alone would be no filter, and the list one of everybody.
  @Test func aTextToSearchForSaysSomething() async throws {
    try await Register.run { register in
      let refusals = [
        await status { try await register.staff.listWorkers(ListWorkersRequest(name: "  ")) },
        await status { try await register.areas.listAreas(ListAreasRequest(nameContains: "\u{3000}")) },
        await status {
          try await register.organisations.listOrganisations(ListOrganisationsRequest(nameContains: " "))
        },
      ]
      #expect(refusals.map { $0?.violations.first?.field } == ["name", "name_contains", "name_contains"])
      #expect(refusals.allSatisfy { $0?.violations.first?.reason == "BLANK" })
    }
  }

  @Test(arguments: [
    ListWorkersRequest(), ListWorkersRequest(areaCode: "410304"),
  ])
  func pagesHoldEachWorkerOnce(request: ListWorkersRequest) async throws {
    try await Register.run { register in
      _ = try await people(register)
      let whole = try await register.staff.listWorkers(request).workers
      #expect(whole.count >= 3)
      var request = request
      request.pageSize = 1
      var paged: [Worker] = []
      repeat {
        let page = try await register.staff.listWorkers(request)
        paged += page.workers
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(paged == whole)
      request.pageSize = -1
      #expect(await status { try await register.staff.listWorkers(request) }?.code == .invalidArgument)
    }
  }

  @Test func aPageTokenIsItsCallersOwn() async throws {
    try await Register.run { register in
      _ = try await people(register)
      let token = try await register.staff.listWorkers(ListWorkersRequest(pageSize: 1)).nextPageToken
      let staff = try await register.staff(of: "410304")
      #expect(
        await status {
          try await staff.listWorkers(ListWorkersRequest(pageSize: 1, pageToken: token))
        }?.violations.first?.reason == "PAGE_TOKEN_INVALID")
      #expect(
        await status {
          try await register.staff.listWorkers(
            ListWorkersRequest(pageSize: 1, pageToken: String(token.dropLast())))
        }?.code == .invalidArgument)
    }
  }
}
