/// A hash of bytes for tables in memory whose keys no outsider gets to put in: identifiers that the host makes, and
/// credentials that it has checked. A few multiplications, where Swift's Hasher takes as long as the rest of a look-up.
///
/// Seeded for each process, so that nothing can come to depend on it. Against keys that an attacker chooses, use
/// `Hasher`.
package enum SeededHash {
  private static let seed = UInt64.random(in: .min ... .max)
  /// Odd, and its bits without a pattern: the golden ratio's.
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The hash of bytes; all of its bits are good.
  package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: bytes.count)
    var offset = 0
    while offset + 8 <= bytes.count {
      hash = folded(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var last: UInt64 = 0
    while offset < bytes.count {
      last = last << 8 | UInt64(bytes[offset])
      offset += 1
    }
    return folded(folded(hash ^ last))
  }

  /// The hash of a text's UTF-8.
  package static func hash(_ text: String) -> UInt64 {
    if let hash = text.utf8.withContiguousStorageIfAvailable({ hash(UnsafeRawBufferPointer($0)) }) {
      return hash
    }
    var text = text
    return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
  }

  /// Both halves of a product, laid over each other.
  private static func folded(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: factor)
    return product.high ^ product.low
  }
}
