import Crypto
public import Storage

/// What storage keeps of calls, sealed with the keys of all persons that it is about, so that it is gone with the first
/// of them: the changes of an audit record under the host's own key besides, a reply under theirs alone.
extension Vault: StorageSealer {
  private static let changesLabel: StaticString = "kernel_audit.changes"
  private static let replyLabel: StaticString = "kernel_idempotency.reply"

  /// Seals the changes under a key made of the host's and of the concerned persons' own. Persons without a key are left
  /// out: nothing was sealed for them yet, or they are erased, by this very call for one.
  ///
  /// In front stands 0, or 1 and for each person 1 or, for one left out, 0.
  public func seal(
    changes: [UInt8], of sequence: Int64, concerning persons: [String], in transaction: Transaction
  ) throws -> [UInt8] {
    var keys: [SymmetricKey] = []
    var marks: [UInt8] = []
    for person in persons {
      let own = try keyUnlessErased(of: person, in: transaction)
      marks.append(own == nil ? 0 : 1)
      if let own { keys.append(own) }
    }
    let head = keys.count == persons.count ? [0] : [1] + marks
    // The system's randomness: records outlive any simulation.
    let nonce = SystemRandom.bytes(12)
    return head
      + (try changes.withUnsafeBytes {
        try Sealing.seal(
          $0, with: changesKey(of: sequence, keys), nonce: nonce, of: String(sequence),
          as: Self.changesLabel)
      })
  }

  /// See `StorageSealer`.
  public func open(
    changes: [UInt8], of sequence: Int64, concerning persons: [String], in snapshot: Snapshot
  ) throws -> [UInt8]? {
    let headCount = changes.first == 0 ? 1 : 1 + persons.count
    guard let first = changes.first, first <= 1, changes.count >= headCount else { throw VaultError.damaged }
    var keys: [SymmetricKey] = []
    do {
      for (index, person) in persons.enumerated() where first == 0 || changes[1 + index] == 1 {
        guard let own = try key(of: person, in: snapshot) else { throw VaultError.damaged }
        keys.append(own)
      }
    } catch VaultError.erased {
      return nil
    }
    return try Sealing.open(
      Array(changes[headCount...]), with: changesKey(of: sequence, keys), of: String(sequence),
      as: Self.changesLabel)
  }

  private func keyUnlessErased(of person: String, in transaction: Transaction) throws -> SymmetricKey? {
    do { return try key(of: person, in: transaction) } catch VaultError.erased { return nil }
  }

  /// The key that seals the changes of a record: one of the host's, and with persons the HMAC-SHA-256 of their keys under
  /// it (HKDF's extraction; RFC 5869, section 2.2), so that whoever lacks one of them has nothing.
  ///
  /// Nonces are random, and there may be more records than one key can seal under random nonces (2^32; NIST SP 800-38D,
  /// section 8.3), rolled back ones included: so each 2^20 have a key of their own.
  private func changesKey(of sequence: Int64, _ persons: [SymmetricKey]) throws -> SymmetricKey {
    let range = sequence >> 20
    let own = try changesKeys.key(of: range) { try derivedKey(.audit, for: "kernel_audit.changes \(range)") }
    if persons.isEmpty { return own.key }
    var hash = own.hash
    for person in persons { person.withUnsafeBytes { hash.update(data: $0) } }
    return SymmetricKey(data: hash.finalize())
  }

  /// Seals the reply with the key of each person in turn. Persons who are erased already, by this very call for one,
  /// are left out, so that the reply to their erasure can be repeated.
  ///
  /// In front of it stands, for each person, 1 or, for one left out, 0.
  public func seal(reply: [UInt8], of persons: [String], in transaction: Transaction) throws -> [UInt8] {
    var sealed = reply
    var marks: [UInt8] = []
    for person in persons {
      do {
        sealed = try seal(unbounded: sealed, of: person, as: Self.replyLabel, in: transaction)
        marks.append(1)
      } catch VaultError.erased {
        marks.append(0)
      }
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
