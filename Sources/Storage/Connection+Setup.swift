internal import CSQLite

extension Connection {
  /// The marker of this program's databases in the file header: "YZHN".
  static let applicationID: Int64 = 0x595a_484e
  /// The oldest SQLite whose behaviour the kernel relies on.
  private static let oldestVersion: Int32 = 3_040_001

  /// Checks the library that the process runs with, once.
  static func checkEngine() throws {
    _ = csqlite_configure()
    guard sqlite3_libversion_number() >= oldestVersion else {
      throw StorageError.unsupportedEngine(
        message:
          "it is version \(String(cString: sqlite3_libversion())), and 3.40.1 is the oldest that will do")
    }
    guard sqlite3_threadsafe() != 0 else {
      throw StorageError.unsupportedEngine(message: "it was built without threads (SQLITE_THREADSAFE=0)")
    }
    guard sqlite3_compileoption_used("ENABLE_PREUPDATE_HOOK") != 0 else {
      throw StorageError.unsupportedEngine(
        message: "it was built without SQLITE_ENABLE_PREUPDATE_HOOK, which Debian's library has")
    }
    guard sqlite3_initialize() == SQLITE_OK else {
      throw StorageError.unsupportedEngine(message: "sqlite3_initialize failed")
    }
  }

  func configure(_ options: StorageOptions) throws {
    sqlite3_busy_timeout(handle, 5_000)
    for (option, on) in [
      (SQLITE_DBCONFIG_DEFENSIVE, true), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
      (SQLITE_DBCONFIG_DQS_DML, false), (SQLITE_DBCONFIG_DQS_DDL, false),
      (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, false),
      // A plan that looks at bound values is made anew whenever they change; prepared statements are kept here.
      (SQLITE_DBCONFIG_ENABLE_QPSG, true),
      // Readers never checkpoint: every checkpoint belongs to the writer.
      (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, role == .reader),
    ] {
      guard csqlite_set(handle, option, on ? 1 : 0) == SQLITE_OK else {
        throw StorageError.unsupportedEngine(message: "it does not know connection option \(option)")
      }
    }
    for (limit, value) in [
      (SQLITE_LIMIT_LENGTH, 64 << 20), (SQLITE_LIMIT_SQL_LENGTH, 1 << 20), (SQLITE_LIMIT_EXPR_DEPTH, 200),
      (SQLITE_LIMIT_COMPOUND_SELECT, 64), (SQLITE_LIMIT_ATTACHED, 0), (SQLITE_LIMIT_TRIGGER_DEPTH, 16),
      (SQLITE_LIMIT_VARIABLE_NUMBER, 4_096), (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_024),
    ] {
      sqlite3_limit(handle, limit, Int32(value))
    }
    if role == .writer { try prepareFile() }
    try pragma("foreign_keys = ON")
    try pragma("synchronous = FULL")
    // Nothing but the writer's own calls checkpoints.
    try pragma("wal_autocheckpoint = 0")
    try pragma("temp_store = MEMORY")
    // What is deleted is overwritten: a destroyed key must not stay in the free space of a page.
    try pragma("secure_delete = ON")
    try pragma("mmap_size = 0")
    let cacheBytes = role == .writer ? options.writerCacheBytes : options.readerCacheBytes
    try pragma("cache_size = -\(max(cacheBytes, 64 << 10) >> 10)")
    if role == .writer {
      try pragma("journal_size_limit = \(options.restartSizeBytes)")
    } else {
      try pragma("query_only = ON")
    }
  }

  /// Marks a new file as ours, and refuses one that is not.
  private func prepareFile() throws {
    let path = String(cString: sqlite3_db_filename(handle, "main"))
    let found: Int64
    do {
      found = try pragmaValue("application_id")
    } catch StorageError.foreignDatabase(_, let message) {
      throw StorageError.foreignDatabase(path: path, message: message)
    }
    if found != Self.applicationID {
      guard found == 0, try pragmaValue("schema_version") == 0 else {
        throw StorageError.foreignDatabase(path: path, message: "its application id is \(found)")
      }
      try pragma("page_size = 4096")
      try pragma("application_id = \(Self.applicationID)")
    }
    try pragma("journal_mode = WAL")
    guard try pragmaText("journal_mode") == "wal" else {
      throw StorageError.unsupportedEngine(
        message: "the file system of \(path) does not allow a write-ahead log")
    }
  }

  /// Learns which tables there are; after each change of the schema.
  func learnTables() throws {
    authority.isSuspended = true
    defer { authority.isSuspended = false }
    authority.tables = Set(
      try all("SELECT lower(name) FROM sqlite_schema WHERE type IN ('table', 'view')") { $0.text(0) })
  }

  func pragma(_ text: String) throws { _ = try pragmaText(text) }

  func pragmaValue(_ text: String) throws -> Int64 { Int64(try pragmaText(text)) ?? 0 }

  /// Runs a pragma of the kernel's; the first column of its first row, or "".
  func pragmaText(_ text: String) throws -> String {
    authority.isSuspended = true
    defer { authority.isSuspended = false }
    var statement: OpaquePointer?
    var code = sqlite3_prepare_v2(handle, "PRAGMA " + text, -1, &statement, nil)
    defer { sqlite3_finalize(statement) }
    var value = ""
    if code == SQLITE_OK {
      code = sqlite3_step(statement)
      if code == SQLITE_ROW, let text = sqlite3_column_text(statement, 0) { value = String(cString: text) }
    }
    guard code == SQLITE_ROW || code == SQLITE_DONE else { throw failure(code, in: .kernel) }
    return value
  }
}
