import ModuleTesting
import Testing

@testable import Host

@Suite struct AccessTests {
  @Test(arguments: TestHost.Way.allCases)
  func refusesCallsWithoutAValidToken(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let none = await EchoClient(try await host.anonymousChannel()).failure("Get", "x")
      #expect(none.code == .unauthenticated)
      #expect(none.reason == "TOKEN_MISSING")
      #expect(none.message.contains("authorization: Bearer"))
      let unknown = "yz_" + String(repeating: "A", count: 43)
      for token in ["x", unknown, unknown + "A", "xx_" + unknown.dropFirst(3)] {
        let status = await EchoClient(try await host.anonymousChannel(token: token)).failure("Get", "x")
        #expect(status.code == .unauthenticated)
        #expect(status.reason == "TOKEN_INVALID")
      }
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func checksRolesByThePolicy(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      // Get is for STAFF and AUDITOR, Put for STAFF; an administrator may call everything.
      let expected: [(Roles, get: Status.Code, put: Status.Code)] = [
        (.administrator, .ok, .ok), (.staff, .ok, .ok), (.auditor, .ok, .permissionDenied),
        (.platform, .permissionDenied, .permissionDenied), (.partner, .permissionDenied, .permissionDenied),
        ([.platform, .staff], .ok, .ok),
      ]
      for (roles, get, put) in expected {
        let echo = EchoClient(try await host.channel(as: roles))
        #expect(await echo.failure("Get", "x").code == get)
        let status = await echo.failure("Put", "by \(roles.rawValue)")
        #expect(status.code == put)
        if put == .permissionDenied {
          #expect(status.reason == "ROLE_MISSING")
          #expect(status.message.contains("staff"))
        }
      }
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func makesListsAndRevokesTokens(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let access = AccessServiceClient(try await host.channel())
      let made = try await access.createToken(
        CreateTokenRequest(principalName: "meituan-production", roles: [.staff], areaCodes: ["440305"]))
      let token = try #require(made.token)
      #expect(made.secret.wholeMatch(of: /yz_[A-Za-z0-9_-]{43}/) != nil)
      #expect(token.principalName == "meituan-production")
      #expect(token.roles == [.staff])
      #expect(token.revokeTime == nil)
      // 365 days, unless the request or the configuration says otherwise.
      let lifetime = try #require(token.expireTime).seconds - #require(token.createTime).seconds
      #expect(lifetime == 365 * 86_400)

      let echo = EchoClient(try await host.anonymousChannel(token: made.secret))
      #expect(try await echo.call("Get", "caller") == "meituan-production - 440305")
      let listed = try await access.listTokens(ListTokensRequest(principalName: "meituan-production"))
      #expect(listed.tokens.map(\.id) == [token.id])

      let revoked = try await access.revokeToken(RevokeTokenRequest(tokenID: token.id))
      #expect(revoked.revokeTime != nil)
      #expect(await echo.failure("Get", "x").reason == "TOKEN_INVALID")
      #expect(try await access.revokeToken(RevokeTokenRequest(tokenID: token.id)) == revoked)
      #expect(
        try await access.listTokens(ListTokensRequest(principalName: "meituan-production")).tokens.isEmpty)
      let all = try await access.listTokens(
        ListTokensRequest(principalName: "meituan-production", includeInvalid: true))
      #expect(all.tokens.map(\.id) == [token.id])
    }
  }

  @Test func refusesAnExpiredToken() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let access = AccessServiceClient(try await host.channel())
      let expiry = ProtoTimestamp(host.now + .seconds(60))
      let made = try await access.createToken(
        CreateTokenRequest(principalName: "guest", roles: [.staff], expireTime: expiry))
      let echo = EchoClient(try await host.anonymousChannel(token: made.secret))
      #expect(try await echo.call("Get", "x") == "read x")
      try await host.advance(by: .seconds(61))
      #expect(await echo.failure("Get", "x").reason == "TOKEN_INVALID")
    }
  }

  @Test func showsASecretOnceAlsoToARepeatedCall() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let access = AccessServiceClient(try await host.channel())
      let request = CreateTokenRequest(principalName: "guest", roles: [.staff])
      let first = try await access.createToken(request, CallOptions(idempotencyKey: "k"))
      let again = try await access.createToken(request, CallOptions(idempotencyKey: "k"))
      #expect(first.secret.count == 46)
      #expect(again.secret.isEmpty)
      #expect(again.token == first.token)
      // Neither the database nor its log holds the token.
      for file in ["yizhan.db", "yizhan.db-wal"] {
        let bytes = FileBytes.read(host.directory + "/" + file)
        #expect(!bytes.isEmpty)
        #expect(!FileBytes.contains(Array(first.secret.utf8), in: bytes))
        #expect(file != "yizhan.db-wal" || FileBytes.contains(Array("guest".utf8), in: bytes))
      }
    }
  }

  @Test func refusesTokensThatMakeNoSense() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let access = AccessServiceClient(try await host.channel())
      func reason(_ request: CreateTokenRequest) async -> String? {
        await #expect(throws: Status.self) { _ = try await access.createToken(request) }?.reason
      }
      #expect(await reason(CreateTokenRequest(principalName: "", roles: [.staff])) == "FIELDS_INVALID")
      #expect(await reason(CreateTokenRequest(principalName: "x")) == "ROLES_MISSING")
      #expect(
        await reason(CreateTokenRequest(principalName: " x", roles: [.staff])) == "PRINCIPAL_NAME_INVALID")
      let past = ProtoTimestamp(host.now - .seconds(1))
      #expect(
        await reason(CreateTokenRequest(principalName: "x", roles: [.staff], expireTime: past))
          == "EXPIRY_IN_PAST")
      let far = ProtoTimestamp(host.now + .seconds(11 * 366 * 86_400))
      #expect(
        await reason(CreateTokenRequest(principalName: "x", roles: [.staff], expireTime: far))
          == "EXPIRY_TOO_FAR")
    }
  }

  @Test func keepsTheLastAdministrator() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let access = AccessServiceClient(try await host.channel())
      let own = try #require(try await access.listTokens(ListTokensRequest()).tokens.first)
      let refused = await #expect(throws: Status.self) {
        _ = try await access.revokeToken(RevokeTokenRequest(tokenID: own.id))
      }
      #expect(refused?.reason == "LAST_ADMINISTRATOR")
      _ = try await access.createToken(CreateTokenRequest(principalName: "second", roles: [.administrator]))
      #expect(try await access.revokeToken(RevokeTokenRequest(tokenID: own.id)).revokeTime != nil)
    }
  }

  @Test func pagesThroughTokens() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let access = AccessServiceClient(try await host.channel())
      for number in 0..<7 {
        _ = try await access.createToken(CreateTokenRequest(principalName: "p\(number)", roles: [.partner]))
      }
      var names: [String] = []
      var token = ""
      repeat {
        let page = try await access.listTokens(ListTokensRequest(pageSize: 3, pageToken: token))
        #expect(page.tokens.count <= 3)
        names += page.tokens.map(\.principalName)
        token = page.nextPageToken
      } while !token.isEmpty
      #expect(names == ["p6", "p5", "p4", "p3", "p2", "p1", "p0", "test-2"])
    }
  }

  @Test func notesWhenATokenWasLastSeen() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let seen = host.now
      let access = AccessServiceClient(try await host.channel(name: "seen"))
      _ = try await access.getCaller(GetCallerRequest())
      try await host.advance(by: .seconds(60))
      // Written down at the latest when the host stops.
      try await host.restart()
      let later = AccessServiceClient(try await host.channel(name: "other"))
      let tokens = try await later.listTokens(ListTokensRequest(principalName: "seen")).tokens
      #expect(tokens.first?.lastUseTime == ProtoTimestamp(seen))
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func tellsTheCallerWhoItIs(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let caller = try await AccessServiceClient(
        try await host.channel(as: [.partner, .auditor], name: "法援中心", areaCode: "440305")
      ).getCaller(GetCallerRequest())
      #expect(caller.principalName == "法援中心")
      #expect(caller.roles == [.partner, .auditor])
      #expect(caller.areaCodes == ["440305"])
      #expect(caller.organisationID.isEmpty)
    }
  }
}
