import Foundation
import Privacy
import Storage

let privacy = ModuleScope(name: "privacy")
let clinic = ModuleScope(name: "clinic")

/// A database with an unlocked vault, and a table of sealed notes.
final class Cabinet: Sendable {
  let database: Database
  let vault = Vault()
  let directory: String
  private let keepsDirectory: Bool

  static let label: StaticString = "clinic_note.text"

  /// Opens or makes a database.
  /// - Parameter directory: one to open again; unless given, a new one that goes with the cabinet.
  init(_ keys: HostKeyRing, directory: String? = nil) async throws {
    self.directory = directory ?? NSTemporaryDirectory() + "privacy-" + UUID().uuidString
    keepsDirectory = directory != nil
    var options = StorageOptions()
    options.sealer = vault
    // Some tests fill it in one transaction.
    options.maximumWriteDuration = .seconds(600)
    database = try Database.open(
      directory: self.directory, options: options,
      schemas: [
        ModuleSchema(name: "privacy", migrations: Vault.migrations, unrecorded: Vault.unrecorded),
        ModuleSchema(
          name: "clinic",
          migrations: [Migration(1, "notes", "CREATE TABLE clinic_note (person TEXT PRIMARY KEY, text BLOB)")]
        ),
      ])
    let vault = vault
    do {
      let isUnlocked = try await read { try vault.unlock(with: keys, reading: $0) }
      if !isUnlocked { try await write { try vault.unlock(with: keys, writing: $0) } }
      try database.start(timers: [
        TimerRegistration(module: privacy, name: Vault.rewrapTimer) { transaction, _ in
          try vault.rewrap(in: transaction)
        }
      ])
    } catch {
      database.close()
      throw error
    }
  }

  deinit {
    database.close()
    if !keepsDirectory { try? FileManager.default.removeItem(atPath: directory) }
  }

  static func call(_ method: String = "clinic.v1.Notes/Do") -> CallContext {
    CallContext(
      module: clinic, caller: Caller(id: "c", name: "c", roles: 0), requestID: "r", method: method)
  }

  func write<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
    try await database.writer.perform(call: Self.call(), body: body)
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> T) async throws -> T {
    try await database.readPool.run(call: Self.call(), body: body)
  }

  /// Seals a note and keeps it.
  func note(_ text: String, of person: String) async throws {
    try await write { [vault] in try Self.note(text, of: person, vault, $0) }
  }

  static func note(_ text: String, of person: String, _ vault: Vault, _ transaction: Transaction) throws {
    let sealed = try vault.seal([text], of: person, as: label, in: transaction)
    try transaction.execute(
      "INSERT INTO clinic_note (person, text) VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET text = excluded.text",
      person, sealed)
  }

  /// Opens what is kept.
  func note(of person: String) async throws -> String {
    try await read { [vault] in try Self.note(of: person, vault, $0) }
  }

  static func note(of person: String, _ vault: Vault, _ snapshot: Snapshot) throws -> String {
    let sealed = try sealed(of: person, snapshot)
    return try vault.openTexts(sealed, of: person, as: label, in: snapshot).joined()
  }

  static func sealed(of person: String, _ snapshot: Snapshot) throws -> [UInt8] {
    try snapshot.first("SELECT text FROM clinic_note WHERE person = ?", person) { $0.bytes(0) } ?? []
  }

  /// A table of the vault's, which no other module can read.
  func privacyRows<T: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> T) async throws -> T {
    var call = Self.call()
    call.module = privacy
    return try await database.readPool.run(call: call, body: body)
  }
}

/// Keys of 32 bytes that look random: SplitMix64 of a seed.
func key(_ id: String, seed: UInt64) throws -> HostKey { try HostKey(id: id, bytes: keyBytes(seed)) }

func keyBytes(_ seed: UInt64) -> [UInt8] {
  var state = seed
  return (0..<4).flatMap { _ in
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return withUnsafeBytes(of: mixed ^ (mixed >> 31), Array.init)
  }
}

/// A ring of keys "k1", "k2" … by their numbers, the first current; number 7 has seed 7.
func ring(_ numbers: Int...) throws -> HostKeyRing { try ring(numbers) }

func ring(_ numbers: [Int]) throws -> HostKeyRing {
  let lines = numbers.map { "k\($0) " + Data(keyBytes(UInt64($0))).base64EncodedString() }
  return try HostKeyRing(
    parsing: lines.joined(separator: "\n") + "\n", place: "a test", allowsDevelopmentKeys: false)
}
