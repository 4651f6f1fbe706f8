import Crypto

/// The host's keys as the vault uses them: replaced as a whole when the ring is read again.
final class KeyRoom: Sendable {
  let ring: HostKeyRing
  /// The number by which tables name each key.
  let numbers: [String: Int]
  private let byNumber: [Int: HostKey]
  let dataKeys: [DataKeyPurpose: SymmetricKey]
  /// The start of every keyed hash to look something up by, with the key taken in; nil while there are no data keys yet.
  let lookup: HMAC<SHA256>?

  init(ring: HostKeyRing, rows: [KeyStore.HostKeyRow], dataKeys: [DataKeyPurpose: SymmetricKey]) {
    self.ring = ring
    self.dataKeys = dataKeys
    lookup = dataKeys[.lookup].map { HMAC(key: $0) }
    var numbers: [String: Int] = [:]
    var byNumber: [Int: HostKey] = [:]
    for row in rows {
      guard let key = ring.key(row.id) else { continue }
      numbers[row.id] = row.number
      byNumber[row.number] = key
    }
    self.numbers = numbers
    self.byNumber = byNumber
  }

  /// The number of the key that wraps what is new.
  var currentNumber: Int {
    guard let number = numbers[ring.current.id] else {
      preconditionFailure("a ring is taken over once its first key is in privacy_host_key")
    }
    return number
  }

  static let personLabel: StaticString = "privacy_key.wrapped"
  static let dataLabel: StaticString = "privacy_data_key.wrapped"

  /// A key wrapped by the current key.
  func wrap(_ key: SymmetricKey, of owner: String, as label: StaticString, nonce: [UInt8]) throws -> [UInt8] {
    try key.withUnsafeBytes {
      try Sealing.seal($0, with: ring.current.key, nonce: nonce, of: owner, as: label)
    }
  }

  /// - Throws: `VaultError.damaged`, also for one wrapped by a key that the host does not have.
  func unwrap(_ wrapped: [UInt8], by number: Int, of owner: String, as label: StaticString) throws
    -> SymmetricKey
  {
    guard let host = byNumber[number] else { throw VaultError.damaged }
    return SymmetricKey(data: try Sealing.open(wrapped, with: host.key, of: owner, as: label))
  }
}
