import ModuleTesting
import Testing

@testable import Host

@Suite struct HealthAndReflectionTests {
  private func check(_ channel: any ClientChannel, _ service: String) async throws
    -> HealthCheckResponse.ServingStatus
  {
    let reply = try await channel.unary(
      "/grpc.health.v1.Health/Check", HealthCheckRequest(service: service).encoded(), CallOptions())
    return try HealthCheckResponse(decoding: reply.message).status
  }

  @Test(arguments: TestHost.Way.allCases)
  func answersHealthWithoutAToken(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let channel = try await host.anonymousChannel()
      #expect(try await check(channel, "") == .serving)
      #expect(try await check(channel, "test.echo.v1.EchoService") == .serving)
      let unknown = await #expect(throws: Status.self) { _ = try await check(channel, "test.Nothing") }
      #expect(unknown?.code == .notFound)
      let list = try await channel.unary("/grpc.health.v1.Health/List", [], CallOptions())
      let statuses = try HealthListResponse(decoding: list.message).statuses
      #expect(statuses[""]?.status == .serving)
      #expect(statuses["yizhan.access.v1.AccessService"]?.status == .serving)
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func watchesHealth(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let channel = try await host.anonymousChannel()
      func watch(_ service: String) async throws -> any ClientStream {
        let stream = try await channel.open("/grpc.health.v1.Health/Watch", CallOptions())
        try await stream.send(HealthCheckRequest(service: service).encoded())
        try await stream.finishSending()
        return stream
      }
      let known = try await watch("")
      #expect(try await known.next().map { try HealthCheckResponse(decoding: $0).status } == .serving)
      let unknown = try await watch("test.Nothing")
      #expect(
        try await unknown.next().map { try HealthCheckResponse(decoding: $0).status } == .serviceUnknown)
      unknown.cancel()
    }
  }

  @Test func tellsWatchersOfADrain() async throws {
    let health = HealthService(services: ["s"])
    #expect(health.status(of: "s") == .notServing)
    health.set(isServing: true)
    #expect(health.status(of: "s") == .serving)
    #expect(health.status(of: "t") == nil)
    health.set(isServing: false)
    #expect(health.status(of: "") == .notServing)
  }

  private func reflect(
    _ channel: any ClientChannel, _ version: String, _ requests: [ServerReflectionRequest.MessageRequest]
  ) async throws -> [ServerReflectionResponse] {
    let stream = try await channel.open(
      "/grpc.reflection.\(version).ServerReflection/ServerReflectionInfo", CallOptions())
    var responses: [ServerReflectionResponse] = []
    for request in requests {
      try await stream.send(ServerReflectionRequest(messageRequest: request).encoded())
      guard let message = try await stream.next() else { break }
      responses.append(try ServerReflectionResponse(decoding: message))
    }
    try await stream.finishSending()
    #expect(try await stream.next() == nil)
    return responses
  }

  private func fileNames(_ response: ServerReflectionResponse) throws -> [String] {
    guard case .fileDescriptorResponse(let files) = response.messageResponse else { return [] }
    return try files.fileDescriptorProto.map { try Schema.imports(ofFile: $0).name }
  }

  @Test(arguments: TestHost.Way.allCases, ["v1", "v1alpha"])
  func reflects(way: TestHost.Way, version: String) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let channel = try await host.channel(as: .partner)
      let responses = try await reflect(
        channel, version,
        [
          .listServices(""), .fileContainingSymbol("test.echo.v1.EchoService"),
          .fileContainingSymbol("yizhan.access.v1.AccessService.CreateToken"),
          .fileContainingSymbol("yizhan.access.v1.ROLE_STAFF"), .fileByFilename("yizhan/options.proto"),
          .fileContainingExtension(
            ExtensionRequest(containingType: "google.protobuf.MethodOptions", extensionNumber: 50100)),
          .allExtensionNumbersOfType("google.protobuf.FieldOptions"), .fileContainingSymbol("no.Such"),
        ])
      try #require(responses.count == 8)
      guard case .listServicesResponse(let services) = responses[0].messageResponse else {
        return #expect(Bool(false), "no list")
      }
      #expect(
        services.service.map(\.name) == [
          "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
          "test.echo.v1.EchoService", "yizhan.access.v1.AccessService",
          "yizhan.access.v1.PolicyService", "yizhan.audit.v1.AuditService", "yizhan.limits.v1.LimitsService",
          "yizhan.privacy.v1.ConsentService", "yizhan.privacy.v1.KeyService",
          "yizhan.privacy.v1.PersonalDataService",
        ])
      // The importer first, then what it imports, so that a client with an empty pool can build them.
      let echo = try fileNames(responses[1])
      #expect(echo == ["test/echo/v1/echo.proto", "google/protobuf/wrappers.proto"])
      let access = try fileNames(responses[2])
      #expect(access.first == "yizhan/access/v1/access.proto")
      #expect(
        Set(access) == [
          "yizhan/access/v1/access.proto", "yizhan/access/v1/principal.proto", "yizhan/options.proto",
          "google/protobuf/timestamp.proto",
          "google/protobuf/descriptor.proto",
        ])
      #expect(try fileNames(responses[3]).first == "yizhan/access/v1/principal.proto")
      #expect(try fileNames(responses[4]).first == "yizhan/options.proto")
      #expect(try fileNames(responses[5]).first == "yizhan/options.proto")
      guard case .allExtensionNumbersResponse(let numbers) = responses[6].messageResponse else {
        return #expect(Bool(false), "no numbers")
      }
      #expect(numbers.extensionNumber == [50101, 50102])
      guard case .errorResponse(let error) = responses[7].messageResponse else {
        return #expect(Bool(false), "no error")
      }
      #expect(error.errorCode == 5)
    }
  }

  @Test func reflectionNeedsAToken() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let channel = try await host.anonymousChannel()
      let status = await #expect(throws: Status.self) {
        _ = try await reflect(channel, "v1", [.listServices("")])
      }
      #expect(status?.code == .unauthenticated)
    }
  }
}
