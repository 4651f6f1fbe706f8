import Host
import ModuleTesting
import Testing

/// A person, and a phone that staff and platforms see for the purpose "care". Its bytes are those of a `StringValue`
/// of both.
private struct PostReply {
  static let unmask: Roles = [.staff, .platform]
  var id = ""
  var phone = ""
}

extension PostReply: Message {
  static let fullName = "test.posts.v1.PostReply"
  static let personalPurposes = [PersonalPurpose("care", roles: unmask.rawValue)]

  init(decoding bytes: UnsafeRawBufferPointer, in arena: Arena) throws {
    let words = try ProtoStringValue(decoding: bytes, in: arena).value.split(separator: " ").map(String.init)
    self.init(id: words.first ?? "", phone: words.last ?? "")
  }

  func encode(behind zeroes: Int, into output: inout [UInt8], in arena: Arena) {
    ProtoStringValue(value: "\(id) \(phone)").encode(behind: zeroes, into: &output, in: arena)
  }

  func check(_ violations: inout Violations) {}

  mutating func maskPersonalData(for sight: PersonalSight) {
    if !sight.reveals("care", to: Self.unmask.rawValue) { phone = Masking.phone(phone) }
  }
}

/// Persons, each in an area and employed with an organisation. Requests are "PERSON AREA PHONE", or a person.
private struct PostsModule: Module {
  static let name = "posts"
  static let migrations = [
    Migration(
      1, "posts",
      """
      CREATE TABLE posts_person (
        id TEXT NOT NULL PRIMARY KEY, area_code TEXT NOT NULL, employer TEXT NOT NULL, personal BLOB NOT NULL)
      """)
  ]
  static let service = "test.posts.v1.PostService"
  static let fileDescriptorSet = Descriptors.set(
    file: "test/posts/v1/posts.proto", package: "test.posts.v1", service: "PostService",
    methods: ["Register", "Admit", "Dismiss", "Get"])
  private static let label: StaticString = "posts_person.personal"

  private static func method(_ name: String, _ kind: MethodKind) -> MethodDescriptor {
    MethodDescriptor(
      service: service, name: name, kind: kind,
      policy: AccessPolicy(roles: [.staff, .platform], scope: .employment))
  }

  private static func insert(_ request: ProtoStringValue, _ vault: Vault, _ transaction: Transaction) throws
    -> PostReply
  {
    let words = request.value.split(separator: " ").map(String.init)
    guard transaction.reach.isWithinAreas(words[1]) else { throw Status(.notFound, "none", reason: "NONE") }
    let sealed = try vault.seal([words[2]], of: words[0], as: label, in: transaction)
    try transaction.execute(
      "INSERT INTO posts_person (id, area_code, employer, personal) VALUES (?, ?, ?, ?)", words[0], words[1],
      transaction.caller.organisationID ?? "", sealed)
    return PostReply(id: words[0], phone: words[2])
  }

  func register(in registrar: Registrar) throws {
    let vault = registrar.vault
    registrar.serve(
      BoundService(
        name: Self.service,
        methods: [
          .write(Self.method("Register", .write)) {
            (request: ProtoStringValue, transaction: Transaction) -> PostReply in
            try Self.insert(request, vault, transaction)
          },
          // What is shown once takes the place of the text that is kept.
          .write(Self.method("Admit", .write)) {
            (request: ProtoStringValue, transaction: Transaction) -> UnstoredReply<PostReply> in
            let reply = try Self.insert(request, vault, transaction)
            return UnstoredReply(stored: reply, unstored: PostReply(id: "once", phone: reply.phone))
          },
          .write(Self.method("Dismiss", .write)) {
            (request: ProtoStringValue, transaction: Transaction) -> ProtoStringValue in
            _ = transaction.reach
            try transaction.execute("UPDATE posts_person SET employer = '' WHERE id = ?", request.value)
            return request
          },
          .read(Self.method("Get", .read)) { (request: ProtoStringValue, snapshot) -> PostReply in
            var query = Query("SELECT personal FROM posts_person WHERE id = ?", request.value)
            query.append(snapshot.reach, area: "area_code", owner: "employer")
            guard let sealed = try snapshot.first(query, read: { $0.bytes(0) }) else {
              throw Status(.notFound, "none", reason: "NONE")
            }
            let texts = try vault.openTexts(sealed, of: request.value, as: Self.label, in: snapshot)
            return PostReply(id: request.value, phone: texts[0])
          },
        ]))
  }
}

/// Calls that are repeated with their idempotency keys once what they are about is out of their caller's reach.
@Suite struct ReplayTests {
  private static let request = "p1 410304 +8613800001234"
  private static let unmasked = "p1 +8613800001234"
  private static let masked = "p1 +86138****1234"

  private func call(
    _ method: String, _ text: String, _ channel: any ClientChannel, key: String? = nil
  ) async throws -> (text: String, isReplayed: Bool) {
    let reply = try await channel.unary(
      "/\(PostsModule.service)/\(method)", ProtoStringValue(value: text).encoded(),
      CallOptions(idempotencyKey: key))
    return (
      try ProtoStringValue(decoding: reply.message).value, reply.trailers["idempotent-replayed"] == "true"
    )
  }

  private func refusal(
    _ method: String, _ text: String, _ channel: any ClientChannel, key: String? = nil
  ) async -> Status? {
    await #expect(throws: Status.self) { try await call(method, text, channel, key: key) }
  }

  /// Binds a principal to other areas.
  private func move(_ name: String, to areaCodes: [String], _ host: TestHost) async throws {
    let access = AccessServiceClient(try await host.channel())
    let principals = try await access.listPrincipals(ListPrincipalsRequest()).principals
    let id = try #require(principals.first { $0.name == name }).id
    _ = try await access.updatePrincipal(
      UpdatePrincipalRequest(principalID: id, areas: AreaSet(areaCodes: areaCodes)))
  }

  /// How often a person's data was looked at.
  private func looks(_ host: TestHost) async throws -> Int {
    let audit = AuditServiceClient(try await host.channel(as: .auditor))
    return try await audit.listRecords(ListRecordsRequest(lookedAt: "p1")).records.count
  }

  @Test(arguments: TestHost.Way.allCases)
  func whoseAreasHaveChangedIsRefused(way: TestHost.Way) async throws {
    try await TestHost.run([PostsModule.self], way: way) { host in
      let staff = try await host.channel(as: .staff, name: "li.na", areaCode: "410304", purpose: "care")
      #expect(try await call("Register", Self.request, staff, key: "k") == (Self.unmasked, false))
      #expect(try await call("Register", Self.request, staff, key: "k") == (Self.masked, true))
      try await move("li.na", to: ["440305"], host)
      #expect(await refusal("Get", "p1", staff)?.reason == "NONE")
      let refused = await refusal("Register", Self.request, staff, key: "k")
      #expect(refused?.code == .failedPrecondition)
      #expect(refused?.reason == "IDEMPOTENCY_KEY_REUSED")
      #expect(refused?.message.contains("that write was done") == true)
      // More is another standing, too; the same again is the same.
      try await move("li.na", to: ["410304", "440305"], host)
      let more = await refusal("Register", Self.request, staff, key: "k")
      #expect(more?.reason == "IDEMPOTENCY_KEY_REUSED")
      try await move("li.na", to: ["410304"], host)
      #expect(try await call("Register", Self.request, staff, key: "k") == (Self.masked, true))
      #expect(try await looks(host) == 1)
      // Whoever still reaches the person reads them anew, and that is a look.
      #expect(try await call("Get", "p1", staff) == (Self.unmasked, false))
      #expect(try await looks(host) == 2)
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func whatCameOutOfReachIsRepeatedMasked(way: TestHost.Way) async throws {
    try await TestHost.run([PostsModule.self], way: way) { host in
      let platform = try await host.channel(as: .platform, organisationID: "a", purpose: "care")
      #expect(try await call("Register", Self.request, platform, key: "k") == (Self.unmasked, false))
      #expect(try await call("Get", "p1", platform) == (Self.unmasked, false))
      let before = try await looks(host)
      _ = try await call("Dismiss", "p1", try await host.channel(as: .staff))
      #expect(await refusal("Get", "p1", platform)?.reason == "NONE")
      #expect(try await call("Register", Self.request, platform, key: "k") == (Self.masked, true))
      #expect(try await looks(host) == before)
      try await host.restart()
      let again = try await host.channel(as: .platform, organisationID: "a", purpose: "care")
      #expect(try await call("Register", Self.request, again, key: "k") == (Self.masked, true))
    }
  }

  @Test func aReplyThatIsNotKeptWholeIsRepeatedMasked() async throws {
    try await TestHost.run([PostsModule.self]) { host in
      let staff = try await host.channel(as: .staff, purpose: "care")
      let unmasked = "once +8613800001234"
      #expect(try await call("Admit", Self.request, staff, key: "k") == (unmasked, false))
      #expect(try await call("Admit", Self.request, staff, key: "k") == (Self.masked, true))
      let other = Self.request.replacing("p1", with: "p2")
      #expect(try await call("Admit", other, staff) == (unmasked, false))
      // Without a purpose the first reply is masked as well.
      let plain = try await host.channel(as: .staff)
      let third = Self.request.replacing("p1", with: "p3")
      #expect(try await call("Admit", third, plain, key: "k3") == ("once +86138****1234", false))
      #expect(try await call("Admit", third, plain, key: "k3") == ("p3 +86138****1234", true))
    }
  }
}
