import Crypto
import Foundation
import Privacy
import Storage
import Testing

private struct Refused: Error {}

@Suite struct VaultTests {
  @Test func opensWhatItSealedAndNothingElse() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    try await cabinet.note("血压偏高", of: "p1")
    try await cabinet.note("another", of: "p2")
    #expect(try await cabinet.note(of: "p1") == "血压偏高")
    try await cabinet.read { (snapshot: Snapshot) throws -> Void in
      let sealed = try Cabinet.sealed(of: "p1", snapshot)
      #expect(sealed.count == 1 + 12 + "血压偏高".utf8.count + 1 + 16)
      #expect(sealed[0] == 1)
      #expect(throws: VaultError.damaged) {
        try vault.open(sealed, of: "p2", as: Cabinet.label, in: snapshot)
      }
      #expect(throws: VaultError.damaged) {
        try vault.open(sealed, of: "p1", as: "clinic_note.other", in: snapshot)
      }
      #expect(throws: VaultError.damaged) {
        try vault.open(sealed, of: "stranger", as: Cabinet.label, in: snapshot)
      }
      for index in sealed.indices {
        var changed = sealed
        changed[index] ^= 0x10
        #expect(throws: VaultError.damaged) {
          try vault.open(changed, of: "p1", as: Cabinet.label, in: snapshot)
        }
      }
      for count in 0..<sealed.count {
        #expect(throws: VaultError.damaged) {
          try vault.open(Array(sealed.prefix(count)), of: "p1", as: Cabinet.label, in: snapshot)
        }
      }
    }
  }

  /// Reads the tables by the documented form alone, with the host's key at hand.
  @Test func theFormIsTheDocumentedOne() async throws {
    let cabinet = try await Cabinet(ring(5))
    try await cabinet.note("note", of: "p1")
    func open(_ sealed: [UInt8], _ key: SymmetricKey, _ label: String, _ person: String) throws -> [UInt8] {
      let box = try AES.GCM.SealedBox(combined: sealed.dropFirst())
      return Array(
        try AES.GCM.open(
          box, using: key, authenticating: [UInt8(label.utf8.count)] + Array((label + person).utf8)))
    }
    let wrapped = try await cabinet.privacyRows {
      try $0.first("SELECT wrapped FROM privacy_key WHERE person = 'p1'") { $0.bytes(0) }
    }
    let personKey = try open(
      try #require(wrapped), SymmetricKey(data: keyBytes(5)), "privacy_key.wrapped", "p1")
    #expect(personKey.count == 32)
    let sealed = try await cabinet.read { try Cabinet.sealed(of: "p1", $0) }
    #expect(
      try open(sealed, SymmetricKey(data: personKey), "clinic_note.text", "p1") == [4] + Array("note".utf8))
  }

  @Test func recordsAreReadTextByText() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    let label: StaticString = "clinic_note.text"
    _ = try await cabinet.write { transaction in
      let sealed = try vault.seal(["王芳", "", "b"], of: "p", as: label, in: transaction)
      try vault.openRecord(sealed, of: "p", as: label, in: transaction) { record in
        #expect(record.next() == "王芳")
        #expect(record.nextBytes().isEmpty && !record.isAtEnd)
        #expect(Array(record.nextBytes()) == Array("b".utf8))
        // Texts that were left out at the end are empty.
        #expect(record.isAtEnd && record.next() == "" && record.next() == "")
      }
      // A length without its text, a length without its end, one that no text has.
      for bytes: [UInt8] in [[5, 1], [1], [0x80], [0, 0x80], [0xff, 0xff, 0xff, 0xff, 1, 0]] {
        let sealed = try vault.seal(bytes, of: "p", as: label, in: transaction)
        #expect(throws: VaultError.damaged) {
          try vault.openTexts(sealed, of: "p", as: label, in: transaction)
        }
        #expect(throws: VaultError.damaged) {
          try vault.openRecord(sealed, of: "p", as: label, in: transaction) { record in
            for _ in 0..<3 { _ = record.next() }
          }
        }
      }
    }
  }

  @Test func recordsKeepTheirTexts() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    for texts in [[], [""], ["", ""], ["a", "", "王芳"], [String(repeating: "长", count: 50_000), "b"]] {
      let opened = try await cabinet.write { transaction in
        let sealed = try vault.seal(texts, of: "p", as: "clinic_note.text", in: transaction)
        return try vault.openTexts(sealed, of: "p", as: "clinic_note.text", in: transaction)
      }
      #expect(opened == texts)
    }
    await #expect(throws: StorageError.self) {
      _ = try await cabinet.write {
        try vault.seal([String(repeating: "x", count: 1 << 20)], of: "p", as: "clinic_note.text", in: $0)
      }
    }
    for person in ["", String(repeating: "p", count: 129)] {
      await #expect(throws: StorageError.self) {
        _ = try await cabinet.write { try vault.seal(["x"], of: person, as: "clinic_note.text", in: $0) }
      }
    }
  }

  /// What is authenticated stands in logs and records too, one a line.
  @Test(arguments: ["p\n1", "\0", "p\u{1f}", "\u{7f}p", "\t"])
  func namesNobodyByControlCharacters(person: String) async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    await #expect(throws: VaultError.identifierInvalid) { try await cabinet.note("x", of: person) }
    await #expect(throws: VaultError.identifierInvalid) {
      try await cabinet.write { try vault.destroyKey(of: person, in: $0) }
    }
    #expect(try await cabinet.read { try !vault.hasKey(person, in: $0) && !vault.isErased(person, in: $0) })
  }

  @Test func labelsNothingWithControlCharacters() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    await #expect(throws: VaultError.identifierInvalid) {
      _ = try await cabinet.write { try vault.seal(["x"], of: "p1", as: "clinic_note.\u{0}text", in: $0) }
    }
    // Other than that, any identifier will do.
    for person in ["张三", " ", "a~\u{80}"] {
      try await cabinet.note("x", of: person)
      #expect(try await cabinet.note(of: person) == "x")
    }
  }

  @Test func lookupsAreKeyedAndLabelled() async throws {
    let first = try await Cabinet(ring(1))
    let other = try await Cabinet(ring(1))
    let hash = first.vault.lookup("+8613800000000", as: "workers_worker.phone")
    #expect(hash.count == 16)
    #expect(hash == first.vault.lookup("+8613800000000", as: "workers_worker.phone"))
    #expect(hash != first.vault.lookup("+8613800000000", as: "workers_worker.identity"))
    #expect(hash != first.vault.lookup("+8613800000001", as: "workers_worker.phone"))
    #expect(hash != other.vault.lookup("+8613800000000", as: "workers_worker.phone"))
    // The form, with the key at hand.
    let label = "workers_worker.phone"
    let expected = HMAC<SHA256>.authenticationCode(
      for: [UInt8(label.utf8.count)] + Array((label + "+8613800000000").utf8),
      using: try first.vault.dataKey(.lookup))
    #expect(hash == Array(expected.prefix(16)))
  }

  @Test func erasesForGood() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    try await cabinet.note("secret", of: "p1")
    #expect(try await cabinet.note(of: "p1") == "secret")
    #expect(try await cabinet.read { try vault.hasKey("p1", in: $0) })
    try await cabinet.write { try vault.destroyKey(of: "p1", in: $0) }
    await #expect(throws: VaultError.erased) { _ = try await cabinet.note(of: "p1") }
    await #expect(throws: VaultError.erased) { try await cabinet.note("again", of: "p1") }
    #expect(try await cabinet.read { try vault.isErased("p1", in: $0) && !vault.hasKey("p1", in: $0) })
    #expect(try await cabinet.read { try !vault.isErased("p2", in: $0) && !vault.hasKey("p2", in: $0) })
    // A second time, and somebody who has nothing.
    try await cabinet.write {
      try vault.destroyKey(of: "p1", in: $0)
      try vault.destroyKey(of: "p3", in: $0)
    }
    await #expect(throws: VaultError.erased) { try await cabinet.note("first", of: "p3") }
    #expect(try await cabinet.read { try vault.keyStatus(in: $0).uses.map(\.persons) } == [0])
  }

  /// A reader whose snapshot is older than the erasure must not keep the key for others.
  @Test func anOldSnapshotDoesNotBringAKeyBack() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    try await cabinet.note("secret", of: "p1")
    try await cabinet.write { try vault.destroyKey(of: "nobody", in: $0) }
    let reader = try cabinet.database.makeReader()
    #expect(try reader.read(call: Cabinet.call()) { try !vault.isErased("p1", in: $0) })
    let database = cabinet.database
    try await Task.detached {
      try await database.writer.perform(call: Cabinet.call()) { try vault.destroyKey(of: "p1", in: $0) }
    }.value
    #expect(try reader.read(call: Cabinet.call()) { try Cabinet.note(of: "p1", vault, $0) } == "secret")
    reader.endBatch()
    #expect(throws: VaultError.erased) {
      try reader.read(call: Cabinet.call()) { try Cabinet.note(of: "p1", vault, $0) }
    }
    reader.endBatch()
  }

  /// A key of a call that failed must not seal what a later call keeps.
  @Test func aKeyThatWasRolledBackIsForgotten() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    for _ in 0..<3 {
      await #expect(throws: Refused.self) {
        try await cabinet.write { transaction in
          try Cabinet.note("lost", of: "p1", vault, transaction)
          #expect(try Cabinet.note(of: "p1", vault, transaction) == "lost")
          throw Refused()
        }
      }
    }
    try await cabinet.note("kept", of: "p1")
    #expect(try await cabinet.note(of: "p1") == "kept")
  }

  /// Many writers at once share batches, in which some fail and take others' first runs with them.
  @Test func batchesWithFailuresKeepEveryNoteReadable() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<400 {
        group.addTask {
          do {
            try await cabinet.write { transaction in
              let person = "p\(number % 40)"
              try Cabinet.note("n\(number)", of: person, vault, transaction)
              #expect(try Cabinet.note(of: person, vault, transaction) == "n\(number)")
              if number % 3 == 0 { throw Refused() }
            }
          } catch is Refused {}
        }
      }
      try await group.waitForAll()
    }
    for number in 0..<40 { #expect(try await cabinet.note(of: "p\(number)").hasPrefix("n")) }
  }

  @Test func mergesByResealing() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    try await cabinet.note("moved", of: "old")
    let sealed = try await cabinet.write { transaction in
      let sealed = try vault.reseal(
        try Cabinet.sealed(of: "old", transaction), from: "old", to: "new", as: Cabinet.label, in: transaction
      )
      try vault.destroyKey(of: "old", in: transaction)
      return sealed
    }
    #expect(
      try await cabinet.read { try vault.openTexts(sealed, of: "new", as: Cabinet.label, in: $0) } == [
        "moved"
      ])
  }

  @Test func namesThePersonsOfACall() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    let concerned = try await cabinet.write { transaction in
      let sealed = try vault.seal(["x"], of: "a", as: Cabinet.label, in: transaction)
      _ = try vault.reseal(sealed, from: "a", to: "b", as: Cabinet.label, in: transaction)
      _ = try vault.isErased("c", in: transaction)
      return transaction.concernedPersons
    }
    #expect(concerned == ["a", "b"])
  }

  @Test func repliesGoWithTheFirstPersonErased() async throws {
    let cabinet = try await Cabinet(ring(1))
    let vault = cabinet.vault
    let reply = Array("reply".utf8)
    let (both, one) = try await cabinet.write { transaction in
      _ = try vault.seal(["x"], of: "a", as: Cabinet.label, in: transaction)
      try vault.destroyKey(of: "gone", in: transaction)
      return (
        try vault.seal(reply: reply, of: ["a", "b"], in: transaction),
        try vault.seal(reply: reply, of: ["gone", "a"], in: transaction)
      )
    }
    try await cabinet.write { (transaction: Transaction) throws -> Void in
      #expect(try vault.open(reply: both, of: ["a", "b"], in: transaction) == reply)
      #expect(try vault.open(reply: one, of: ["gone", "a"], in: transaction) == reply)
    }
    try await cabinet.write { try vault.destroyKey(of: "b", in: $0) }
    try await cabinet.write { (transaction: Transaction) throws -> Void in
      #expect(try vault.open(reply: both, of: ["a", "b"], in: transaction) == nil)
      #expect(try vault.open(reply: one, of: ["gone", "a"], in: transaction) == reply)
    }
  }
}
