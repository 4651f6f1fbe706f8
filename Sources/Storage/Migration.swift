/// One step of a module's schema. Once released it is never edited; the next change is the next number.
///
/// A migration runs once, in a transaction, with the right to its own module's tables and indexes
/// (`<module>_…`) only. It holds plain SQL and no application types, so that it means the same for ever.
public struct Migration: Sendable {
  /// The migration's number, from 1 up, without gaps.
  public let number: Int
  /// What it does, in a few words, for people.
  public let name: String
  /// The statements, one each, in order.
  public let statements: [StaticString]

  /// Creates a migration.
  public init(_ number: Int, _ name: String, _ statements: StaticString...) {
    self.number = number
    self.name = name
    self.statements = statements
  }
}

/// A module's migrations and what the audit log leaves out of its tables, as the host hands them to storage.
public struct ModuleSchema: Sendable {
  /// The module's name.
  public let name: String
  /// Its migrations, lowest number first.
  public let migrations: [Migration]
  /// What changes the audit log leaves out.
  public let unrecorded: [Unrecorded]

  /// Creates a schema.
  public init(name: String, migrations: [Migration], unrecorded: [Unrecorded] = []) {
    self.name = name
    self.migrations = migrations
    self.unrecorded = unrecorded
  }
}
