import Crypto
import ModuleKit

/// Tells requests apart without telling what was in them: for the audit record of a write or a look at unmasked data,
/// and for idempotency keys.
///
/// HMAC-SHA-256 (RFC 2104) under a key of the host's own. A plain hash of a request that holds little but a phone
/// number could be guessed by whoever reads the log.
struct RequestDigest: Sendable {
  private let key: SymmetricKey

  /// - Throws: `VaultError.locked`.
  init(_ vault: Vault) throws {
    key = try vault.derivedKey(.audit, for: "yizhan request digest 1")
  }

  /// The digest of a request: of the method's path, a zero byte, the purpose ("" for none), a zero byte, the caller's
  /// roles in four bytes, big-endian, and the message.
  ///
  /// Purpose and roles decide what a reply shows. With them in the digest, a reply that is kept with an idempotency key
  /// is never answered to a call that would be shown less, or more.
  func callAsFunction(_ route: Route, _ run: CallRun, _ message: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = HMAC<SHA256>(key: key)
    // Neither a path nor a purpose holds a zero byte, so that the parts cannot run into each other.
    Self.update(&hash, route.descriptor.path)
    Self.update(&hash, run.purpose ?? "")
    withUnsafeBytes(of: run.roles.rawValue.bigEndian) { hash.update(data: $0) }
    hash.update(data: message)
    return Array(hash.finalize())
  }

  private static func update(_ hash: inout HMAC<SHA256>, _ text: String) {
    var text = text
    text.withUTF8 { hash.update(data: UnsafeRawBufferPointer($0)) }
    withUnsafeBytes(of: UInt8(0)) { hash.update(data: $0) }
  }
}
