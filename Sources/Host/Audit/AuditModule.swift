import ModuleKit

/// The host's own module `audit`: the records of what was done, looked up, signed and handed out. The records
/// themselves are storage's, so that it has no tables.
struct AuditModule: Module {
  static let name = "audit"
  static let migrations: [Migration] = []
  static var fileDescriptorSet: [UInt8] { HostDescriptors.fileDescriptorSet }

  init() {}

  func register(in registrar: Registrar) throws {
    registrar.serve(AuditHandler(vault: registrar.vault).bound())
  }
}
