import Host
import ModuleTesting
import RPC
import Testing
import Workers

/// What becomes of what the register holds once consent to its purpose is withdrawn.
@Suite struct RegisterWithdrawalTests {
  private static let request = CreateOrganisationRequest(
    kind: .merchant, name: "武圣羊汤", areaCode: Register.district, contactName: "李金玲",
    contactPhone: "13800138000")

  /// Name and phone of a contact are kept for that purpose alone.
  @Test(arguments: [true, false])
  func aContactWhoWithdrawsIsNobodysContact(hasConsented: Bool) async throws {
    try await Register.run { register in
      let organisations = OrganisationServiceClient(
        try await register.host.channel(as: .staff, name: "contacts", purpose: "contact"))
      let office = try await register.host.channel(as: .staff, name: "rights", purpose: "rights")
      let consents = ConsentServiceClient(office)
      let merchant = try await organisations.createOrganisation(Self.request)
      let person = merchant.contactPersonID
      #expect(merchant.contactName == "李金玲" && !person.isEmpty)
      if hasConsented {
        _ = try await consents.grantConsent(
          GrantConsentRequest(personID: person, purpose: "contact", evidence: "微信", ofAge: true))
      }
      let withdrawal = WithdrawConsentRequest(personID: person, purpose: "contact")
      let withdrawn = try await consents.withdrawConsent(withdrawal)
      #expect(withdrawn.withdrawnTime != nil)

      let after = try await organisations.getOrganisation(GetOrganisationRequest(id: merchant.id))
      #expect(after.contactName + after.contactPhone + after.contactPersonID == "")
      #expect(after.name == merchant.name && after.etag != merchant.etag)
      let view = try await PersonalDataServiceClient(office).getPersonalView(
        GetPersonalViewRequest(personID: person))
      #expect(view.records.map(\.title) == [hasConsented ? "consent" : "objection"])
      #expect(try await consents.withdrawConsent(withdrawal) == withdrawn)

      let next = try await organisations.updateOrganisation(
        UpdateOrganisationRequest(id: merchant.id, contactName: "马建军", contactPhone: "13800138002"))
      #expect(next.contactName == "马建军" && !next.contactPersonID.isEmpty && next.contactPersonID != person)
    }
  }

  /// Whatever purpose the register names for what it holds: it lets go of that, but for the entry, which an erasure
  /// takes.
  @Test func whatIsKeptForAPurposeGoesWithItsConsent() async throws {
    try await Register.run { register in
      let office = try await register.host.channel(as: .staff, name: "rights", purpose: "rights")
      let merchant = try await register.organisations.createOrganisation(Self.request)
      var courier = register.courier()
      courier.affiliation = Affiliation(partyMembership: .full, isUnionMember: true)
      courier.affiliationConsent = "form 2026-118"
      let worker = try #require(try await register.staff.registerWorker(courier).worker)

      func purposes(of person: String) async throws -> Set<String> {
        let view = try await PersonalDataServiceClient(office).getPersonalView(
          GetPersonalViewRequest(personID: person))
        return Set(view.records.filter { $0.module == WorkersModule.name }.map(\.purpose))
      }
      for (person, held, left) in [
        (worker.id, ["affiliation", "register"], ["register"]), (merchant.contactPersonID, ["contact"], []),
      ] as [(String, Set<String>, Set<String>)] {
        let before = try await purposes(of: person)
        #expect(before == held)
        for purpose in before.sorted() {
          _ = try await ConsentServiceClient(office).withdrawConsent(
            WithdrawConsentRequest(personID: person, purpose: purpose))
        }
        #expect(try await purposes(of: person) == left)
      }
    }
  }
}
