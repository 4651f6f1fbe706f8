import Host
import ModuleTesting
import RPC
import Testing
import Workers

/// What an organisation's place and its closing mean for who acts for it.
@Suite struct OrganisationPrincipalTests {
  /// The identifier of nothing.
  private static let nobody = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"

  /// An organisation of the district, with somebody to ask for.
  private func hospital(_ register: Register) async throws -> Organisation {
    try await register.organisations.createOrganisation(
      CreateOrganisationRequest(
        kind: .hospital, name: "瀍河医院", areaCode: Register.district, contactName: "李金玲",
        contactPhone: "13800138000"))
  }

  /// To act for an organisation is to reach what is its own: who administers a district has that to give away for the
  /// organisations of the district alone, and is not told whether there are others.
  @Test func anAdministratorOfADistrictMakesNobodyActForOthers() async throws {
    try await Register.run { register in
      let hospital = try await hospital(register)
      let elsewhere = AccessServiceClient(
        try await register.host.channel(
          as: .administrator, name: "xicheng", areaCode: Register.otherDistrict))
      func token(_ organisation: String) async -> Status? {
        await refusal {
          try await elsewhere.createToken(
            CreateTokenRequest(
              principalName: "x", roles: [.partner], organisationID: organisation,
              areaCodes: [Register.otherDistrict]))
        }
      }
      func principal(_ organisation: String) async -> Status? {
        let request = CreatePrincipalRequest(
          name: "y", roles: [.partner], organisationID: organisation, areaCodes: [Register.otherDistrict])
        return await refusal { try await elsewhere.createPrincipal(request) }
      }
      let noToken = await token(Self.nobody)
      let noPrincipal = await principal(Self.nobody)
      #expect(noToken?.reason == "ORGANISATION_NOT_FOUND" && noPrincipal?.reason == "ORGANISATION_NOT_FOUND")
      // One platform is another city's, the other one that of the province around the district.
      for id in [hospital.id, register.courierPlatform, register.deliveryPlatform] {
        #expect(await token(id) == noToken)
        #expect(await principal(id) == noPrincipal)
      }
      let own = try await register.organisations.createOrganisation(
        CreateOrganisationRequest(kind: .merchant, name: "卤煮", areaCode: Register.otherDistrict))
      #expect(await token(own.id) == nil)
    }
  }

  /// A principal that acts in the district for an organisation elsewhere was made by somebody who reaches both.
  @Test func anAdministratorOfADistrictStopsWhatHeMayNotGiveTo() async throws {
    try await Register.run { register in
      let whole = AccessServiceClient(try await register.host.channel())
      let made = try #require(
        try await whole.createToken(
          CreateTokenRequest(
            principalName: "gateway", roles: [.partner], organisationID: try await hospital(register).id,
            areaCodes: [Register.otherDistrict])
        ).token)
      let elsewhere = AccessServiceClient(
        try await register.host.channel(
          as: .administrator, name: "xicheng", areaCode: Register.otherDistrict))
      /// Why nothing can be given to the principal.
      func giving(_ access: AccessServiceClient) async -> [String?] {
        [
          await status { try await access.createToken(CreateTokenRequest(principalName: "gateway")) }?.reason,
          await status { try await access.rotateToken(RotateTokenRequest(tokenID: made.id)) }?.reason,
          await status {
            try await access.bindCertificate(
              BindCertificateRequest(
                principalID: made.principalID, publicKeySha256: String(repeating: "ab", count: 32)))
          }?.reason,
          await status {
            try await access.updatePrincipal(
              UpdatePrincipalRequest(principalID: made.principalID, roles: [.partner, .platform]))
          }?.reason,
          await status {
            try await access.updatePrincipal(
              UpdatePrincipalRequest(principalID: made.principalID, disabled: false))
          }?.reason,
        ]
      }
      let refused = [String?](repeating: "ORGANISATION_NOT_FOUND", count: 5)
      #expect(await giving(elsewhere) == refused)
      let stopped = try await elsewhere.updatePrincipal(
        UpdatePrincipalRequest(principalID: made.principalID, disabled: true))
      #expect(stopped.disabled)
      #expect(await giving(elsewhere) == refused)
      #expect(try await elsewhere.revokeToken(RevokeTokenRequest(tokenID: made.id)).revokeTime != nil)
    }
  }

  @Test func anOrganisationSeesItsContactWithinItsCredentialsAreas() async throws {
    try await Register.run { register in
      let hospital = try await hospital(register)
      let cases: [(String?, Bool)] = [
        (nil, true), (Register.district, true), (Register.otherDistrict, false),
      ]
      for (area, isShown) in cases {
        let organisations = OrganisationServiceClient(
          try await register.host.channel(
            as: .partner, name: "of \(area ?? "everywhere")", organisationID: hospital.id, areaCode: area,
            purpose: "contact"))
        let seen = try await organisations.getOrganisation(GetOrganisationRequest(id: hospital.id))
        #expect(seen.name == "瀍河医院")
        #expect(
          [seen.contactName, seen.contactPhone, seen.contactPersonID]
            == (isShown ? ["李金玲", "+8613800138000", hospital.contactPersonID] : ["", "", ""]))
      }
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func closingStopsCallsAndStreams(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let host = register.host
      let access = AccessServiceClient(try await host.channel())
      let id = register.deliveryPlatform
      let made = try await access.createToken(
        CreateTokenRequest(principalName: "rider-system", roles: [.platform], organisationID: id))
      let channel = try await host.anonymousChannel(token: made.secret)
      let own = AccessServiceClient(channel)
      let other = AccessServiceClient(
        try await host.channel(as: .platform, organisationID: register.courierPlatform))
      // Remembered from here on by the event loop.
      #expect(try await own.getCaller(GetCallerRequest()).organisationID == id)
      let stream = try await channel.open("/yizhan.workers.v1.WorkerService/ImportWorkers", CallOptions())

      _ = try await register.organisations.closeOrganisation(CloseOrganisationRequest(id: id))
      for _ in 1...2 {
        let refused = await status { try await own.getCaller(GetCallerRequest()) }
        #expect(refused?.code == .unauthenticated && refused?.reason == "TOKEN_INVALID")
      }
      let row = WorkerRow(name: "苟建国", phone: "13800138000", areaCode: "410304")
      try? await stream.send(ImportWorkersRequest(importID: "late", rows: [row]).encoded())
      try? await stream.finishSending()
      let late = await status { try await stream.next() }
      #expect(late?.code == .unauthenticated)
      #expect(try await register.staff.listWorkers(ListWorkersRequest()).workers.isEmpty)
      #expect(try await other.getCaller(GetCallerRequest()).organisationID == register.courierPlatform)
      // What makes the host forget what it remembers is known to it by name.
      let served = Set(try host.methods.map(\.path))
      #expect(served.isSuperset(of: HostCore.revokingPaths))
    }
  }

  @Test func aClosedOrganisationIsGivenNothingAndComesBackWithoutItsPrincipals() async throws {
    try await Register.run { register in
      let access = AccessServiceClient(try await register.host.channel())
      let id = register.deliveryPlatform
      let made = try await access.createToken(
        CreateTokenRequest(principalName: "rider-system", roles: [.platform], organisationID: id))
      let token = try #require(made.token)
      _ = try await access.bindCertificate(
        BindCertificateRequest(
          principalID: token.principalID, publicKeySha256: String(repeating: "ab", count: 32)))
      let byToken = AccessServiceClient(try await register.host.anonymousChannel(token: made.secret))
      let byCertificate = AccessServiceClient(
        try await register.host.anonymousChannel(
          identity: PeerIdentity(publicKeyHash: Array(repeating: 0xab, count: 32))))
      func refusals() async -> [String?] {
        [
          await status { try await byToken.getCaller(GetCallerRequest()) }?.reason,
          await status { try await byCertificate.getCaller(GetCallerRequest()) }?.reason,
        ]
      }
      let enabling = UpdatePrincipalRequest(principalID: token.principalID, disabled: false)
      #expect(await refusals() == [nil, nil])
      _ = try await register.organisations.closeOrganisation(CloseOrganisationRequest(id: id))
      #expect(await refusals() == ["TOKEN_INVALID", "CERTIFICATE_UNKNOWN"])
      let stopped = try await access.getPrincipal(GetPrincipalRequest(principalID: token.principalID))
      #expect(stopped.disabled)
      let given = [
        await status { try await access.createToken(CreateTokenRequest(principalName: "rider-system")) },
        await status { try await access.rotateToken(RotateTokenRequest(tokenID: token.id)) },
        await status {
          try await access.bindCertificate(
            BindCertificateRequest(
              principalID: token.principalID, publicKeySha256: String(repeating: "cd", count: 32)))
        },
        await status { try await access.updatePrincipal(enabling) },
        await status {
          try await access.createPrincipal(
            CreatePrincipalRequest(name: "another", roles: [.platform], organisationID: id))
        },
      ]
      #expect(given.map { $0?.reason } == [String?](repeating: "ORGANISATION_CLOSED", count: 5))

      _ = try await register.organisations.reopenOrganisation(ReopenOrganisationRequest(id: id))
      #expect(await refusals() == ["TOKEN_INVALID", "CERTIFICATE_UNKNOWN"])
      let stillDisabled = await status {
        try await access.createToken(CreateTokenRequest(principalName: "rider-system"))
      }
      #expect(stillDisabled?.reason == "PRINCIPAL_DISABLED")
      #expect(try await access.updatePrincipal(enabling).disabled == false)
      #expect(await refusals() == [nil, nil])
      #expect(try await access.rotateToken(RotateTokenRequest(tokenID: token.id)).secret.isEmpty == false)
    }
  }

  /// Staff close organisations, and do not decide who administers the host.
  @Test func anAdministratorsOrganisationIsNotClosed() async throws {
    try await Register.run { register in
      let access = AccessServiceClient(try await register.host.channel())
      let department = try await register.organisations.createOrganisation(
        CreateOrganisationRequest(kind: .department, name: "瀍河区社工部", areaCode: Register.district))
      let administrator = try await access.createPrincipal(
        CreatePrincipalRequest(
          name: "wang.fang", roles: [.administrator, .staff], organisationID: department.id))
      let staff = OrganisationServiceClient(try await register.host.channel(as: .staff, name: "desk"))
      let closing = CloseOrganisationRequest(id: department.id)
      let refused = await status { try await staff.closeOrganisation(closing) }
      #expect(refused?.code == .failedPrecondition && refused?.reason == "ORGANISATION_HAS_ADMINISTRATORS")
      let kept = try await staff.getOrganisation(GetOrganisationRequest(id: department.id))
      #expect(kept.state == .active)
      _ = try await access.updatePrincipal(
        UpdatePrincipalRequest(principalID: administrator.id, disabled: true))
      #expect(try await staff.closeOrganisation(closing).state == .closed)
    }
  }
}
