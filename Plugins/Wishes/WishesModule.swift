public import ModuleKit

/// Micro-wishes: collected in the street, moderated, claimed, fulfilled, confirmed and followed up.
public struct WishesModule: Module {
  /// The module's name.
  public static let name = "wishes"
  /// The module's schema.
  public static var migrations: [Migration] { WishesMigrations.all }
  /// The module's protos.
  public static var fileDescriptorSet: [UInt8] { WishesDescriptors.fileDescriptorSet }

  /// Creates the module.
  public init() {}

  /// Serves WishService, handles the timers of claims and of retention, follows merges and employments in the register of
  /// workers, and answers for what is held about persons.
  /// - Throws: `RegistrationError` unless the host and a module before this one provide the four directories.
  public func register(in registrar: Registrar) throws {
    let handler = WishesHandler(
      workers: try registrar.require((any WorkerDirectory).self),
      organisations: try registrar.require((any OrganisationDirectory).self),
      areas: try registrar.require((any AreaDirectory).self),
      consent: PublicationConsent(consents: try registrar.require((any ConsentDirectory).self)),
      vault: WishVault(vault: registrar.vault))
    registrar.serve(handler.bound())
    registrar.onTimer(WishesHandler.lapseTimer) { try handler.lapseClaim($1.key, $0) }
    registrar.onTimer(WishesHandler.confirmationTimer) { try handler.remindOfConfirmation($1.key, $0) }
    registrar.onTimer(WishesHandler.retentionTimer) { try handler.deleteExpired($1.key, $0) }
    registrar.holdsPersonalData(WishHolder(handler: handler))
    registrar.onEvent(WorkerMergedEvent.self) { try handler.followMerge($1, $0) }
    registrar.onEvent(EmploymentStartedEvent.self) { try handler.followEmployment(of: $1.workerID, $0) }
    registrar.onEvent(EmploymentEndedEvent.self) { try handler.followEmployment(of: $1.workerID, $0) }
  }
}
