internal import Synchronization

/// What keeps a host from starting.
public enum RegistrationError: Error, CustomStringConvertible, Equatable {
  /// A module requires what no earlier module provides.
  case capabilityMissing(capability: String, module: String)
  /// Two modules provide the same capability.
  case capabilityTaken(capability: String, module: String, by: String)

  /// One line for the operator.
  public var description: String {
    switch self {
    case .capabilityMissing(let capability, let module):
      "module \(module) requires \(capability), which no module before it in Modules.swift provides"
    case .capabilityTaken(let capability, let module, let owner):
      "module \(module) provides \(capability), which module \(owner) provides already"
    }
  }
}

/// The capabilities that modules offer each other, by protocol.
public final class CapabilityRegistry {
  private var implementations: [ObjectIdentifier: (module: String, value: Any)] = [:]
  /// Whoever waits for what no module has provided yet.
  private var waiting: [ObjectIdentifier: [(Any) -> Void]] = [:]

  /// Creates an empty registry; the host makes one and hands it to each registrar.
  public init() {}

  func provide<Capability>(_ type: Capability.Type, _ value: Capability, by module: String) throws {
    if let taken = implementations[ObjectIdentifier(type)] {
      throw RegistrationError.capabilityTaken(capability: "\(type)", module: module, by: taken.module)
    }
    implementations[ObjectIdentifier(type)] = (module, value)
    for inform in waiting.removeValue(forKey: ObjectIdentifier(type)) ?? [] { inform(value) }
  }

  func require<Capability>(_ type: Capability.Type, for module: String) throws -> Capability {
    guard let value = implementations[ObjectIdentifier(type)]?.value as? Capability else {
      throw RegistrationError.capabilityMissing(capability: "\(type)", module: module)
    }
    return value
  }

  func optional<Capability: Sendable>(_ type: Capability.Type) -> OptionalCapability<Capability> {
    let handle = OptionalCapability<Capability>()
    if let value = implementations[ObjectIdentifier(type)]?.value as? Capability {
      handle.fill(value)
    } else {
      waiting[ObjectIdentifier(type), default: []].append { value in
        if let value = value as? Capability { handle.fill(value) }
      }
    }
    return handle
  }
}

/// A capability that a module uses if some module provides it.
public final class OptionalCapability<Capability: Sendable>: Sendable {
  private let held = Mutex<Capability?>(nil)

  /// The capability; nil while modules register, and afterwards if none provides it.
  public var value: Capability? { held.withLock { $0 } }

  func fill(_ capability: Capability) { held.withLock { $0 = capability } }
}
