internal import Crypto
internal import Formats

/// The end of the audit chain at one time, signed by the host: kept elsewhere, it shows when the chain is cut short
/// of it or was rewritten before it.
///
/// The signature is Ed25519 (RFC 8032) over the text "yizhan audit head 1", a newline, the sequence and the time, each in
/// eight bytes, big-endian, and the hash.
public struct AuditHead: Sendable, Equatable {
  /// The last record's place in the chain; 0 while there is none.
  public let sequence: Int64
  /// When the head was signed, in milliseconds since 1970-01-01T00:00:00Z.
  public let timeMilliseconds: Int64
  /// The last record's hash, 32 bytes; `AuditRecord.firstPreviousHash` while there is none.
  public let hash: [UInt8]
  /// The host's public key, 32 bytes.
  public let publicKey: [UInt8]
  /// The signature, 64 bytes.
  public let signature: [UInt8]

  /// The longest line that a head has, in bytes.
  public static let maximumLineBytes = 512
  private static let name = "yizhan-audit-head"

  init(sequence: Int64, timeMilliseconds: Int64, hash: [UInt8], publicKey: [UInt8], signature: [UInt8]) {
    self.sequence = sequence
    self.timeMilliseconds = timeMilliseconds
    self.hash = hash
    self.publicKey = publicKey
    self.signature = signature
  }

  /// Reads a line that `line` wrote; spaces around it do not count.
  /// - Throws: `AuditError.headMalformed`.
  public init(line text: String) throws(AuditError) {
    guard text.utf8.count <= Self.maximumLineBytes else { throw .headMalformed }
    let line = text.split(whereSeparator: \.isWhitespace)
    var values: [String] = []
    for (part, name) in zip(line.dropFirst(2), ["sequence=", "time=", "hash=", "key=", "signature="]) {
      guard part.hasPrefix(name) else { throw .headMalformed }
      values.append(String(part.dropFirst(name.count)))
    }
    guard line.count == 7, values.count == 5, let sequence = Int64(values[0]), sequence >= 0,
      let time = UTCTime.milliseconds(values[1]), let hash = Hexadecimal.bytes(values[2], count: 32),
      let key = Hexadecimal.bytes(values[3], count: 32),
      let signature = Hexadecimal.bytes(values[4], count: 64)
    else { throw .headMalformed }
    self.init(
      sequence: sequence, timeMilliseconds: time, hash: hash, publicKey: key, signature: signature)
    // One head has one line: no "+1", no other spelling of a name.
    guard line.joined(separator: " ") == self.line else { throw .headMalformed }
  }

  /// The heads in a text of one line each; empty lines and those that begin with "#" are skipped.
  /// - Throws: `AuditError.headMalformed` for any other line.
  public static func parse(lines text: String) throws(AuditError) -> [AuditHead] {
    var heads: [AuditHead] = []
    for line in text.split(whereSeparator: \.isNewline) {
      if line.first == "#" || line.allSatisfy(\.isWhitespace) { continue }
      heads.append(try AuditHead(line: String(line)))
    }
    return heads
  }

  /// The head as one line of text, without a newline: what it is, its form's version, and the values by name.
  public var line: String {
    "\(Self.name) v1 sequence=\(sequence) time=\(UTCTime.text(milliseconds: timeMilliseconds))"
      + " hash=\(Hexadecimal.text(hash)) key=\(Hexadecimal.text(publicKey))"
      + " signature=\(Hexadecimal.text(signature))"
  }

  /// Names the key that signed: the first 8 bytes of the SHA-256 of the public key, in hexadecimal.
  public var keyID: String { Self.keyID(of: publicKey) }

  /// Names a public key as `keyID` does.
  public static func keyID(of publicKey: [UInt8]) -> String {
    Hexadecimal.text(publicKey.withUnsafeBytes { Array(SHA256.hash(data: $0).prefix(8)) })
  }

  /// Whether the signature is the public key's over these values.
  public var isSignatureValid: Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
    return key.isValidSignature(
      signature,
      for: Self.signedBytes(sequence: sequence, timeMilliseconds: timeMilliseconds, hash: hash))
  }

  static func signedBytes(sequence: Int64, timeMilliseconds: Int64, hash: [UInt8]) -> [UInt8] {
    var form = CanonicalForm(capacity: 80)
    form.append(raw: Array("yizhan audit head 1\n".utf8))
    form.append(integer: sequence)
    form.append(integer: timeMilliseconds)
    form.append(raw: hash)
    return form.bytes
  }
}

/// Signs heads with the host's Ed25519 key (RFC 8032).
public struct AuditSigner: Sendable {
  private let seed: [UInt8]
  /// The public key, 32 bytes.
  public let publicKey: [UInt8]

  /// Creates a signer.
  /// - Parameter seed: the private key, 32 random bytes.
  /// - Throws: `AuditError.seedMalformed`.
  public init(seed: [UInt8]) throws(AuditError) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { throw .seedMalformed }
    self.seed = seed
    publicKey = Array(key.publicKey.rawRepresentation)
  }

  /// Signs the end of the chain.
  /// - Parameters:
  ///   - sequence: the last record's place; 0 while there is none.
  ///   - hash: its hash, 32 bytes.
  ///   - timeMilliseconds: the time, in milliseconds since 1970-01-01T00:00:00Z.
  /// - Throws: what the cryptographic library throws.
  public func head(sequence: Int64, hash: [UInt8], timeMilliseconds: Int64) throws -> AuditHead {
    precondition(hash.count == 32 && sequence >= 0)
    let key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
    let signature = try key.signature(
      for: AuditHead.signedBytes(sequence: sequence, timeMilliseconds: timeMilliseconds, hash: hash))
    return AuditHead(
      sequence: sequence, timeMilliseconds: timeMilliseconds, hash: hash, publicKey: publicKey,
      signature: Array(signature))
  }
}
