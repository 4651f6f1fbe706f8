/// The kernel's own tables.
enum KernelSchema {
  /// Holds the migrations, so it is there before the first.
  static let migrationTable: StaticString = """
    CREATE TABLE IF NOT EXISTS kernel_migration (
      module TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,
      applied INTEGER NOT NULL, PRIMARY KEY (module, number)) WITHOUT ROWID
    """

  static let migrations = [
    Migration(
      1, "idempotency, audit, outbox, timers",
      """
      CREATE TABLE kernel_secret (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID
      """,
      // Rows come and go in the order of time; the fingerprint of caller and key finds one. An index over the
      // whole hash would be four times larger, and each write touches a page of it at random.
      """
      CREATE TABLE kernel_idempotency (
        sequence INTEGER PRIMARY KEY, fingerprint INTEGER NOT NULL, hash BLOB NOT NULL, method TEXT NOT NULL,
        digest BLOB NOT NULL, reply BLOB NOT NULL, persons TEXT NOT NULL, created INTEGER NOT NULL)
      """,
      "CREATE INDEX kernel_idempotency_fingerprint ON kernel_idempotency (fingerprint)",
      """
      CREATE TABLE kernel_audit (
        sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, principal TEXT NOT NULL, credential TEXT NOT NULL,
        method TEXT NOT NULL, module TEXT NOT NULL, request_id TEXT NOT NULL, subject TEXT NOT NULL,
        purpose TEXT NOT NULL, persons TEXT NOT NULL, digest BLOB NOT NULL, changes BLOB NOT NULL,
        hash BLOB NOT NULL)
      """,
      // Records are asked for by what they are about and by who did it. No index knows methods and modules, which
      // nearly all records share with many, nor times, which follow the sequence.
      "CREATE INDEX kernel_audit_subject ON kernel_audit (subject) WHERE subject <> ''",
      "CREATE INDEX kernel_audit_principal ON kernel_audit (principal)",
      "CREATE INDEX kernel_audit_purpose ON kernel_audit (sequence) WHERE purpose <> ''",
      // The records before which the clock was set back, so that all others are known to follow in time.
      "CREATE TABLE kernel_audit_setback (sequence INTEGER PRIMARY KEY)",
      // Who looked at whom: the records with a purpose, by person.
      """
      CREATE TABLE kernel_audit_person (
        person TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (person, sequence)) WITHOUT ROWID
      """,
      """
      CREATE TABLE kernel_audit_shape (
        identifier BLOB NOT NULL PRIMARY KEY, table_name TEXT NOT NULL, columns TEXT NOT NULL) WITHOUT ROWID
      """,
      "CREATE TABLE kernel_event_type (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
      """
      CREATE TABLE kernel_event (
        sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, module TEXT NOT NULL,
        type INTEGER NOT NULL, subject TEXT NOT NULL, payload BLOB NOT NULL)
      """,
      // With the sequence at its end by itself: a consumer reads its own events and no others.
      "CREATE INDEX kernel_event_by_type ON kernel_event (type)",
      """
      CREATE TABLE kernel_consumer (
        name TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID
      """,
      """
      CREATE TABLE kernel_timer (
        module TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, payload BLOB NOT NULL,
        attempt INTEGER NOT NULL, not_before INTEGER NOT NULL, last_error TEXT NOT NULL,
        PRIMARY KEY (module, name, key)) WITHOUT ROWID
      """,
      "CREATE INDEX kernel_timer_due ON kernel_timer (not_before)")
  ]
}
