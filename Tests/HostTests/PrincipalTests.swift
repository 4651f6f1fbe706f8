import ModuleTesting
import Testing

@testable import Host

@Suite struct PrincipalTests {
  private static func reason(_ body: () async throws -> Void) async -> String {
    do {
      try await body()
      return "OK"
    } catch { return (error as? Status)?.reason ?? "\(error)" }
  }

  @Test(arguments: TestHost.Way.allCases)
  func whatAPrincipalMayDoHoldsFromItsNextCallOn(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let access = AccessServiceClient(try await host.channel())
      let made = try await access.createToken(CreateTokenRequest(principalName: "wang.fang", roles: [.staff]))
      let echo = EchoClient(try await host.anonymousChannel(token: made.secret))
      #expect(try await echo.call("Put", "one").isEmpty == false)
      let id = try #require(made.token?.principalID)
      let before = try await access.getPrincipal(GetPrincipalRequest(principalID: id))
      #expect(before.kind == .staffMember && before.roles == [.staff] && before.validTokens == 1)

      let auditor = try await access.updatePrincipal(
        UpdatePrincipalRequest(principalID: id, etag: before.etag, roles: [.auditor]))
      #expect(auditor.roles == [.auditor])
      #expect(await echo.failure("Put", "two").reason == "ROLE_MISSING")
      let bound = UpdatePrincipalRequest(
        principalID: id, roles: [.staff], areas: AreaSet(areaCodes: ["440305001", "440305"]))
      #expect(try await access.updatePrincipal(bound).areaCodes == ["440305"])
      #expect(try await echo.call("Get", "caller") == "wang.fang - 440305")
      #expect(
        await Self.reason {
          _ = try await access.updatePrincipal(
            UpdatePrincipalRequest(principalID: id, etag: before.etag, disabled: true))
        } == "ETAG_STALE")
      _ = try await access.updatePrincipal(UpdatePrincipalRequest(principalID: id, disabled: true))
      #expect(await echo.failure("Get", "x").reason == "TOKEN_INVALID")
      _ = try await access.updatePrincipal(UpdatePrincipalRequest(principalID: id, disabled: false))
      #expect(try await echo.call("Get", "x") == "read x")
    }
  }

  @Test func twoTokensAreValidAndNotAThird() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let access = AccessServiceClient(try await host.channel())
      let first = try await access.createToken(CreateTokenRequest(principalName: "p", roles: [.staff]))
      _ = try await access.createToken(CreateTokenRequest(principalName: "p"))
      #expect(
        await Self.reason { _ = try await access.createToken(CreateTokenRequest(principalName: "p")) }
          == "TOKEN_LIMIT")
      _ = try await access.revokeToken(RevokeTokenRequest(tokenID: try #require(first.token).id))
      #expect(
        await Self.reason { _ = try await access.createToken(CreateTokenRequest(principalName: "p")) } == "OK"
      )
      #expect(
        await Self.reason {
          _ = try await access.createToken(CreateTokenRequest(principalName: "p", roles: [.auditor]))
        } == "PRINCIPAL_DIFFERS")
      #expect(
        await Self.reason { _ = try await access.createToken(CreateTokenRequest(principalName: "new")) }
          == "ROLES_MISSING")
    }
  }

  @Test func aPrincipalRotatesItsOwnTokenAndNobodyElses() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let administrator = AccessServiceClient(try await host.channel())
      let made = try await administrator.createToken(CreateTokenRequest(principalName: "p", roles: [.staff]))
      let other = try await administrator.createToken(CreateTokenRequest(principalName: "q", roles: [.staff]))
      let own = AccessServiceClient(try await host.anonymousChannel(token: made.secret))
      #expect(
        await Self.reason {
          _ = try await own.rotateToken(RotateTokenRequest(tokenID: try #require(other.token).id))
        } == "TOKEN_NOT_FOUND")
      let rotated = try await own.rotateToken(
        RotateTokenRequest(graceSeconds: 60), CallOptions(idempotencyKey: "k"))
      #expect(rotated.secret.count == 46 && rotated.secret != made.secret)
      #expect(rotated.token?.principalID == made.token?.principalID)
      let repeated = try await own.rotateToken(
        RotateTokenRequest(graceSeconds: 60), CallOptions(idempotencyKey: "k"))
      #expect(repeated.secret.isEmpty && repeated.token == rotated.token)
      let new = EchoClient(try await host.anonymousChannel(token: rotated.secret))
      let old = EchoClient(try await host.anonymousChannel(token: made.secret))
      #expect(try await new.call("Get", "x") == "read x")
      #expect(try await old.call("Get", "x") == "read x")
      #expect(
        await Self.reason { _ = try await own.rotateToken(RotateTokenRequest()) } == "TOKEN_LIMIT")
      try await host.advance(by: .seconds(61))
      #expect(await old.failure("Get", "x").reason == "TOKEN_INVALID")
      #expect(try await new.call("Get", "x") == "read x")
    }
  }

  /// An end that an administrator chose is not put off by who it is for, however often the token is replaced.
  @Test func aChosenEndHoldsForAllTokensThatFollow() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let administrator = AccessServiceClient(try await host.channel())
      let end = ProtoTimestamp(host.now + .seconds(3_600))
      let made = try await administrator.createToken(
        CreateTokenRequest(principalName: "p", roles: [.staff], expireTime: end))
      func client(_ made: CreateTokenResponse) async throws -> AccessServiceClient {
        AccessServiceClient(try await host.anonymousChannel(token: made.secret))
      }
      var latest = made
      for _ in 1...3 {
        try await host.advance(by: .seconds(600))
        latest = try await client(latest).rotateToken(RotateTokenRequest(graceSeconds: 0))
        #expect(latest.token?.expireTime == end)
      }
      // Nor by an administrator who does not say so.
      let id = try #require(latest.token).id
      latest = try await administrator.rotateToken(RotateTokenRequest(tokenID: id, graceSeconds: 0))
      #expect(latest.token?.expireTime == end)
      // 600 seconds before the end; then the end is past.
      try await host.advance(by: .seconds(1_200))
      let listed = try await administrator.listTokens(ListTokensRequest(principalName: "p")).tokens
      #expect(listed.map(\.expireTime) == [end])
      let last = try await client(latest)
      _ = try await last.getCaller(GetCallerRequest())
      try await host.advance(by: .seconds(601))
      #expect(await Self.reason { _ = try await last.getCaller(GetCallerRequest()) } == "TOKEN_INVALID")
      #expect(
        await Self.reason { _ = try await last.rotateToken(RotateTokenRequest()) } == "TOKEN_INVALID")
    }
  }

  @Test func anAdministratorChoosesAnotherEnd() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let administrator = AccessServiceClient(try await host.channel())
      let made = try await administrator.createToken(
        CreateTokenRequest(
          principalName: "p", roles: [.staff], expireTime: ProtoTimestamp(host.now + .seconds(60))))
      let later = ProtoTimestamp(host.now + .seconds(7_200))
      let replaced = try await administrator.rotateToken(
        RotateTokenRequest(tokenID: try #require(made.token).id, graceSeconds: 0, expireTime: later))
      #expect(replaced.token?.expireTime == later)
      let own = AccessServiceClient(try await host.anonymousChannel(token: replaced.secret))
      #expect(try await own.rotateToken(RotateTokenRequest()).token?.expireTime == later)
    }
  }

  @Test func aTokenOfTheUsualLifetimeIsRenewedForAsLong() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let administrator = AccessServiceClient(try await host.channel())
      let usual = try await administrator.createToken(CreateTokenRequest(principalName: "q", roles: [.staff]))
      let life =
        try #require(usual.token?.expireTime).seconds - (try #require(usual.token?.createTime)).seconds
      try await host.advance(by: .seconds(60))
      let follows = try await AccessServiceClient(try await host.anonymousChannel(token: usual.secret))
        .rotateToken(RotateTokenRequest())
      #expect(
        try #require(follows.token?.expireTime).seconds - (try #require(follows.token?.createTime)).seconds
          == life)
    }
  }

  @Test func aCertificateActsForWhomItIsBoundTo() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let access = AccessServiceClient(try await host.channel())
      let made = try await access.createToken(CreateTokenRequest(principalName: "p", roles: [.staff]))
      let other = try await access.createToken(CreateTokenRequest(principalName: "q", roles: [.staff]))
      let identity = PeerIdentity(publicKeyHash: Array(0..<32))
      let alone = EchoClient(try await host.anonymousChannel(identity: identity))
      #expect(await alone.failure("Get", "x").reason == "CERTIFICATE_UNKNOWN")
      let with = EchoClient(try await host.anonymousChannel(token: made.secret, identity: identity))
      #expect(try await with.call("Get", "caller") == "p - -")
      let bound = try await access.bindCertificate(
        BindCertificateRequest(
          principalID: try #require(made.token).principalID,
          publicKeySha256: identity.publicKeyHashText.uppercased(), label: "gateway"))
      #expect(bound.publicKeySha256 == identity.publicKeyHashText)
      #expect(try await alone.call("Get", "caller") == "p - -")
      #expect(try await with.call("Get", "caller") == "p - -")
      let mixed = EchoClient(try await host.anonymousChannel(token: other.secret, identity: identity))
      #expect(await mixed.failure("Get", "x").reason == "CREDENTIALS_DISAGREE")
      #expect(
        await Self.reason {
          _ = try await access.bindCertificate(
            BindCertificateRequest(
              principalID: try #require(other.token).principalID,
              publicKeySha256: identity.publicKeyHashText))
        } == "CERTIFICATE_BOUND")
      let listed = try await access.listCertificates(ListCertificatesRequest(principalID: bound.principalID))
      #expect(listed.certificates.map(\.id) == [bound.id])
      for disabled in [true, false] {
        _ = try await access.updatePrincipal(
          UpdatePrincipalRequest(principalID: bound.principalID, disabled: disabled))
        #expect(await alone.failure("Get", "x").reason == (disabled ? "CERTIFICATE_UNKNOWN" : ""))
        #expect(await mixed.failure("Get", "x").reason == "CREDENTIALS_DISAGREE")
      }
      _ = try await access.unbindCertificate(UnbindCertificateRequest(certificateID: bound.id))
      #expect(try await mixed.call("Get", "caller") == "q - -")
      #expect(await alone.failure("Get", "x").reason == "CERTIFICATE_UNKNOWN")
    }
  }

  /// Tenancy: who administers one district neither sees nor makes what reaches beyond it.
  @Test func anAdministratorOfADistrictKeepsToIt() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let whole = AccessServiceClient(try await host.channel())
      let foreign = try await whole.createToken(
        CreateTokenRequest(principalName: "elsewhere", roles: [.staff], areaCodes: ["440305"]))
      let both = try await whole.createToken(
        CreateTokenRequest(principalName: "both", roles: [.platform], areaCodes: ["410304", "440305"]))
      let district = AccessServiceClient(
        try await host.channel(as: .administrator, name: "luohe", areaCode: "410304"))
      for areas in [[], ["440305"], ["410300"], ["410304001", "440305"]] {
        #expect(
          await Self.reason {
            _ = try await district.createPrincipal(
              CreatePrincipalRequest(name: "x", roles: [.staff], areaCodes: areas))
          } == "AREA_NOT_YOURS", "\(areas)")
      }
      let own = try await district.createPrincipal(
        CreatePrincipalRequest(name: "x", roles: [.staff], areaCodes: ["410304001"]))
      #expect(
        await Self.reason {
          _ = try await district.updatePrincipal(
            UpdatePrincipalRequest(principalID: own.id, areas: AreaSet()))
        } == "AREA_NOT_YOURS")
      #expect(
        try await district.listPrincipals(ListPrincipalsRequest()).principals.map(\.name) == ["x", "luohe"])
      let ownToken = try await district.createToken(CreateTokenRequest(principalName: "x"))
      #expect(
        try await district.listTokens(ListTokensRequest()).tokens.map(\.principalName) == ["x", "luohe"])
      let unknown = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
      func words(_ body: () async throws -> Void) async -> String {
        await #expect(throws: Status.self) { try await body() }?.message ?? ""
      }
      for made in [foreign, both] {
        let token = try #require(made.token)
        // What is elsewhere is as if it were not there, to the word.
        #expect(
          await words {
            _ = try await district.getPrincipal(GetPrincipalRequest(principalID: token.principalID))
          }
            == words { _ = try await district.getPrincipal(GetPrincipalRequest(principalID: unknown)) })
        #expect(
          await words { _ = try await district.revokeToken(RevokeTokenRequest(tokenID: token.id)) }
            == words { _ = try await district.revokeToken(RevokeTokenRequest(tokenID: unknown)) })
        #expect(
          await words { _ = try await district.rotateToken(RotateTokenRequest(tokenID: token.id)) }
            == words { _ = try await district.rotateToken(RotateTokenRequest(tokenID: unknown)) })
      }
      #expect(
        try await district.revokeToken(RevokeTokenRequest(tokenID: ownToken.token!.id)).revokeTime != nil)
    }
  }

  /// A token that ends within a day is no way in to rely on.
  @Test func aTokenThatEndsSoonIsNoLastWayIn() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let access = AccessServiceClient(try await host.channel())
      let own = try #require(try await access.listTokens(ListTokensRequest()).tokens.first)
      let revocation = RevokeTokenRequest(tokenID: own.id)
      let second = CreateTokenRequest(
        principalName: "second", roles: [.administrator],
        expireTime: ProtoTimestamp(host.now + .seconds(86_400 - 1)))
      _ = try await access.createToken(second)
      #expect(await Self.reason { _ = try await access.revokeToken(revocation) } == "LAST_ADMINISTRATOR")
      let soon = ProtoTimestamp(host.now + .seconds(1))
      #expect(
        await Self.reason {
          _ = try await access.rotateToken(RotateTokenRequest(graceSeconds: 0, expireTime: soon))
        } == "LAST_ADMINISTRATOR")
      // Refused as a whole: no token was made, and the old one has not ended.
      #expect(try await access.listTokens(ListTokensRequest()).tokens.count == 2)
      #expect(try await access.listTokens(ListTokensRequest()).tokens.last?.expireTime == own.expireTime)

      var third = second
      third.principalName = "third"
      third.expireTime = ProtoTimestamp(host.now + .seconds(86_400))
      let made = try await access.createToken(third)
      #expect(try await access.revokeToken(revocation).revokeTime != nil)
      // Where a day is no longer left, what is left may not become less; what ends nobody's way in goes on.
      try await host.advance(by: .seconds(3_600))
      let last = AccessServiceClient(try await host.anonymousChannel(token: made.secret))
      let staff = try await last.createToken(CreateTokenRequest(principalName: "staff", roles: [.staff]))
      #expect(
        await Self.reason {
          _ = try await last.revokeToken(RevokeTokenRequest(tokenID: try #require(made.token).id))
        } == "LAST_ADMINISTRATOR")
      #expect(
        try await last.revokeToken(RevokeTokenRequest(tokenID: try #require(staff.token).id)).revokeTime
          != nil)
      #expect(try await last.rotateToken(RotateTokenRequest(graceSeconds: 0)).secret.count == 46)
    }
  }

  @Test func somebodyCanAlwaysAdministerTheWholeHost() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let access = AccessServiceClient(try await host.channel())
      let id = try await access.getCaller(GetCallerRequest()).principalID
      _ = try await access.createToken(
        CreateTokenRequest(principalName: "luohe", roles: [.administrator], areaCodes: ["410304"]))
      let changes: [UpdatePrincipalRequest] = [
        UpdatePrincipalRequest(principalID: id, disabled: true),
        UpdatePrincipalRequest(principalID: id, roles: [.staff]),
        UpdatePrincipalRequest(principalID: id, areas: AreaSet(areaCodes: ["410304"])),
      ]
      for change in changes {
        #expect(await Self.reason { _ = try await access.updatePrincipal(change) } == "LAST_ADMINISTRATOR")
      }
      let all = RevokeAllCredentialsRequest(principalID: id)
      #expect(await Self.reason { _ = try await access.revokeAllCredentials(all) } == "LAST_ADMINISTRATOR")
      _ = try await access.createToken(CreateTokenRequest(principalName: "second", roles: [.administrator]))
      #expect(try await access.revokeAllCredentials(all).revokedTokens == 1)
      #expect(
        await Self.reason { _ = try await access.getCaller(GetCallerRequest()) } == "TOKEN_INVALID")
    }
  }
}
