import Audit
import ModuleTesting
import Synchronization
import Testing

@testable import Host

@Suite struct AuditLogTests {
  private func token(_ name: String, on host: TestHost) async throws -> Token {
    let made = try await AccessServiceClient(try await host.channel()).createToken(
      CreateTokenRequest(principalName: name, roles: [.staff]))
    return try #require(made.token)
  }

  @Test(arguments: TestHost.Way.allCases)
  func showsWhatACallChanged(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let audit = AuditServiceClient(try await host.channel(as: .auditor))
      let token = try await token("wang.fang", on: host)
      let method = "yizhan.access.v1.AccessService/CreateToken"
      let listed = try await audit.listRecords(ListRecordsRequest(method: method)).records
      #expect(listed.count == 1)
      #expect(listed[0].method == method && listed[0].module == "access" && listed[0].changes.isEmpty)
      let shown = try await audit.getRecord(GetRecordRequest(sequence: listed[0].sequence))
      #expect(shown.changeCount == 2 && shown.changes.map(\.table) == ["access_principal", "access_token"])
      let columns = try #require(shown.changes.last?.columns)
      #expect(columns.first { $0.column == "id" }?.newValue == token.id)
      #expect(columns.first { $0.column == "hash" }?.newValue == "sealed, 32 bytes")
      #expect(columns.allSatisfy { $0.oldValue == nil })

      _ = try await AccessServiceClient(try await host.channel()).revokeToken(
        RevokeTokenRequest(tokenID: token.id))
      let latest = try #require(try await audit.listRecords(ListRecordsRequest(pageSize: 1)).records.first)
      #expect(latest.method == "yizhan.access.v1.AccessService/RevokeToken")
      let revoked = try #require(
        try await audit.getRecord(GetRecordRequest(sequence: latest.sequence)).changes.first)
      #expect(revoked.operation == .update)
      let change = try #require(revoked.columns.first { $0.column == "revoked_at" })
      #expect(change.oldValue == nil && Int64(change.newValue ?? "") != nil)
    }
  }

  @Test func listsPageByPageAndByEveryFilter() async throws {
    try await TestHost.run([EchoModule.self], way: .inMemory) { host in
      let audit = AuditServiceClient(try await host.channel(as: .auditor))
      for number in 0..<5 { _ = try await token("p\(number)", on: host) }
      let all = try await audit.listRecords(ListRecordsRequest(pageSize: 1_000)).records
      #expect(all.map(\.sequence) == all.map(\.sequence).sorted(by: >))
      var paged: [Record] = []
      var request = ListRecordsRequest(pageSize: 2)
      repeat {
        let page = try await audit.listRecords(request)
        paged += page.records
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty && paged.count < 100
      #expect(paged == all)
      let own = try #require(all.first { $0.method.hasSuffix("/CreateToken") })
      let created = all.filter { $0.method.hasSuffix("/CreateToken") }
      #expect(
        try await audit.listRecords(ListRecordsRequest(principalID: own.principalID, method: own.method))
          .records
          == created)
      #expect(try await audit.listRecords(ListRecordsRequest(module: "echo")).records.isEmpty)
      #expect(try await audit.listRecords(ListRecordsRequest(hasPurpose: true)).records.isEmpty)
      #expect(try await audit.listRecords(ListRecordsRequest(subject: "nothing")).records.isEmpty)
      #expect(try await audit.listRecords(ListRecordsRequest(lookedAt: "nobody")).records.isEmpty)
      let time = try #require(own.time)
      let later = ProtoTimestamp(seconds: time.seconds + 3_600)
      #expect(try await audit.listRecords(ListRecordsRequest(fromTime: later)).records.isEmpty)
      #expect(
        try await audit.listRecords(ListRecordsRequest(pageSize: 1_000, untilTime: later)).records == all)
      await #expect(throws: Status.self) {
        try await audit.listRecords(ListRecordsRequest(fromTime: ProtoTimestamp(nanos: -1)))
      }
    }
  }

  /// Counters that the host writes down by itself would hide, in time, what people did.
  @Test func holdsNothingOfTheHostsOwnCounting() async throws {
    try await TestHost.run([EchoModule.self], way: .inMemory) { host in
      _ = try await EchoClient(try await host.channel(as: .staff, name: "li.na")).call("Get", "x")
      // Both are written down when the host stops.
      try await host.restart()
      try await host.settle()
      let channel = try await host.channel(as: [.administrator, .auditor])
      let tokens = try await AccessServiceClient(channel).listTokens(
        ListTokensRequest(principalName: "li.na"))
      #expect(tokens.tokens.first?.lastUseTime != nil)
      let usage = try await LimitsServiceClient(channel).listUsage(ListUsageRequest())
      #expect(usage.usage.first { $0.principalName == "li.na" }?.calls == 1)
      let records = try await AuditServiceClient(channel).listRecords(ListRecordsRequest(pageSize: 1_000))
      // The host's keys, and the tokens that this test made by its own door.
      #expect(Set(records.records.map(\.method)) == ["start", "test"])
    }
  }

  @Test func isForAuditorsWhoAreBoundToNoArea() async throws {
    try await TestHost.run([EchoModule.self], way: .inMemory) { host in
      for (roles, area, code, reason) in [
        (Roles.auditor, nil, Status.Code.ok, ""), (.administrator, nil, .ok, ""),
        (.auditor, "440304", .permissionDenied, "AREA_BOUND"),
        (.administrator, "440304", .permissionDenied, "AREA_BOUND"),
        (.staff, nil, .permissionDenied, "ROLE_MISSING"),
      ] as [(Roles, String?, Status.Code, String)] {
        let channel = try await host.channel(as: roles, areaCode: area)
        let audit = AuditServiceClient(channel)
        let calls: [@Sendable () async throws -> Void] = [
          { _ = try await audit.listRecords(ListRecordsRequest()) },
          { _ = try await audit.getRecord(GetRecordRequest(sequence: 1)) },
          { _ = try await audit.getHead(GetHeadRequest()) },
          { _ = try await Self.export(channel, from: 0) },
        ]
        for call in calls {
          var refusal: Status?
          do { try await call() } catch let status as Status { refusal = status }
          #expect((refusal?.code ?? .ok) == code && (refusal?.reason ?? "") == reason)
        }
      }
    }
  }

  private static func export(_ channel: any ClientChannel, from: Int64) async throws -> [UInt8] {
    let stream = try await channel.open(AuditServiceMethods.exportRecords.path, CallOptions())
    var request: [UInt8] = []
    ExportRecordsRequest(fromSequence: from).encode(into: &request, in: Arena())
    try await stream.send(request)
    try await stream.finishSending()
    var bytes: [UInt8] = []
    while let message = try await stream.next() { bytes += try ExportChunk(decoding: message).data }
    return bytes
  }

  private static func verify(_ bytes: [UInt8], heads: [AuditHead]) throws -> AuditVerifier.Report {
    let rest = Mutex(bytes[...])
    return try AuditVerifier(heads: heads).verify { maximum in
      rest.withLock { rest in
        defer { rest = rest.dropFirst(maximum) }
        return Array(rest.prefix(maximum))
      }
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func exportsAChainThatGoesOnOverRestarts(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      var heads: [AuditHead] = []
      var joined: [UInt8] = []
      for round in 0..<3 {
        let channel = try await host.channel()
        _ = try await token("round\(round)", on: host)
        let head = try await AuditServiceClient(channel).getHead(GetHeadRequest())
        heads.append(try AuditHead(line: head.line))
        #expect(heads[round].publicKey == heads[0].publicKey && head.keyID == heads[0].keyID)
        joined += try await Self.export(channel, from: round == 0 ? 0 : heads[round - 1].sequence + 1)
        try await host.restart()
      }
      let channel = try await host.channel()
      let whole = try await Self.export(channel, from: 1)
      let report = try Self.verify(whole, heads: heads)
      #expect(report.firstSequence == 1 && report.matchingHeads == 3 && report.isKeyTrusted)
      #expect(try Self.verify(joined, heads: heads).lastSequence == heads[2].sequence)
      await #expect(throws: Status.self) {
        try await Self.export(channel, from: report.lastSequence + 100)
      }
    }
  }
}
