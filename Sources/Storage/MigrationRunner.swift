/// Brings the schema of each module up to the program's, or refuses.
struct MigrationRunner {
  let connection: Connection
  let now: Instant
  let begin: ControlStatement
  let commit: ControlStatement
  let rollback: ControlStatement

  init(connection: Connection, now: Instant) throws {
    self.connection = connection
    self.now = now
    begin = try ControlStatement("BEGIN IMMEDIATE", on: connection)
    commit = try ControlStatement("COMMIT", on: connection)
    rollback = try ControlStatement("ROLLBACK", on: connection)
  }

  /// Applies what is missing.
  /// - Throws: `StorageError`, before anything is changed if a module's schema is newer or was edited.
  func run(_ schemas: [ModuleSchema]) throws {
    defer { connection.statements.removeAll() }
    var modules: Set<String> = []
    for schema in schemas {
      guard modules.insert(schema.name).inserted else { throw StorageError.moduleTwice(name: schema.name) }
    }
    try asMigration { try connection.execute(KernelSchema.migrationTable) }
    let all =
      [(ModuleScope.kernel, KernelSchema.migrations)]
      + schemas.map { (ModuleScope(name: $0.name), $0.migrations) }
    var missing: [(ModuleScope, [Migration])] = []
    for (scope, migrations) in all { missing.append((scope, try check(migrations, of: scope))) }
    for (scope, migrations) in missing {
      for migration in migrations { try apply(migration, of: scope) }
    }
  }

  /// Compares a module's migrations with those applied.
  /// - Returns: the ones to apply.
  private func check(_ migrations: [Migration], of scope: ModuleScope) throws -> [Migration] {
    for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
      throw StorageError.migrationFailed(
        module: scope.name, number: migration.number, message: "numbers run from 1 up without gaps")
    }
    let applied = try connection.all(
      "SELECT number, digest FROM kernel_migration WHERE module = ? ORDER BY number", scope.name
    ) { (number: $0.int(0), digest: $0.text(1)) }
    for (number, digest) in applied {
      guard number <= migrations.count else {
        throw StorageError.schemaTooNew(
          module: scope.name, found: applied.last?.number ?? number, known: migrations.count)
      }
      let migration = migrations[number - 1]
      guard migration.digest == digest else {
        throw StorageError.migrationEdited(module: scope.name, number: number, name: migration.name)
      }
    }
    return Array(migrations.dropFirst(applied.last?.number ?? 0))
  }

  private func apply(_ migration: Migration, of scope: ModuleScope) throws {
    do {
      try asMigration {
        for statement in migration.statements { try connection.execute(statement, in: scope) }
        try connection.execute(
          "INSERT INTO kernel_migration (module, number, name, digest, applied) VALUES (?, ?, ?, ?, ?)",
          scope.name, migration.number, migration.name, migration.digest, now)
      }
    } catch let error as StorageError {
      switch error {
      case .invalidStatement(_, let message):
        throw StorageError.migrationFailed(module: scope.name, number: migration.number, message: message)
      case .constraint:
        throw StorageError.migrationFailed(
          module: scope.name, number: migration.number, message: error.description)
      default: throw error
      }
    }
  }

  private func asMigration(_ body: () throws -> Void) throws {
    connection.authority.isMigrating = true
    defer { connection.authority.isMigrating = false }
    try begin()
    do {
      try body()
      try commit()
      try connection.learnTables()
    } catch {
      if !connection.isOutsideTransaction { _ = rollback.run() }
      throw error
    }
  }
}

extension Migration {
  /// Tells whether a migration was edited: a keyed hash of its statements, with their lengths.
  var digest: String {
    var bytes: [UInt8] = []
    for statement in statements {
      withUnsafeBytes(of: UInt64(statement.utf8CodeUnitCount).littleEndian) { bytes.append(contentsOf: $0) }
      statement.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
    let low = SipHash(key: (0, 0)).hash(bytes)
    let high = SipHash(key: (1, 0)).hash(bytes)
    return IdentifierSequence.text(high, low)
  }
}
