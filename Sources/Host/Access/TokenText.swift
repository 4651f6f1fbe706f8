import Crypto
import Privacy
import Wire

/// The text of a bearer token: "yz_" and 32 random bytes in base64url (RFC 4648 section 5), without padding.
enum TokenText {
  static let prefix = "yz_"
  /// "yz_" and 43 characters.
  static let length = 46

  /// A new token from the system's own randomness.
  static func make() -> String { prefix + Base64.encode(SystemRandom.bytes(32), .url, padded: false) }

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
}
