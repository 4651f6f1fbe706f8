/// A domain module: a set of services over its own tables.
///
/// The host creates each module of `Modules.swift` with `init()`, which must have no side effects, applies its
/// migrations, and calls `register`. Modules reach each other through capabilities (protocols of ModuleKit that
/// one module provides and others require) and through events, never by import.
public protocol Module: Sendable {
  /// The module's name in lower case: the prefix of its tables ("wishes_claim"), of its CLI commands and of its
  /// metrics. Matches `[a-z][a-z0-9]{1,30}`.
  static var name: String { get }
  /// The module's schema, oldest first; a released migration is never edited.
  static var migrations: [Migration] { get }
  /// What the audit log leaves out of the module's changes; nothing unless declared.
  static var unrecorded: [Unrecorded] { get }
  /// The module's protos, for reflection: the generated `<Name>Descriptors.fileDescriptorSet`.
  static var fileDescriptorSet: [UInt8] { get }

  /// Creates the module without side effects.
  init()
  /// Declares what the module serves, provides and reacts to.
  /// - Throws: `RegistrationError` when a capability is missing or a name is taken.
  func register(in registrar: Registrar) throws
}

extension Module {
  /// Every change is on record.
  public static var unrecorded: [Unrecorded] { [] }
}

/// What a module declares at start. The host makes one for each module and reads it afterwards.
public final class Registrar {
  /// The module that registers.
  public let module: String
  /// The right to use the module's own tables, for capabilities that run inside another module's call.
  public let scope: ModuleScope
  /// Seals and opens personal data; to be used inside calls, timers and consumers, not while registering.
  public let vault: Vault
  /// The services declared so far.
  public private(set) var services: [BoundService] = []
  /// Handlers of the module's own timers, by name.
  public private(set) var timers: [String: TimerHandler] = [:]
  /// Consumers of events, by the event message's full name.
  public private(set) var consumers: [EventConsumer] = []
  /// What the module holds about persons; nil for a module that holds nothing.
  public private(set) var personalDataHolder: (any PersonalDataHolder)?
  private let capabilities: CapabilityRegistry

  /// Creates a registrar; the host does.
  public init(
    module: String, scope: ModuleScope, capabilities: CapabilityRegistry, vault: Vault = Vault()
  ) {
    self.module = module
    self.vault = vault
    self.scope = scope
    self.capabilities = capabilities
  }

  /// Serves a service: `registrar.serve(WishesHandler(…).bound())`.
  public func serve(_ service: BoundService) {
    services.append(service)
  }

  /// Provides a capability to the modules that register later.
  /// - Throws: `RegistrationError.capabilityTaken` if another module provides it.
  public func provide<Capability>(_ type: Capability.Type, _ implementation: Capability) throws {
    try capabilities.provide(type, implementation, by: module)
  }

  /// A capability that an earlier module provides.
  /// - Throws: `RegistrationError.capabilityMissing`.
  public func require<Capability>(_ type: Capability.Type) throws -> Capability {
    try capabilities.require(type, for: module)
  }

  /// A capability that any module may provide, a later one too, or none.
  /// - Returns: a handle that has the capability once every module is registered.
  public func optional<Capability: Sendable>(_ type: Capability.Type) -> OptionalCapability<Capability> {
    capabilities.optional(type)
  }

  /// Handles timers that `Transaction.schedule` set under this name. The handler is a transaction: it happens
  /// exactly once, after the time, also across restarts. One that throws is tried again with growing pauses.
  public func onTimer(_ name: String, _ body: @escaping @Sendable (Transaction, TimerFiring) throws -> Void) {
    precondition(timers[name] == nil, "\(module) handles the timer \(name) twice")
    timers[name] = TimerHandler(name: name, body: body)
  }

  /// Takes part in what persons can ask of the host: view, export, erasure, withdrawal of consent.
  public func holdsPersonalData(_ holder: any PersonalDataHolder) {
    precondition(personalDataHolder == nil, "\(module) names two holders of personal data")
    personalDataHolder = holder
  }

  /// Consumes events of one type, emitted by any module, in order, each exactly once, in a transaction of its own.
  public func onEvent<Event: Message>(
    _ type: Event.Type, _ body: @escaping @Sendable (Transaction, Event) throws -> Void
  ) {
    consumers.append(
      EventConsumer(module: module, type: Event.fullName) { transaction, payload in
        try body(transaction, try Event(decoding: payload))
      })
  }
}

/// A module's handler of one kind of timer.
public struct TimerHandler: Sendable {
  /// The timer's name within its module.
  public let name: String
  /// What to do when it is due.
  public let body: @Sendable (Transaction, TimerFiring) throws -> Void
}

/// A module's consumer of one type of event.
public struct EventConsumer: Sendable {
  /// The consuming module.
  public let module: String
  /// The event message's full name.
  public let type: String
  /// What to do with an event's encoded message.
  public let body: @Sendable (Transaction, [UInt8]) throws -> Void

  /// Creates a consumer.
  public init(
    module: String, type: String, body: @escaping @Sendable (Transaction, [UInt8]) throws -> Void
  ) {
    self.module = module
    self.type = type
    self.body = body
  }
}
