import Crypto

/// The text of a bearer token: "yz_" and 32 random bytes in base64url (RFC 4648 section 5), without padding.
enum TokenText {
  static let prefix = "yz_"
  /// "yz_" and 43 characters.
  static let length = 46

  /// A new token from the system's own randomness. A transaction's randomness would not do: it can be replayed
  /// from a seed, and whoever has the seed would have the token.
  static func make() -> String {
    var generator = SystemRandomNumberGenerator()
    return prefix
      + base64URL((0..<4).flatMap { _ in withUnsafeBytes(of: generator.next() as UInt64, Array.init) })
  }

  /// What is stored of a token: its SHA-256. A token has 256 random bits, so neither salt nor stretching adds.
  static func hash(_ token: some Sequence<UInt8>) -> [UInt8] {
    Array(SHA256.hash(data: Array(token)))
  }

  /// The token in the value of an `authorization` header (RFC 6750 section 2.1), or nil for anything that is not
  /// "Bearer" and a token of ours. The scheme's case does not matter (RFC 9110 section 11.1).
  static func token(in header: UnsafeBufferPointer<UInt8>) -> Slice<UnsafeBufferPointer<UInt8>>? {
    guard header.count == 7 + length, header[6] == 0x20 else { return nil }
    for (index, letter) in "bearer".utf8.enumerated() where header[index] | 0x20 != letter { return nil }
    let token = header[7...]
    return token.starts(with: prefix.utf8) ? token : nil
  }

  private static func base64URL(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var text: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        text.append(digits[Int(bits >> UInt32(count)) & 63])
      }
    }
    if count > 0 { text.append(digits[Int(bits << UInt32(6 - count)) & 63]) }
    return String(decoding: text, as: UTF8.self)
  }
}
