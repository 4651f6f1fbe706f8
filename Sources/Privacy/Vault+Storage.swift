import Crypto
public import Storage

/// What storage keeps of calls, sealed: the changes of an audit record with a key derived from the host's own, another
/// for each million records; a reply with the keys of all persons that it is about, so that it is gone with the first
/// of them.
extension Vault: StorageSealer {
  private static let changesLabel: StaticString = "kernel_audit.changes"
  private static let replyLabel: StaticString = "kernel_idempotency.reply"

  /// See `StorageSealer`.
  public func seal(changes: [UInt8], of sequence: Int64) throws -> [UInt8] {
    // The system's randomness: there is no transaction here, and records outlive any simulation.
    let nonce = SystemRandom.bytes(12)
    return try changes.withUnsafeBytes {
      try Sealing.seal(
        $0, with: changesKey(of: sequence), nonce: nonce, of: String(sequence), as: Self.changesLabel)
    }
  }

  /// See `StorageSealer`.
  public func open(changes: [UInt8], of sequence: Int64) throws -> [UInt8] {
    try Sealing.open(changes, with: changesKey(of: sequence), of: String(sequence), as: Self.changesLabel)
  }

  /// The key that seals the changes of a record. Nonces are random, and there may be more records than one key can
  /// seal under random nonces (2^32; NIST SP 800-38D, section 8.3), rolled back ones included: so each 2^20 have
  /// a key of their own.
  private func changesKey(of sequence: Int64) throws -> SymmetricKey {
    let range = sequence >> 20
    return try changesKeys.key(of: range) { try derivedKey(.audit, for: "kernel_audit.changes \(range)") }
  }

  /// Seals the reply with the key of each person in turn. Persons who are erased already, by this very call for one,
  /// are left out, so that the reply to their erasure can be repeated.
  ///
  /// In front of it stands, for each person, 1 or, for one left out, 0.
  public func seal(reply: [UInt8], of persons: [String], in transaction: Transaction) throws -> [UInt8] {
    var sealed = reply
    var marks: [UInt8] = []
    for person in persons {
      guard try !isErased(person, in: transaction) else {
        marks.append(0)
        continue
      }
      marks.append(1)
      sealed = try seal(unbounded: sealed, of: person, as: Self.replyLabel, in: transaction)
    }
    return marks + sealed
  }

  /// See `StorageSealer`.
  public func open(reply: [UInt8], of persons: [String], in transaction: Transaction) throws -> [UInt8]? {
    guard reply.count >= persons.count else { throw VaultError.damaged }
    var opened = Array(reply[persons.count...])
    do {
      for (mark, person) in zip(reply, persons).reversed() where mark != 0 {
        opened = try open(opened, of: person, as: Self.replyLabel, in: transaction)
      }
    } catch VaultError.erased {
      return nil
    }
    return opened
  }
}
