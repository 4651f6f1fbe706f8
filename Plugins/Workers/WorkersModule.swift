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
  /// The protos of yizhan.workers.v1.
  public static let fileDescriptorSet = WorkersDescriptors.fileDescriptorSet

  /// Creates the module without side effects.
  public init() {}

  /// Declares services and capabilities.
  public func register(in registrar: Registrar) throws {
    registrar.serve(AreaHandler().bound())
    registrar.serve(OrganisationHandler().bound())
    registrar.serve(WorkerHandler().bound())
    let directory = RegisterDirectory(scope: registrar.scope)
    try registrar.provide((any AreaDirectory).self, directory)
    try registrar.provide((any OrganisationDirectory).self, directory)
    try registrar.provide((any WorkerDirectory).self, directory)
  }
}
