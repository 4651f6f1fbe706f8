import Crypto
import Wire

/// One of the host's keys: it wraps the data keys of persons and encrypts nothing else.
public struct HostKey: Sendable {
  /// The key's name: lower-case letters, digits, '.', '_' and '-', at most 48, beginning with a letter or digit.
  public let id: String
  let key: SymmetricKey

  /// How many bytes a key has.
  public static let sizeBytes = 32
  /// The beginning of the names of keys that hosts make for themselves in development mode.
  public static let developmentPrefix = "development-"

  /// Whether the key was made in development mode.
  public var isDevelopment: Bool { id.hasPrefix(Self.developmentPrefix) }

  /// A key of a name and bytes.
  /// - Throws: `HostKeyError` for a name that is not one, and for bytes that nobody drew at random: too few or too
  ///   many, one byte or a short pattern repeated, counted up, readable text, or the documentation's example.
  public init(id: String, bytes: [UInt8]) throws(HostKeyError) {
    guard Self.isValid(id: id) else { throw .idInvalid }
    guard bytes.count == Self.sizeBytes else { throw .sizeWrong(id: id, bytes: bytes.count) }
    if let reason = Self.weakness(of: bytes) { throw .weak(id: id, reason: reason) }
    self.id = id
    key = SymmetricKey(data: bytes)
  }

  /// A new key from the system's own randomness.
  /// - Throws: `HostKeyError.idInvalid`.
  public static func make(id: String) throws(HostKeyError) -> (key: HostKey, line: String) {
    let bytes = SystemRandom.bytes(sizeBytes)
    return (try HostKey(id: id, bytes: bytes), "\(id) \(Base64.encode(bytes))")
  }

  /// What tells whether a key is the one that a database was sealed with, and nothing more of it.
  func checkValue() -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Array("yizhan host key check".utf8), using: key).prefix(16))
  }

  /// Whether a check value is this key's; takes as long for every wrong one.
  func matches(checkValue: [UInt8]) -> Bool {
    let own = self.checkValue()
    guard own.count == checkValue.count else { return false }
    return zip(own, checkValue).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
  }

  static func isValid(id: String) -> Bool {
    let bytes = Array(id.utf8)
    let isWordCharacter = { (byte: UInt8) in
      (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
    guard (1...48).contains(bytes.count), isWordCharacter(bytes[0]) else { return false }
    return bytes.allSatisfy { isWordCharacter($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f }
  }

  /// Why bytes cannot be a random key; nil if they can. A random key is refused less than once in 10^12 times.
  private static func weakness(of bytes: [UInt8]) -> String? {
    if bytes == documentationExample {
      return "it is the example of the documentation, which everybody knows"
    }
    if bytes.allSatisfy({ $0 == bytes[0] }) { return "it is one byte repeated" }
    if bytes.allSatisfy({ (0x20...0x7e).contains($0) }) { return "it is readable text and not random" }
    let step = bytes[1] &- bytes[0]
    if zip(bytes, bytes.dropFirst()).allSatisfy({ $1 &- $0 == step }) { return "its bytes count up" }
    if Set(bytes).count < 18 { return "it repeats a few bytes and is not random" }
    return nil
  }

  /// The key that the operator's documentation shows, refused everywhere.
  static let documentationExample: [UInt8] = [
    0x9d, 0x41, 0x0e, 0x5b, 0xc7, 0x22, 0xf3, 0x68, 0x1a, 0x84, 0xee, 0x37, 0x50, 0xb9, 0x6c, 0x03,
    0xd5, 0x7f, 0x28, 0xa1, 0x4c, 0x96, 0xfb, 0x15, 0x62, 0xc8, 0x3d, 0xb0, 0x07, 0x5e, 0xe9, 0x74,
  ]
}
