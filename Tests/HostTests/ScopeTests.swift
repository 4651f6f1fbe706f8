import ModuleTesting
import Testing

/// A module whose handlers forget to ask what their caller may reach when the request says so.
private struct BaysModule: Module {
  static let name = "bays"
  static let migrations = [
    Migration(
      1, "bays",
      "CREATE TABLE bays_bay (id TEXT NOT NULL PRIMARY KEY, area_code TEXT NOT NULL, owner TEXT NOT NULL)")
  ]
  static let service = "test.bays.v1.BayService"
  static let fileDescriptorSet = Descriptors.set(
    file: "test/bays/v1/bays.proto", package: "test.bays.v1", service: "BayService",
    methods: ["Get", "Report", "Put", "List", "Load", "Watch"])

  static func method(
    _ name: String, _ kind: MethodKind, _ scope: MethodScope, client: Bool = false, server: Bool = false
  ) -> MethodDescriptor {
    MethodDescriptor(
      service: service, name: name, kind: kind, isClientStreaming: client, isServerStreaming: server,
      policy: AccessPolicy(roles: [.staff, .platform], scope: scope))
  }

  func register(in registrar: Registrar) throws {
    let answer: @Sendable (ProtoStringValue, Snapshot) throws -> ProtoStringValue = { request, snapshot in
      if request.value == "forget" { return ProtoStringValue(value: "told") }
      if request.value == "neighbour" {
        // What a capability asks, in its own module's name, is no asking of this handler's.
        return ProtoStringValue(value: "\(snapshot.entering(ModuleScope(name: "other")).reach)")
      }
      if request.value == "roles" {
        return ProtoStringValue(value: "\(snapshot.reach.areas?.count ?? 0) \(snapshot.roles.rawValue)")
      }
      if request.value == "refuse" { throw Status(.notFound, "none", reason: "NONE") }
      return ProtoStringValue(value: "\(snapshot.reach.includes(area: "410304"))")
    }
    registrar.serve(
      BoundService(
        name: Self.service,
        methods: [
          .read(Self.method("Get", .read, .area), answer),
          .read(Self.method("Report", .report, .case), answer),
          .write(Self.method("Put", .write, .employment)) {
            (request: ProtoStringValue, transaction: Transaction) -> ProtoStringValue in
            try transaction.execute(
              "INSERT INTO bays_bay (id, area_code, owner) VALUES (?, ?, ?)", transaction.makeID(),
              request.value, transaction.caller.organisationID ?? "")
            return try answer(request, transaction)
          },
          .read(Self.method("List", .read, .organisation)) {
            (_: ProtoStringValue, snapshot) -> ProtoStringValue in
            var query = Query("SELECT area_code FROM bays_bay WHERE 1 = 1")
            query.append(snapshot.reach, area: "area_code", owner: "owner")
            query.append(" ORDER BY area_code")
            return ProtoStringValue(value: try snapshot.all(query) { $0.text(0) }.joined(separator: ","))
          },
          .clientStream(Self.method("Load", .stream, .employment, client: true)) {
            (requests: RequestStream<ProtoStringValue>, context) -> ProtoStringValue in
            for try await request in requests where request.value != "silent" {
              try await context.write { transaction in
                try transaction.execute(
                  "INSERT INTO bays_bay (id, area_code, owner) VALUES (?, ?, '')", transaction.makeID(),
                  request.value)
                _ = try answer(request, transaction)
              }
            }
            return ProtoStringValue(value: "loaded")
          },
          .serverStream(Self.method("Watch", .stream, .area, server: true)) {
            (request: ProtoStringValue, replies: ResponseWriter<ProtoStringValue>, context) in
            for _ in 0..<2 {
              let found = try await context.read { try answer(request, $0) }
              try await replies.send(found)
            }
          },
        ]))
  }
}

@Suite struct ScopeTests {
  private static func ask(_ method: String, _ text: String, _ channel: any ClientChannel) async throws
    -> String
  {
    let reply = try await channel.unary(
      "/\(BaysModule.service)/\(method)", ProtoStringValue(value: text).encoded(), CallOptions())
    return try ProtoStringValue(decoding: reply.message).value
  }

  @Test(arguments: ["Get", "Report", "Put"])
  func anAnswerGivenWithoutAskingIsHeldBack(method: String) async throws {
    try await TestHost.run([BaysModule.self]) { host in
      let staff = try await host.channel(as: .staff, areaCode: "410304")
      #expect(try await Self.ask(method, "ask", staff) == "true")
      for text in ["forget", "neighbour"] {
        let error = await #expect(throws: Status.self) { try await Self.ask(method, text, staff) }
        #expect(error?.code == .internalError)
        #expect(error?.reason == "INTERNAL")
      }
      let refusal = await #expect(throws: Status.self) { try await Self.ask(method, "refuse", staff) }
      #expect(refusal?.code == .notFound, "a refusal gives nothing away and needs no asking")
      // What was written without asking is not there.
      let everything = try await host.channel(as: .staff)
      #expect(try await Self.ask("List", "", everything) == (method == "Put" ? "ask" : ""))
    }
  }

  private static func stream(_ method: String, _ texts: [String], _ channel: any ClientChannel) async throws
    -> [String]
  {
    let stream = try await channel.open("/\(BaysModule.service)/\(method)", CallOptions())
    for text in texts { try await stream.send(ProtoStringValue(value: text).encoded()) }
    try await stream.finishSending()
    var replies: [String] = []
    while let bytes = try await stream.next() { replies.append(try ProtoStringValue(decoding: bytes).value) }
    return replies
  }

  @Test(arguments: TestHost.Way.allCases)
  func aStreamThatDoesNotAskAnswersNothingAndWritesNothing(way: TestHost.Way) async throws {
    try await TestHost.run([BaysModule.self], way: way) { host in
      let staff = try await host.channel(as: .staff, areaCode: "410304")
      #expect(try await Self.stream("Watch", ["ask"], staff) == ["true", "true"])
      // Once asked is asked for the whole stream.
      #expect(try await Self.stream("Load", ["ask", "forget"], staff) == ["loaded"])
      for (method, texts) in [
        ("Watch", ["forget"]), ("Watch", ["neighbour"]), ("Load", ["forget", "ask"]), ("Load", ["silent"]),
      ] {
        let error = await #expect(throws: Status.self) { try await Self.stream(method, texts, staff) }
        #expect(error?.reason == "INTERNAL", "\(method) \(texts)")
      }
      let everything = try await host.channel(as: .staff)
      #expect(try await Self.ask("List", "", everything) == "ask,forget")
    }
  }

  @Test func listsKeepToWhatIsWithinReach() async throws {
    try await TestHost.run([BaysModule.self]) { host in
      for (code, owner) in [("410304001", "a"), ("410305", "a"), ("110105", "b"), ("440305", "a")] {
        let platform = try await host.channel(as: .platform, name: owner, organisationID: owner)
        _ = try await Self.ask("Put", code, platform)
      }
      func list(_ roles: Roles, _ owner: String?, _ areas: [String]) async throws -> String {
        let name = "\(roles.rawValue) \(owner ?? "") \(areas)"
        let channel = try await host.channel(as: roles, name: name, organisationID: owner, areaCodes: areas)
        return try await Self.ask("List", "", channel)
      }
      #expect(try await list(.staff, nil, []) == "110105,410304001,410305,440305")
      #expect(try await list(.staff, "a", ["410304"]) == "410304001")
      #expect(try await list(.staff, nil, ["440305", "110000", "410304"]) == "110105,410304001,440305")
      #expect(try await list(.platform, "a", []) == "410304001,410305,440305")
      #expect(try await list(.platform, "a", ["410300", "110105"]) == "410304001,410305")
      #expect(try await list(.platform, "b", []) == "110105")
      #expect(try await list(.platform, nil, []) == "")
    }
  }

  /// A role that the method is not for widens nobody's reach in it.
  @Test func onlyRolesThatTheMethodIsForCount() async throws {
    try await TestHost.run([BaysModule.self]) { host in
      let platform = try await host.channel(as: .platform, name: "b", organisationID: "b")
      _ = try await Self.ask("Put", "410304", platform)
      let both = try await host.channel(as: [.platform, .auditor], name: "a", organisationID: "a")
      #expect(try await Self.ask("List", "", both) == "")
      // Bit 3 is the platform's; bit 5, the auditor's, does not count.
      for method in ["Get", "Report", "Put"] { #expect(try await Self.ask(method, "roles", both) == "0 8") }
    }
  }
}
