import ModuleTesting
import Testing
import Workers

/// What holds for every module: roles, tokens, empty and broken requests, a second start.
@Suite struct WorkersContractTests {
  /// What needs a state or a value that requests made up at random do not hit on: an import's identifier, an employment
  /// that is open, a purpose that is declared. Tests of these methods have to look at callers from elsewhere themselves.
  private static let unreached = [
    UnreachedCells(
      "yizhan.workers.v1",
      [
        "AreaService/CreateArea foreignArea", "AreaService/GetImport foreignArea",
        "AreaService/ImportAreas foreignArea", "AreaService/ListImportErrors foreignArea",
        "OrganisationService/ReopenOrganisation foreignArea",
        "WorkerService/GetImport foreignArea", "WorkerService/GetImport foreignOrganisation",
        "WorkerService/ImportWorkers foreignArea", "WorkerService/ImportWorkers foreignOrganisation",
        "WorkerService/ListDuplicates foreignArea", "WorkerService/ListImportErrors foreignArea",
        "WorkerService/ListImportErrors foreignOrganisation",
        "WorkerService/RegisterWorker foreignOrganisation",
      ]),
    UnreachedCells(
      "yizhan.access.v1",
      ["PolicyService/ExplainAccess foreignArea"]),
    UnreachedCells(
      "yizhan.privacy.v1",
      [
        "ConsentService/GrantConsent foreignArea", "ConsentService/GrantConsent foreignOrganisation",
        "ConsentService/WithdrawConsent foreignArea", "ConsentService/WithdrawConsent foreignOrganisation",
        "PersonalDataService/ErasePerson foreignArea", "PersonalDataService/ExportPersonalData foreignArea",
      ]),
  ]

  @Test func keepsTheModuleContract() async throws {
    let violations = try await ModuleContract.violations(of: [WorkersModule.self], unreached: Self.unreached)
    #expect(violations == [])
  }
}
