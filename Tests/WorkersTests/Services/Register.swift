import ModuleTesting
import RPC
import Testing
import Workers

/// A host with the register on it: the areas of the seeds, two platforms, and clients by role.
struct Register {
  let host: TestHost
  let areas: AreaServiceClient
  let organisations: OrganisationServiceClient
  /// Staff who serve every area.
  let staff: WorkerServiceClient
  let courierPlatform: String
  let deliveryPlatform: String

  static let district = "410304"
  static let otherDistrict = "110102"
  /// The examples of GB 11643-1999 are too old to work; these have other birth dates and the check characters
  /// that the standard's formula gives by hand.
  static let number = "410304199001011238"
  static let otherNumber = "410304199502281244"

  static func run(
    _ way: TestHost.Way = .inMemory, _ body: (Register) async throws -> Void
  ) async throws {
    try await TestHost.run([WorkersModule.self], way: way) { host in
      try await body(try await Register(host))
    }
  }

  init(_ host: TestHost) async throws {
    self.host = host
    let administrator = try await host.channel()
    areas = AreaServiceClient(administrator)
    organisations = OrganisationServiceClient(administrator)
    staff = WorkerServiceClient(try await host.channel(as: .staff, purpose: "register"))
    for (code, name) in [
      ("110000", "北京市"), ("110100", "北京市"), ("110102", "西城区"), ("410000", "河南省"), ("410300", "洛阳市"),
      ("410304", "瀍河回族区"), ("410304001", "东关街道"), ("410304002", "瀍西街道"),
    ] {
      _ = try await areas.createArea(CreateAreaRequest(code: code, name: name))
    }
    courierPlatform = try await organisations.createOrganisation(
      CreateOrganisationRequest(kind: .platform, name: "顺丰速运", areaCode: "410300")
    ).id
    deliveryPlatform = try await organisations.createOrganisation(
      CreateOrganisationRequest(kind: .platform, name: "饿了么", areaCode: "110000")
    ).id
  }

  /// The systems of a platform.
  func platform(_ id: String) async throws -> WorkerServiceClient {
    WorkerServiceClient(
      try await host.channel(as: .platform, name: "platform \(id)", organisationID: id, purpose: "register"))
  }

  /// The systems of a platform, bound to one area.
  func platform(_ id: String, of areaCode: String) async throws -> WorkerServiceClient {
    WorkerServiceClient(
      try await host.channel(
        as: .platform, name: "platform \(id) \(areaCode)", organisationID: id, areaCode: areaCode,
        purpose: "register"))
  }

  /// Staff of one area.
  func staff(of areaCode: String) async throws -> WorkerServiceClient {
    WorkerServiceClient(
      try await host.channel(as: .staff, name: "staff \(areaCode)", areaCode: areaCode, purpose: "register"))
  }

  /// Party, union and league of a worker, which are shown for that purpose alone.
  func affiliation(of id: String) async throws -> Affiliation? {
    let channel = try await host.channel(as: .staff, name: "party office", purpose: "affiliation")
    return try await WorkerServiceClient(channel).getWorker(GetWorkerRequest(id: id)).affiliation
  }

  /// A request that registers a courier of the first platform.
  func courier(
    name: String = "苟建国", number: String = Register.number, phone: String = "13800138000",
    area: String = Register.district
  ) -> RegisterWorkerRequest {
    RegisterWorkerRequest(
      name: name, identityNumber: number, phone: phone, areaCode: area,
      employment: NewEmployment(
        organisationID: courierPlatform, station: "夹马营路营业部", occupation: .courier, startDate: "2025-03-01"))
  }
}

/// The status that a call fails with.
func status(_ call: () async throws -> some Any) async -> Status? {
  do {
    _ = try await call()
    return nil
  } catch {
    return error as? Status
  }
}

/// What a call is refused with, but for the call's own name: equal for callers who are told the same.
func refusal(_ call: () async throws -> some Any) async -> Status? {
  var status = await status(call)
  status?.metadata["request_id"] = nil
  return status
}
