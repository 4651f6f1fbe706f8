import Crypto
import Foundation
import Privacy
import Storage
import Testing

/// What the vault seals for storage.
@Suite struct StorageSealingTests {
  /// Opens what was sealed for a record, with the key at hand.
  private func open(_ sealed: [UInt8], of sequence: Int64, with key: SymmetricKey) throws -> [UInt8] {
    let label = "kernel_audit.changes"
    let authenticated = [UInt8(label.utf8.count)] + Array((label + String(sequence)).utf8)
    // No persons, and the form's version.
    #expect(sealed.prefix(2) == [0, 1])
    let box = try AES.GCM.SealedBox(combined: sealed.dropFirst(2))
    return Array(try AES.GCM.open(box, using: key, authenticating: authenticated))
  }

  @Test func eachMillionRecordsHaveAKeyOfTheirOwn() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    let root = try vault.dataKey(.audit)
    let keys = (0..<3).map { range in
      HKDF<SHA256>.deriveKey(
        inputKeyMaterial: root, info: Array("kernel_audit.changes \(range)".utf8), outputByteCount: 32)
    }
    for (sequence, range) in [(1, 0), (1_048_575, 0), (1_048_576, 1), (2_097_152, 2), (7, 0)]
      as [(Int64, Int)]
    {
      let sealed = try await cabinet.write {
        try vault.seal(changes: [1, 2, 3], of: sequence, concerning: [], in: $0)
      }
      #expect(try open(sealed, of: sequence, with: keys[range]) == [1, 2, 3])
      #expect(throws: (any Error).self) { try open(sealed, of: sequence, with: keys[(range + 1) % 3]) }
      #expect(throws: (any Error).self) { try open(sealed, of: sequence, with: root) }
      try await cabinet.read { snapshot throws in
        #expect(try vault.open(changes: sealed, of: sequence, concerning: [], in: snapshot) == [1, 2, 3])
        #expect(throws: VaultError.damaged) {
          _ = try vault.open(changes: sealed, of: sequence + 1, concerning: [], in: snapshot)
        }
      }
    }
  }

  @Test func changesAreGoneWithTheFirstOfThePersons() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    try await cabinet.write { transaction in
      for person in ["a", "b"] {
        _ = try vault.seal(["x"], of: person, as: "clinic_note.text", in: transaction)
      }
    }
    let persons = ["a", "without a key", "b"]
    let both = try await cabinet.write { try vault.seal(changes: [1], of: 1, concerning: persons, in: $0) }
    let one = try await cabinet.write { try vault.seal(changes: [2], of: 2, concerning: ["b"], in: $0) }
    try await cabinet.read { snapshot throws in
      #expect(try vault.open(changes: both, of: 1, concerning: persons, in: snapshot) == [1])
      // Who lacks a key, or has another person's, has nothing.
      #expect(throws: VaultError.damaged) {
        try vault.open(changes: one, of: 2, concerning: ["a"], in: snapshot)
      }
      #expect(throws: VaultError.damaged) {
        try vault.open(changes: one, of: 2, concerning: [], in: snapshot)
      }
    }
    try await cabinet.write { try vault.destroyKey(of: "a", in: $0) }
    let later = try await cabinet.write { try vault.seal(changes: [3], of: 3, concerning: persons, in: $0) }
    try await cabinet.read { snapshot throws in
      #expect(try vault.open(changes: both, of: 1, concerning: persons, in: snapshot) == nil)
      #expect(try vault.open(changes: one, of: 2, concerning: ["b"], in: snapshot) == [2])
      #expect(try vault.open(changes: later, of: 3, concerning: persons, in: snapshot) == [3])
    }
  }

  /// A command that forgets to unlock the vault fails, and the process goes on.
  @Test func aLockedVaultFailsTheCallAndNothingElse() async throws {
    let directory = NSTemporaryDirectory() + "locked-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let vault = Vault()
    var options = StorageOptions()
    options.sealer = vault
    let table = Migration(1, "notes", "CREATE TABLE clinic_note (person TEXT PRIMARY KEY, text BLOB)")
    let database = try Database.open(
      directory: directory, options: options,
      schemas: [
        ModuleSchema(name: "privacy", migrations: Vault.migrations, unrecorded: Vault.unrecorded),
        ModuleSchema(name: "clinic", migrations: [table]),
      ])
    defer { database.close() }
    let writes: [@Sendable (Transaction) throws -> Void] = [
      { try $0.execute("INSERT INTO clinic_note (person) VALUES ('a')") },
      { _ = try vault.seal(["x"], of: "p", as: "clinic_note.text", in: $0) },
      { _ = try vault.keyStatus(in: $0) },
    ]
    for write in writes {
      await #expect(throws: VaultError.locked) {
        try await database.writer.perform(call: Cabinet.call(), body: write)
      }
    }
    await #expect(throws: VaultError.locked) {
      try await database.readPool.run(call: Cabinet.call()) {
        try vault.open(changes: [0, 1], of: 1, concerning: [], in: $0)
      }
    }
    let count = try await database.readPool.run(call: Cabinet.call()) {
      try $0.first("SELECT count(*) FROM clinic_note") { $0.int(0) }
    }
    #expect(count == 0)
  }
}
