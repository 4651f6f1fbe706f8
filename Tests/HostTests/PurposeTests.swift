import ModuleTesting
import Testing

@testable import Host

/// A module that says what it would show: unmasked for the purpose "care", which staff may have.
private struct LooksModule: Module {
  static let name = "looks"
  static let migrations = [Migration(1, "looks", "CREATE TABLE looks_look (person TEXT NOT NULL)")]
  static let service = "test.looks.v1.LookService"
  static let fileDescriptorSet = Descriptors.set(
    file: "test/looks/v1/looks.proto", package: "test.looks.v1", service: "LookService",
    methods: ["Get", "Report", "Put"])
  static let gate = EchoGate()

  private static func method(_ name: String, _ kind: MethodKind, _ body: BoundMethod.Body) -> BoundMethod {
    let descriptor = MethodDescriptor(
      service: service, name: name, kind: kind,
      policy: AccessPolicy(roles: [.staff, .platform], scope: .any))
    return BoundMethod(
      descriptor: descriptor, purposes: [PersonalPurpose("care", roles: Roles.staff.rawValue)], body: body)
  }

  private static func answer(_ person: String, _ snapshot: Snapshot, _ arena: Arena, _ output: inout [UInt8])
  {
    snapshot.concerns(person: person)
    ProtoStringValue(value: snapshot.purpose ?? "masked").encodeFramed(into: &output, in: arena)
  }

  func register(in registrar: Registrar) throws {
    let vault = registrar.vault
    let read: BoundMethod.Read = { message, arena, snapshot, output in
      Self.answer(try ProtoStringValue(checking: message, in: arena).value, snapshot, arena, &output)
    }
    registrar.serve(
      BoundService(
        name: Self.service,
        methods: [
          Self.method("Get", .read, .read(read)), Self.method("Report", .report, .read(read)),
          Self.method(
            "Put", .write,
            .write { message, arena in
              let person = try ProtoStringValue(checking: message, in: arena).value
              return { transaction, arena, output, first in
                if person == "hold" { Self.gate.wait() }
                _ = try vault.seal(["x"], of: person, as: "looks_look.person", in: transaction)
                try transaction.execute("INSERT INTO looks_look (person) VALUES (?)", person)
                guard let first else { return Self.answer(person, transaction, arena, &output) }
                ProtoStringValue(value: "masked").encodeFramed(into: &output, in: arena)
                first.bytes.removeAll()
                Self.answer(person, transaction, arena, &first.bytes)
              }
            }),
        ]))
  }
}

/// Calls that ask for unmasked data: what stands for them in the audit log, and what they may ask of the host.
@Suite struct PurposeTests {
  private func call(
    _ method: String, _ text: String, _ channel: any ClientChannel, purpose: String? = nil, key: String? = nil
  ) async throws -> (text: String, isReplayed: Bool) {
    var options = CallOptions(idempotencyKey: key)
    if let purpose { options.metadata.add("yizhan-purpose", purpose) }
    let reply = try await channel.unary(
      "/\(LooksModule.service)/\(method)", ProtoStringValue(value: text).encoded(), options)
    return (
      try ProtoStringValue(decoding: reply.message).value, reply.trailers["idempotent-replayed"] == "true"
    )
  }

  /// The records of the module's calls, the first first.
  private func records(_ host: TestHost) async throws -> [Record] {
    let audit = AuditServiceClient(try await host.channel(as: .auditor))
    return try await audit.listRecords(ListRecordsRequest(pageSize: 1_000, module: "looks")).records
      .reversed()
  }

  @Test func everyWriteAndEveryUnmaskedAnswerHasADigest() async throws {
    var digests: [[String]] = []
    for _ in 0..<2 {
      try await TestHost.run([LooksModule.self]) { host in
        let staff = try await host.channel(as: .staff)
        let platform = try await host.channel(as: .platform)
        _ = try await call("Put", "13800000000", staff)
        _ = try await call("Put", "13800000000", staff, key: "k")
        _ = try await call("Put", "13800000001", staff)
        _ = try await call("Put", "13800000000", platform)
        _ = try await call("Put", "13800000000", staff, purpose: "care")
        _ = try await call("Get", "13800000000", staff, purpose: "care")
        _ = try await call("Report", "13800000000", staff, purpose: "care")
        _ = try await call("Get", "13800000000", staff)
        for (owner, areas) in [
          (nil, ["410304"]), ("a", []), (nil, ["410304", "440305"]),
        ] as [(String?, [String])] {
          let other = try await host.channel(as: .staff, organisationID: owner, areaCodes: areas)
          _ = try await call("Put", "13800000000", other)
        }
        digests.append(try await records(host).map(\.digest))
      }
    }
    for digests in digests {
      #expect(digests.count == 10)
      #expect(digests.allSatisfy { $0.utf8.count == 64 })
      #expect(digests[0] == digests[1], "the same request")
      #expect(
        Set(digests).count == 9,
        "another person, other roles, a purpose, another method, areas, an organisation, more areas")
    }
    // Another host's say nothing about this one's.
    #expect(Set(digests[0]).isDisjoint(with: digests[1]))
  }

  @Test(arguments: TestHost.Way.allCases)
  func aReplayIsMaskedAndNoLook(way: TestHost.Way) async throws {
    try await TestHost.run([LooksModule.self], way: way) { host in
      let staff = try await host.channel(as: .staff)
      for (purpose, other) in [("care", nil), (nil, "care")] as [(String?, String?)] {
        let key = "key \(purpose ?? "")".replacing(" ", with: "-")
        let before = try await records(host).count
        for isReplayed in [false, true, true] {
          let reply = try await call("Put", "p1", staff, purpose: purpose, key: key)
          #expect(reply == (isReplayed ? "masked" : purpose ?? "masked", isReplayed))
        }
        let error = await #expect(throws: Status.self) {
          try await call("Put", "p1", staff, purpose: other, key: key)
        }
        #expect(error?.reason == "IDEMPOTENCY_KEY_REUSED")
        let made = try await records(host).dropFirst(before)
        // The write alone: who repeats it is shown nothing unmasked.
        #expect(made.map(\.persons) == [["p1"]])
        #expect(made.map(\.purpose) == [purpose ?? ""])
      }
      let audit = AuditServiceClient(try await host.channel(as: .auditor))
      let looks = try await audit.listRecords(ListRecordsRequest(lookedAt: "p1")).records
      #expect(looks.count == 1)
      #expect(try await audit.getRecord(GetRecordRequest(sequence: looks[0].sequence)).changeCount == 1)
    }
  }

  /// The record of a look is a write, which waits for its turn like any other.
  @Test func unmaskedReadsWaitForTheWriterWithinItsLimits() async throws {
    try await TestHost.run([LooksModule.self], settings: ["write-queue": "16"]) { host in
      LooksModule.gate.close()
      defer { LooksModule.gate.open() }
      let staff = try await host.channel(as: .staff)
      _ = try await call("Get", "p", staff)
      await withTaskGroup(of: Status?.self) { group in
        func add(_ method: String, _ text: String, _ purpose: String?) {
          group.addTask {
            do {
              _ = try await call(method, text, staff, purpose: purpose)
              return nil
            } catch {
              return error as? Status ?? Status(.unknown, "\(error)")
            }
          }
        }
        add("Put", "hold", nil)
        while !LooksModule.gate.isReached { await Task.yield() }
        for number in 0..<40 { add(number % 2 == 0 ? "Get" : "Report", "p\(number)", "care") }
        var refused: [Status] = []
        while refused.count < 24, let status = await group.next() { status.map { refused.append($0) } }
        #expect(refused.allSatisfy { $0.code == .resourceExhausted && $0.retryDelay != nil })
        // One may have been refused by the queue itself.
        let reasons = refused.filter { $0.metadata["limit"]?.isEmpty == false }
        #expect(reasons.count >= 20, "\(refused.map(\.reason))")
        LooksModule.gate.open()
        for await status in group { #expect(status == nil || status?.code == .resourceExhausted) }
      }
      #expect(try await call("Get", "p", staff, purpose: "care").text == "care")
      #expect(try host.metricsPage().contains(#"yizhan_limits_under_way{kind="WRITE"} 0"#))
      #expect(try host.metricsPage().contains(#"yizhan_limits_under_way{kind="REPORT"} 0"#))
    }
  }
}
