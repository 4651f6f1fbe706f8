public import ModuleKit

/// The register: areas, organisations and workers.
///
/// Serves `AreaService`, `OrganisationService` and `WorkerService`; provides `AreaDirectory`,
/// `OrganisationDirectory` and `WorkerDirectory` to other modules.
public struct WorkersModule: Module {
  /// "workers".
  public static let name = "workers"
  /// The register's schema.
  public static let migrations = WorkersMigrations.all
  /// Digests of rows are gone with their row: the audit log says that there were some.
  public static let unrecorded: [Unrecorded] = [.secrets(table: "workers_import_chunk")]
  /// The protos of yizhan.workers.v1.
  public static let fileDescriptorSet = WorkersDescriptors.fileDescriptorSet

  /// Creates the module without side effects.
  public init() {}

  /// Declares services, capabilities and the timer that deletes what is kept of the rows of imports.
  public func register(in registrar: Registrar) throws {
    registrar.serve(AreaHandler(vault: registrar.vault).bound())
    let vault = WorkerVault(vault: registrar.vault)
    let consents = try registrar.require((any ConsentDirectory).self)
    let organisations = OrganisationHandler(
      vault: OrganisationVault(vault: registrar.vault), consents: consents,
      principals: try registrar.require((any PrincipalDirectory).self))
    registrar.serve(organisations.bound())
    let consent = AffiliationConsent(consents: consents)
    registrar.serve(WorkerHandler(vault: vault, consent: consent).bound())
    registrar.onTimer(ImportRetention.timer) { try ImportRetention.deleteRows(of: $1.key, $0) }
    registrar.holdsPersonalData(RegisterHolder(vault: vault))
    let directory = RegisterDirectory(scope: registrar.scope, vault: vault)
    try registrar.provide((any AreaDirectory).self, directory)
    try registrar.provide((any OrganisationDirectory).self, directory)
    try registrar.provide((any WorkerDirectory).self, directory)
  }
}
