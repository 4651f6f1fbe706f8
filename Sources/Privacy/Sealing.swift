import Crypto
import FoundationEssentials

/// The form of a sealed value: version, nonce, ciphertext, tag.
///
/// AES-256-GCM with 96-bit nonces and 128-bit tags. Source: NIST SP 800-38D. Nonces are random; a person's key seals
/// far fewer than the 2^32 values that section 8.3 allows then, and so does a host's key. The column's label and the
/// person are authenticated, so that a value cannot be passed off for another column's or another person's.
enum Sealing {
  /// Version 1, the only one.
  static let version: UInt8 = 1
  static let nonceSizeBytes = 12
  static let tagSizeBytes = 16
  /// What sealing adds to a value.
  static let overheadBytes = 1 + nonceSizeBytes + tagSizeBytes

  static func seal(
    _ plain: UnsafeRawBufferPointer, with key: SymmetricKey, nonce: [UInt8], of person: String,
    as label: StaticString
  ) throws -> [UInt8] {
    try withAuthenticated(label, person) { authenticated in
      let box = try AES.GCM.seal(
        plain, using: key, nonce: try AES.GCM.Nonce(data: nonce), authenticating: authenticated)
      // Always there with a nonce of twelve bytes.
      guard let combined = box.combined else { throw VaultError.damaged }
      var sealed: [UInt8] = []
      sealed.reserveCapacity(plain.count + overheadBytes)
      sealed.append(version)
      sealed.append(contentsOf: combined)
      return sealed
    }
  }

  /// - Throws: `VaultError.damaged`.
  static func open(
    _ sealed: [UInt8], with key: SymmetricKey, of person: String, as label: StaticString
  ) throws -> [UInt8] {
    var plain: [UInt8] = []
    try open(sealed, with: key, of: person, as: label) { plain = Array($0) }
    return plain
  }

  /// - Parameter read: takes what it wants of the plain bytes.
  /// - Throws: `VaultError.damaged`.
  static func open(
    _ sealed: [UInt8], with key: SymmetricKey, of person: String, as label: StaticString,
    _ read: (UnsafeRawBufferPointer) -> Void
  ) throws {
    guard sealed.count >= overheadBytes, sealed[0] == version else { throw VaultError.damaged }
    try withAuthenticated(label, person) { authenticated in
      try sealed.withUnsafeBytes { bytes in
        do {
          let box = try AES.GCM.SealedBox(combined: UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
          try AES.GCM.open(box, using: key, authenticating: authenticated).withUnsafeBytes(read)
        } catch {
          throw VaultError.damaged
        }
      }
    }
  }

  /// The label's length, the label and the person, which cannot be read in two ways.
  private static func withAuthenticated<Result>(
    _ label: StaticString, _ person: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    var person = person
    return try person.withUTF8 { person in
      let labelCount = label.utf8CodeUnitCount
      precondition(labelCount <= 255, "a label has at most 255 bytes")
      return try withUnsafeTemporaryAllocation(byteCount: 1 + labelCount + person.count, alignment: 1) {
        buffer in
        buffer[0] = UInt8(labelCount)
        UnsafeMutableRawBufferPointer(rebasing: buffer[1...]).copyMemory(
          from: UnsafeRawBufferPointer(start: label.utf8Start, count: labelCount))
        UnsafeMutableRawBufferPointer(rebasing: buffer[(1 + labelCount)...]).copyMemory(
          from: UnsafeRawBufferPointer(person))
        return try body(UnsafeRawBufferPointer(buffer))
      }
    }
  }
}
