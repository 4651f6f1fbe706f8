import Host
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

/// Lockers, each in an area, with a descriptor that declares what generated ones declare. The messages are read as
/// `StringValue`, which has the same bytes.
private protocol LockersModule: Module {
  /// What is wrong with it.
  static var fault: LockersFault { get }
}

private enum LockersFault {
  case none
  /// It asks what its caller may reach, and then does not keep to it.
  case leaks
  /// It serves nobody.
  case refuses
}

private struct TightLockers: LockersModule { static let fault = LockersFault.none }
private struct LeakyLockers: LockersModule { static let fault = LockersFault.leaks }
private struct ShutLockers: LockersModule { static let fault = LockersFault.refuses }

extension LockersModule {
  static var name: String { "lockers" }
  static var migrations: [Migration] {
    [
      Migration(
        1, "lockers", "CREATE TABLE lockers_locker (id TEXT NOT NULL PRIMARY KEY, area_code TEXT NOT NULL)")
    ]
  }
  static var service: String { "test.lockers.v1.LockerService" }

  static var fileDescriptorSet: [UInt8] {
    func field(_ name: String, isRequired: Bool) -> [UInt8] {
      var check = WireWriter()
      check.tag(1, .varint)
      check.varint(isRequired ? 1 : 0)
      var options = WireWriter()
      options.field(50_101, check.bytes)
      var field = WireWriter()
      field.field(1, name)
      for (number, value) in [(3, 1), (4, 1), (5, 9)] as [(Int32, UInt64)] {
        field.tag(number, .varint)
        field.varint(value)
      }
      field.field(8, options.bytes)
      return field.bytes
    }
    func method(_ name: String, kind: UInt64) -> [UInt8] {
      var declaration = WireWriter()
      for (number, value) in [(1, kind), (2, 2), (3, 4)] as [(Int32, UInt64)] {
        declaration.tag(number, .varint)
        declaration.varint(value)
      }
      var options = WireWriter()
      options.field(50_100, declaration.bytes)
      var method = WireWriter()
      method.field(1, name)
      method.field(2, ".test.lockers.v1.\(name)Request")
      method.field(3, ".test.lockers.v1.Locker")
      method.field(4, options.bytes)
      return method.bytes
    }
    var file = WireWriter()
    file.field(1, "test/lockers/v1/lockers.proto")
    file.field(2, "test.lockers.v1")
    file.field(3, "yizhan/options.proto")
    for (name, only) in [
      ("Locker", "id"), ("CreateLockerRequest", "area_code"), ("GetLockerRequest", "locker_id"),
      ("EmptyLockerRequest", "locker_id"),
    ] {
      var message = WireWriter()
      message.field(1, name)
      message.field(2, field(only, isRequired: name != "Locker"))
      file.field(4, message.bytes)
    }
    var service = WireWriter()
    service.field(1, "LockerService")
    service.field(2, method("CreateLocker", kind: 3))
    service.field(2, method("GetLocker", kind: 1))
    service.field(2, method("EmptyLocker", kind: 3))
    file.field(6, service.bytes)
    file.field(12, "proto3")
    var set = WireWriter()
    set.field(1, file.bytes)
    // The names of roles and scopes are those of the options, which the host's own descriptors bring along.
    return set.bytes + HostCore.ownDescriptorSet
  }

  private static func method(_ name: String, _ kind: MethodKind) -> MethodDescriptor {
    MethodDescriptor(
      service: service, name: name, kind: kind, isClientStreaming: false, isServerStreaming: false,
      policy: AccessPolicy(roles: [.staff], scope: .area))
  }

  private static func refusal(_ reason: String) -> Status {
    Status(.notFound, "no such thing", reason: reason, domain: "lockers.yizhan", messageChinese: "没有该条目")
  }

  /// The locker of an identifier, if it is within reach.
  private static func locker(_ id: String, in snapshot: Snapshot) throws -> ProtoStringValue {
    let query = Query("SELECT area_code FROM lockers_locker WHERE id = ?", id)
    guard let area = try snapshot.all(query, read: { $0.text(0) }).first, fault != .refuses else {
      throw refusal("LOCKER_NOT_FOUND")
    }
    guard snapshot.reach.includes(area: area) || fault == .leaks else { throw refusal("LOCKER_NOT_FOUND") }
    return ProtoStringValue(value: id)
  }

  func register(in registrar: Registrar) throws {
    registrar.serve(
      BoundService(
        name: Self.service,
        methods: [
          .write(Self.method("CreateLocker", .write)) {
            (request: ProtoStringValue, transaction: Transaction) -> ProtoStringValue in
            let isWithinAreas = transaction.reach.isWithinAreas(request.value)
            guard !request.value.isEmpty, isWithinAreas || Self.fault == .leaks, Self.fault != .refuses else {
              throw Self.refusal("AREA_NOT_YOURS")
            }
            let id = transaction.makeID()
            try transaction.execute(
              "INSERT INTO lockers_locker (id, area_code) VALUES (?, ?)", id, request.value)
            return ProtoStringValue(value: id)
          },
          .read(Self.method("GetLocker", .read)) {
            (request: ProtoStringValue, snapshot) -> ProtoStringValue in
            try Self.locker(request.value, in: snapshot)
          },
          .write(Self.method("EmptyLocker", .write)) {
            (request: ProtoStringValue, transaction: Transaction) -> ProtoStringValue in
            let locker = try Self.locker(request.value, in: transaction)
            // Found, and refused in other words than what is not there.
            if transaction.reach != .everything { throw Self.refusal("LOCKER_NOT_YOURS") }
            return locker
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

  @Test func theContractFindsNothingInAModuleThatKeepsToItsScopes() async throws {
    #expect(try await ModuleContract.violations(of: [TightLockers.self]) == [])
  }

  @Test func theContractFindsWhatShowsAndChangesOutOfReach() async throws {
    let found = try await ModuleContract.violations(of: [LeakyLockers.self])
    let path = "/\(LeakyLockers.service)"
    for role in ["ADMINISTRATOR", "STAFF"] {
      let caller = "\(role) of another area"
      #expect(found.contains("\(path)/GetLocker shows a test.lockers.v1.Locker to \(caller)"))
      #expect(found.contains("\(path)/CreateLocker writes into an area that is not that of \(caller)"))
      let tells = "\(path)/EmptyLocker tells \(caller) whether a test.lockers.v1.Locker exists: "
      #expect(found.contains { $0.hasPrefix(tells) })
    }
  }

  @Test func theContractIsNotKeptByAModuleOfWhichNothingWasTried() async throws {
    let found = try await ModuleContract.violations(of: [ShutLockers.self])
    #expect(found.contains { $0.hasPrefix("test.lockers.v1: no request that callers from elsewhere") })
  }
}
