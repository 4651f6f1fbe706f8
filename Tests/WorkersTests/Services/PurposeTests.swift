import ModuleTesting
import RPC
import Testing
import Workers

/// Personal data in replies: masked unless the call says what it is for, and that on record.
@Suite struct PurposeTests {
  private func worker(_ register: Register, _ roles: Roles, purpose: String?, _ id: String) async throws
    -> Worker
  {
    let channel = try await register.host.channel(
      as: roles, name: "reader \(roles.rawValue)", purpose: purpose)
    return try await WorkerServiceClient(channel).getWorker(GetWorkerRequest(id: id))
  }

  @Test(arguments: TestHost.Way.allCases)
  func repliesAreMaskedUntilAPurposeIsNamed(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let plain = WorkerServiceClient(try await register.host.channel(as: .staff, name: "desk"))
      // A write's reply is masked like any other.
      let created = try #require(try await plain.registerWorker(register.courier()).worker)
      #expect(created.name == "苟**")
      #expect(created.phone == "+86138****8000")
      #expect(created.identityNumber == "410**************8")
      #expect(created.sex == .unspecified)
      #expect(created.birthDate == "1990-**-**")

      let masked = try await worker(register, .staff, purpose: nil, created.id)
      #expect(masked == created)
      let open = try await worker(register, .staff, purpose: "register", created.id)
      #expect(open.name == "苟建国")
      #expect(open.phone == "+8613800138000")
      #expect(open.identityNumber == Register.number)
      #expect(open.sex == .male)
      #expect(open.birthDate == "1990-01-01")
      // What is no personal data is the same.
      #expect(open.employments == masked.employments)
    }
  }

  @Test func purposesAreCheckedAgainstWhatIsDeclared() async throws {
    try await Register.run { register in
      let id = try #require(try await register.staff.registerWorker(register.courier()).worker).id
      let unknown = await status { try await worker(register, .staff, purpose: "curiosity", id) }
      #expect(unknown?.code == .invalidArgument)
      #expect(unknown?.reason == "PURPOSE_UNKNOWN")
      #expect(unknown?.message.contains("register") == true)
      // Who runs the host has no business with the data in it.
      let denied = await status { try await worker(register, .administrator, purpose: "register", id) }
      #expect(denied?.code == .permissionDenied)
      #expect(denied?.reason == "PURPOSE_NOT_ALLOWED")
      #expect(denied?.message.contains("staff") == true)
      let list = try await register.staff.listWorkers(ListWorkersRequest())
      #expect(list.workers.map(\.name) == ["苟建国"])
    }
  }
}
