public import Storage

/// The SQL of wrapped keys.
enum KeyStore {
  /// A row of `privacy_host_key`: a key that wraps, or wrapped, something in this database.
  struct HostKeyRow {
    var number: Int
    var id: String
    var checkValue: [UInt8]
    var firstUsedAt: Instant
    /// How many persons' keys are wrapped by it.
    var persons: Int
    /// How many of the host's own data keys are wrapped by it.
    var dataKeys: Int
    /// Whether anything needs it.
    var isInUse: Bool { persons > 0 || dataKeys > 0 }
  }

  /// A row of `privacy_key`.
  struct PersonRow {
    var person: String
    /// The host's key, by its number; nil once destroyed.
    var hostKey: Int?
    /// Nil once destroyed.
    var wrapped: [UInt8]?
  }

  static func hostKeys(in snapshot: Snapshot) throws -> [HostKeyRow] {
    try snapshot.all(
      """
      SELECT h.number, h.id, h.check_value, h.first_used_at, h.persons,
        (SELECT COUNT(*) FROM privacy_data_key d WHERE d.host_key = h.number)
      FROM privacy_host_key h ORDER BY h.number
      """
    ) {
      HostKeyRow(
        number: $0.int(0), id: $0.text(1), checkValue: $0.bytes(2), firstUsedAt: $0.instant(3),
        persons: $0.int(4), dataKeys: $0.int(5))
    }
  }

  static func insert(_ key: HostKey, in transaction: Transaction) throws {
    try transaction.execute(
      """
      INSERT INTO privacy_host_key (number, id, check_value, first_used_at, persons)
      SELECT coalesce(max(number), 0) + 1, ?, ?, ?, 0 FROM privacy_host_key
      """, key.id, key.checkValue(), transaction.now)
  }

  static func person(_ person: String, in snapshot: Snapshot) throws -> PersonRow? {
    try snapshot.first("SELECT host_key, wrapped FROM privacy_key WHERE person = ?", person) {
      PersonRow(person: person, hostKey: $0.optionalInt(0), wrapped: $0.optionalBytes(1))
    }
  }

  static func insert(
    person: String, wrapped: [UInt8], hostKey: Int, in transaction: Transaction
  ) throws {
    try transaction.execute(
      "INSERT INTO privacy_key (person, host_key, wrapped, created_at) VALUES (?, ?, ?, ?)", person, hostKey,
      wrapped, transaction.now)
    try count(1, hostKey: hostKey, in: transaction)
  }

  /// Forgets a person's wrapped key, or notes that a person who has none is to get none.
  static func destroy(_ person: String, in transaction: Transaction) throws {
    guard let row = try Self.person(person, in: transaction) else {
      try transaction.execute(
        "INSERT INTO privacy_key (person, created_at, destroyed_at) VALUES (?1, ?2, ?2)", person,
        transaction.now)
      return
    }
    guard let hostKey = row.hostKey else { return }
    try transaction.execute(
      "UPDATE privacy_key SET host_key = NULL, wrapped = NULL, destroyed_at = ? WHERE person = ?",
      transaction.now, person)
    try count(-1, hostKey: hostKey, in: transaction)
  }

  /// A stretch of persons in the order of their identifiers, for rotation.
  static func persons(after: String, limit: Int, in snapshot: Snapshot) throws -> [PersonRow] {
    try snapshot.all(
      "SELECT person, host_key, wrapped FROM privacy_key WHERE person > ? ORDER BY person LIMIT ?", after,
      limit
    ) { PersonRow(person: $0.text(0), hostKey: $0.optionalInt(1), wrapped: $0.optionalBytes(2)) }
  }

  static func rewrap(_ person: String, wrapped: [UInt8], hostKey: Int, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE privacy_key SET host_key = ?, wrapped = ? WHERE person = ?", hostKey, wrapped, person)
  }

  static func count(_ change: Int, hostKey: Int, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE privacy_host_key SET persons = persons + ? WHERE number = ?", change, hostKey)
  }

  static func dataKey(_ name: String, in snapshot: Snapshot) throws -> (hostKey: Int, wrapped: [UInt8])? {
    try snapshot.first("SELECT host_key, wrapped FROM privacy_data_key WHERE name = ?", name) {
      (hostKey: $0.int(0), wrapped: $0.bytes(1))
    }
  }

  static func putDataKey(_ name: String, wrapped: [UInt8], hostKey: Int, in transaction: Transaction) throws {
    try transaction.execute(
      """
      INSERT INTO privacy_data_key (name, host_key, wrapped, created_at) VALUES (?, ?, ?, ?)
      ON CONFLICT (name) DO UPDATE SET host_key = excluded.host_key, wrapped = excluded.wrapped
      """, name, hostKey, wrapped, transaction.now)
  }
}

extension Vault {
  /// The tables of wrapped keys, and of how many each key has wrapped: a key that is destroyed must not live on in the
  /// audit log.
  public static let unrecorded: [Unrecorded] = [
    .secrets(table: "privacy_key"), .secrets(table: "privacy_data_key"), .secrets(table: "privacy_host_key"),
  ]

  /// The vault's tables; the host's module `privacy` applies them.
  public static let migrations: [Migration] = [
    Migration(
      1, "wrapped keys of persons and of the host",
      """
      CREATE TABLE privacy_host_key (
        number INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        check_value BLOB NOT NULL,
        first_used_at INTEGER NOT NULL,
        persons INTEGER NOT NULL CHECK (persons >= 0)
      )
      """,
      """
      CREATE TABLE privacy_key (
        person TEXT NOT NULL PRIMARY KEY,
        host_key INTEGER,
        wrapped BLOB,
        created_at INTEGER NOT NULL,
        destroyed_at INTEGER,
        CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL) AND (wrapped IS NULL) = (host_key IS NULL))
      ) WITHOUT ROWID
      """,
      """
      CREATE TABLE privacy_data_key (
        name TEXT NOT NULL PRIMARY KEY,
        host_key INTEGER NOT NULL REFERENCES privacy_host_key (number),
        wrapped BLOB NOT NULL,
        created_at INTEGER NOT NULL
      ) WITHOUT ROWID
      """,
      """
      CREATE TABLE privacy_rotation (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        host_key INTEGER NOT NULL REFERENCES privacy_host_key (number),
        position TEXT NOT NULL,
        rewrapped INTEGER NOT NULL,
        damaged INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        finished_at INTEGER
      )
      """)
  ]
}
