import ModuleKit

/// The host's own module `privacy`: the wrapped keys of personal data and their rotation, consents, and what persons
/// may ask of the host. It is a module like any other, with its tables behind the same rules, and always there.
struct PrivacyModule: Module {
  static let name = "privacy"
  static let migrations: [Migration] = Vault.migrations + [rightsMigration]
  static let unrecorded: [Unrecorded] = Vault.unrecorded
  static var fileDescriptorSet: [UInt8] { HostDescriptors.fileDescriptorSet }

  private let keeper: HostKeyKeeper
  private let personal: PersonalDataRegister

  init() { self.init(keeper: HostKeyKeeper(nil), register: PersonalDataRegister()) }

  init(keeper: HostKeyKeeper, register: PersonalDataRegister) {
    self.keeper = keeper
    personal = register
  }

  func register(in registrar: Registrar) throws {
    let vault = registrar.vault
    registrar.onTimer(Vault.rewrapTimer) { transaction, _ in try vault.rewrap(in: transaction) }
    registrar.serve(KeyHandler(vault: vault, keeper: keeper).bound())
    let people = People(
      register: personal, workers: registrar.optional((any WorkerDirectory).self), vault: vault,
      scope: registrar.scope)
    let consents = ConsentHandler(people: people, consents: ConsentStore(vault: vault))
    registrar.serve(consents.bound())
    registrar.serve(PersonalDataHandler(people: people).bound())
    registrar.holdsPersonalData(consents)
    try registrar.provide((any ConsentDirectory).self, consents)
    registrar.onTimer(ErasureStore.retentionTimer) { transaction, firing in
      try ErasureStore.forgetReason(of: firing.key, vault: vault, in: transaction)
    }
    registrar.onEvent(WorkerMergedEvent.self) { transaction, event in
      try Self.merge(event, consents, vault, in: transaction)
    }
  }

  /// Follows a merge of two entries of one person: consents move, the person's last word of both counts, and the
  /// source's key is destroyed with the target's.
  private static func merge(
    _ event: WorkerMergedEvent, _ handler: ConsentHandler, _ vault: Vault, in transaction: Transaction
  ) throws {
    let isErased = try vault.isErased(event.targetID, in: transaction)
    if isErased {
      try handler.consents.erase(event.sourceID, in: transaction)
      try vault.destroyKey(of: event.sourceID, in: transaction)
    }
    try handler.consents.move(from: event.sourceID, to: event.targetID, in: transaction)
    try ErasureStore.merge(event.sourceID, into: event.targetID, in: transaction)
    if !isErased { try handler.followMerge(into: event.targetID, in: transaction) }
  }
}
