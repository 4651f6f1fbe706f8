import Crypto
import ModuleKit

/// Tells requests apart, and what their callers may reach, without telling what was in them: for the audit record of a
/// write or a look at unmasked data, and for idempotency keys.
///
/// HMAC-SHA-256 (RFC 2104) under a key of the host's own. A plain hash of a request that holds little but a phone
/// number could be guessed by whoever reads the log.
struct RequestDigest: Sendable {
  /// With the key taken in, which costs as much as a short message; each digest goes on from a copy.
  private let prepared: HMAC<SHA256>

  /// - Throws: `VaultError.locked`.
  init(_ vault: Vault) throws {
    prepared = HMAC(key: try vault.derivedKey(.audit, for: "yizhan request digest 2"))
  }

  /// The digest of a request: of the method's path, a zero byte, the purpose ("" for none), a zero byte, the caller's
  /// roles in four bytes, big-endian, its organisation ("" for none), a zero byte, the number of its areas in four
  /// bytes, big-endian, the code of each with a zero byte, and the message.
  ///
  /// Roles, organisation and areas are what a caller's reach is made of. A call that is repeated with its idempotency
  /// key is answered before a handler could ask for that: with them in the digest, whoever has moved since is refused.
  func callAsFunction(_ route: Route, _ run: CallRun, _ message: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = prepared
    let caller = run.caller
    // None of these texts holds a zero byte, so that the parts cannot run into each other.
    Self.update(&hash, route.descriptor.path)
    Self.update(&hash, run.purpose ?? "")
    Self.update(&hash, run.roles.rawValue)
    Self.update(&hash, caller.organisationID ?? "")
    Self.update(&hash, UInt32(caller.areaCodes.count))
    for code in caller.areaCodes { Self.update(&hash, code) }
    hash.update(data: message)
    return Array(hash.finalize())
  }

  private static func update(_ hash: inout HMAC<SHA256>, _ number: UInt32) {
    withUnsafeBytes(of: number.bigEndian) { hash.update(data: $0) }
  }

  private static func update(_ hash: inout HMAC<SHA256>, _ text: String) {
    var text = text
    text.withUTF8 { hash.update(data: UnsafeRawBufferPointer($0)) }
    withUnsafeBytes(of: UInt8(0)) { hash.update(data: $0) }
  }
}
