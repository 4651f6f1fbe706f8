import RPC

/// Makes the identifiers by which the log names calls: 13 characters, which Swift keeps without allocating.
///
/// Belongs to one event loop. Identifiers of one loop never repeat, because the step below is a bijection of
/// the counter; those of two loops or two runs meet with the chance of two random 64-bit numbers.
struct RequestIdentifiers {
  private var counter = UInt64.random(in: .min ... .max)
  /// Crockford's base 32: no I, L, O, U.
  private static let digits: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

  mutating func next() -> String {
    counter &+= 0x9E37_79B9_7F4A_7C15
    // SplitMix64's finaliser (Steele, Lea, Flood 2014) spreads neighbouring counters apart.
    var bits = counter
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    return String(unsafeUninitializedCapacity: 13) { buffer in
      for index in 0..<13 {
        buffer[12 - index] = Self.digits.utf8Start[Int(bits & 31)]
        bits >>= 5
      }
      return 13
    }
  }

  /// The identifier of a call: its caller's own, or a new one.
  mutating func identifier(of call: any ServerCall) -> RequestIdentifier {
    if let given = call.withHeader("x-request-id", Self.accepted) {
      return RequestIdentifier(text: given, isNamedByCaller: true)
    }
    return RequestIdentifier(text: next(), isNamedByCaller: false)
  }

  /// The caller's own identifier, if it is 1 to 64 letters, digits, dots, hyphens and underscores of ASCII; nil for one
  /// that is not. It goes into the log and into audit records: what could not be an identifier, a mail address or an
  /// encoded name for one, stays out of them.
  static func accepted(_ header: UnsafeBufferPointer<UInt8>?) -> String? {
    guard let header, (1...64).contains(header.count), header.allSatisfy(isAccepted) else { return nil }
    return String(decoding: header, as: UTF8.self)
  }

  private static func isAccepted(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
