import Host
import ModuleTesting

/// Staff of the district who see to persons' rights at the host, in the clear.
extension District {
  /// Where consents are recorded, listed and withdrawn.
  func consents() async throws -> ConsentServiceClient {
    ConsentServiceClient(
      try await host.channel(as: .staff, name: "rights office", areaCode: Self.county, purpose: "rights"))
  }

  /// Where persons are told what is held of them, and erased.
  /// - Parameter areaCode: whose staff they are.
  func persons(areaCode: String = District.county) async throws -> PersonalDataServiceClient {
    PersonalDataServiceClient(
      try await host.channel(
        as: .staff, name: "rights office of \(areaCode)", areaCode: areaCode, purpose: "rights"))
  }
}
