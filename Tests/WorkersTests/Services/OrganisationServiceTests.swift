import Host
import ModuleTesting
import RPC
import Testing
import Workers

@Suite struct OrganisationServiceTests {
  /// Every kind of organisation that the seeds speak of can be kept and listed.
  @Test func everyKind() async throws {
    try await Register.run { register in
      for number in Int32(1)...21 {
        _ = try await register.organisations.createOrganisation(
          CreateOrganisationRequest(
            kind: OrganisationKind(rawValue: number), name: "单位 \(number)", areaCode: "410304"))
      }
      let hospitals = try await register.organisations.listOrganisations(
        ListOrganisationsRequest(kind: .hospital))
      #expect(hospitals.organisations.map(\.name) == ["单位 6"])
      let within = try await register.organisations.listOrganisations(
        ListOrganisationsRequest(areaCode: "410304", pageSize: 100))
      #expect(within.organisations.count == 21)
      let named = try await register.organisations.listOrganisations(
        ListOrganisationsRequest(nameContains: "单位 2"))
      #expect(named.organisations.map(\.name) == ["单位 2", "单位 20", "单位 21"])
      let unknown = await status {
        try await register.organisations.createOrganisation(
          CreateOrganisationRequest(kind: OrganisationKind(rawValue: 99), name: "x", areaCode: "410304"))
      }
      #expect(unknown?.code == .invalidArgument)
    }
  }

  @Test func codesAndNamesAreTakenOnce() async throws {
    try await Register.run { register in
      func create(_ request: CreateOrganisationRequest) async throws -> Organisation {
        try await register.organisations.createOrganisation(request)
      }
      let created = try await create(
        CreateOrganisationRequest(
          kind: .enterprise, name: "百度网讯", creditCode: "91110000802100433b", areaCode: "110000",
          phone: "010-59928888", contactPhone: "138 0013 8000"))
      #expect(created.creditCode == "91110000802100433B")
      #expect(created.phone == "+861059928888")
      #expect(created.contactPhone == "+86138****8000")
      let sameCode = await status {
        try await create(
          CreateOrganisationRequest(
            kind: .enterprise, name: "另一家", creditCode: "91110000802100433B", areaCode: "110000"))
      }
      #expect(sameCode?.code == .alreadyExists)
      #expect(sameCode?.metadata["field"] == "credit_code")
      let sameName = await status {
        try await create(CreateOrganisationRequest(kind: .enterprise, name: "百度网讯", areaCode: "110000"))
      }
      #expect(sameName?.metadata["field"] == "name")
      let badCode = await status {
        try await create(
          CreateOrganisationRequest(
            kind: .enterprise, name: "第三家", creditCode: "91110000802100433C", areaCode: "110000"))
      }
      #expect(badCode?.violations.first?.reason == "NOT_A_CREDIT_CODE")
      let nowhere = await status {
        try await create(CreateOrganisationRequest(kind: .merchant, name: "羊汤", areaCode: "999999"))
      }
      #expect(nowhere?.reason == "AREA_NOT_FOUND")
    }
  }

  @Test func contactsAreForStaffAndForItself() async throws {
    try await Register.run { register in
      let merchant = try await register.organisations.createOrganisation(
        CreateOrganisationRequest(
          kind: .merchant, name: "武圣羊汤", areaCode: "410304", contactName: "李金玲",
          contactPhone: "13800138000"))
      func get(_ roles: Roles, _ organisation: String?, area: String? = nil) async throws -> Organisation {
        try await OrganisationServiceClient(
          register.host.channel(
            as: roles, name: "\(roles.rawValue) \(organisation ?? "") \(area ?? "")",
            organisationID: organisation, areaCode: area, purpose: "contact")
        ).getOrganisation(GetOrganisationRequest(id: merchant.id))
      }
      #expect(try await get(.partner, nil).contactName == "")
      #expect(try await get(.partner, nil).contactPhone == "")
      #expect(try await get(.partner, merchant.id).contactName == "李金玲")
      #expect(try await get(.staff, nil).contactPhone == "+8613800138000")
      #expect(try await get(.staff, nil, area: "410304").contactPhone == "+8613800138000")
      // Staff of another district know that there is the organisation, and not whom it employs.
      let elsewhere = try await get(.staff, nil, area: "110102")
      #expect(elsewhere.name == "武圣羊汤")
      #expect(elsewhere.contactName + elsewhere.contactPhone + elsewhere.contactPersonID == "")

      func client(of area: String) async throws -> OrganisationServiceClient {
        OrganisationServiceClient(
          try await register.host.channel(
            as: .staff, name: "contacts \(area)", areaCode: area, purpose: "contact"))
      }
      func listed(by area: String) async throws -> [String] {
        try await client(of: area).listOrganisations(ListOrganisationsRequest(kind: .merchant)).organisations
          .map { $0.contactName + $0.contactPhone + $0.contactPersonID }
      }
      #expect(try await listed(by: "410304") == ["李金玲+8613800138000" + merchant.contactPersonID])
      #expect(try await listed(by: "110102") == [""])
      // What a write answers is what can be read.
      let changed = try await client(of: "410304").updateOrganisation(
        UpdateOrganisationRequest(id: merchant.id, shortName: "羊汤"))
      #expect(changed.contactName == "李金玲")
    }
  }

  @Test func aContactIsAPersonWhoCanBeReplacedAndErased() async throws {
    try await Register.run { register in
      let staff = try await register.host.channel(as: .staff, name: "contacts", purpose: "contact")
      let organisations = OrganisationServiceClient(staff)
      let rights = PersonalDataServiceClient(
        try await register.host.channel(as: .staff, name: "rights", purpose: "rights"))
      func titles(_ person: String) async -> [String]? {
        try? await rights.getPersonalView(GetPersonalViewRequest(personID: person)).records.map(\.title)
      }
      let merchant = try await organisations.createOrganisation(
        CreateOrganisationRequest(
          kind: .merchant, name: "武圣羊汤", areaCode: "410304", contactName: "李金玲",
          contactPhone: "13800138000"))
      let first = merchant.contactPersonID
      #expect(await titles(first) == ["contact of an organisation"])
      // Another phone or a corrected name is the same person's, both are another person's, of whom nothing stays.
      let called = try await organisations.updateOrganisation(
        UpdateOrganisationRequest(id: merchant.id, contactPhone: "13800138001"))
      #expect(called.contactPersonID == first && called.contactPhone == "+8613800138001")
      let corrected = try await organisations.updateOrganisation(
        UpdateOrganisationRequest(id: merchant.id, contactName: "李金铃"))
      #expect(corrected.contactPersonID == first && corrected.contactPhone == "+8613800138001")
      let consents = ConsentServiceClient(
        try await register.host.channel(as: .staff, name: "consents", purpose: "rights"))
      let ageless = await status {
        try await consents.grantConsent(
          GrantConsentRequest(personID: first, purpose: "contact", evidence: "微信"))
      }
      #expect(ageless?.code == .invalidArgument && ageless?.violations.map(\.field) == ["birth_date"])
      _ = try await consents.grantConsent(
        GrantConsentRequest(personID: first, purpose: "contact", evidence: "微信", ofAge: true))
      let replaced = try await organisations.updateOrganisation(
        UpdateOrganisationRequest(id: merchant.id, contactName: "马建军", contactPhone: "13800138002"))
      #expect(replaced.contactPersonID != first && replaced.contactName == "马建军")
      #expect(await titles(first) == nil)
      // Staff of the organisation's area serve its contact, others do not.
      func view(from area: String) async throws -> Int {
        try await PersonalDataServiceClient(
          register.host.channel(as: .staff, name: "rights \(area)", areaCode: area, purpose: "rights")
        ).getPersonalView(GetPersonalViewRequest(personID: replaced.contactPersonID)).records.count
      }
      #expect(try await view(from: "410304") == 1)
      let elsewhere = await status { try await view(from: "110102") }
      #expect(elsewhere?.code == .notFound)

      let second = replaced.contactPersonID
      let preview = try await rights.previewErasure(PreviewErasureRequest(personID: second))
      _ = try await rights.erasePerson(
        ErasePersonRequest(
          personID: second, etag: preview.etag, legalBasis: .consentWithdrawn, reason: "不再担任联系人"))
      let without = try await organisations.getOrganisation(GetOrganisationRequest(id: merchant.id))
      #expect(without.contactName == "" && without.contactPhone == "" && without.contactPersonID == "")
      let third = try await organisations.updateOrganisation(
        UpdateOrganisationRequest(id: merchant.id, contactName: "王芳"))
      #expect(third.contactName == "王芳" && !third.contactPersonID.isEmpty)
      let partner = OrganisationServiceClient(
        try await register.host.channel(as: .partner, name: "partner", purpose: "contact"))
      #expect(
        try await partner.getOrganisation(GetOrganisationRequest(id: merchant.id)).contactPersonID == "")
    }
  }

  @Test func closingAndReopening() async throws {
    try await Register.run { register in
      let organisations = register.organisations
      _ = try await register.staff.registerWorker(register.courier())
      let busy = await status {
        try await organisations.closeOrganisation(CloseOrganisationRequest(id: register.courierPlatform))
      }
      #expect(busy?.reason == "ORGANISATION_HAS_WORKERS")
      let idle = try await organisations.closeOrganisation(
        CloseOrganisationRequest(id: register.deliveryPlatform))
      #expect(idle.state == .closed)
      #expect(
        await status {
          try await organisations.closeOrganisation(CloseOrganisationRequest(id: register.deliveryPlatform))
        }?.code == .failedPrecondition)
      let active = try await organisations.listOrganisations(ListOrganisationsRequest(kind: .platform))
      #expect(active.organisations.map(\.name) == ["顺丰速运"])
      var request = register.courier(name: "李金玲", number: Register.otherNumber, phone: "13900139000")
      request.employment?.organisationID = register.deliveryPlatform
      #expect(
        await status { try await register.staff.registerWorker(request) }?.reason == "ORGANISATION_CLOSED")
      let open = try await organisations.reopenOrganisation(
        ReopenOrganisationRequest(id: register.deliveryPlatform, etag: idle.etag))
      #expect(open.state == .active)
    }
  }
}
