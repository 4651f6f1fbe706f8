import Synchronization

/// The right to use one module's tables.
///
/// Only the host creates scopes, one for each module, and hands each to its module's registrar. A module that made
/// another's could reach tables that are not its own: in a package of its own it cannot, and in this package a test
/// of the sources refuses it.
public struct ModuleScope: Sendable, Hashable {
  /// The module's name, which is also the prefix of its tables: "wishes" for `wishes_claim`.
  public let name: String
  /// Small and equal for equal names: statements are cached by it.
  let number: Int

  /// The right to a module's tables; for the host.
  /// - Parameter name: matches `[a-z][a-z0-9]{1,30}`; "kernel" and "sqlite" are not for modules.
  package init(name: String) {
    precondition(Self.isValid(name), "a module's name matches [a-z][a-z0-9]{1,30}, and \(name) does not")
    self.init(interning: name)
  }

  private init(interning name: String) {
    self.name = name
    number = Self.numbers.withLock { numbers in
      if let number = numbers[name] { return number }
      let number = numbers.count
      numbers[name] = number
      return number
    }
  }

  /// Whether a name can be a module's.
  public static func isValid(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (2...31).contains(bytes.count), name != "kernel", name != "sqlite" else { return false }
    return (0x61...0x7a).contains(bytes[0])
      && bytes.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) }
  }

  /// The kernel's own tables.
  static let kernel = ModuleScope(interning: "kernel")
  private static let numbers = Mutex<[String: Int]>([:])

  /// Whether two scopes are of one module.
  public static func == (first: ModuleScope, second: ModuleScope) -> Bool { first.number == second.number }
  /// Hashes the scope.
  public func hash(into hasher: inout Hasher) { hasher.combine(number) }
}
