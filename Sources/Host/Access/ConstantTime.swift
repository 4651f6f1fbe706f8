/// Comparison of secrets.
enum ConstantTime {
  /// Whether two byte strings are equal. The time depends on their lengths alone: every byte is looked at, wherever
  /// the first difference is, so that no caller learns from the time how much of a guess was right.
  static func areEqual(_ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>) -> Bool {
    guard first.count == second.count else { return false }
    let left = UnsafeRawBufferPointer(first)
    let right = UnsafeRawBufferPointer(second)
    var difference: UInt64 = 0
    var offset = 0
    // Differences are gathered, never branched on. Eight bytes at a time, because a call pays for it.
    while offset + 8 <= left.count {
      difference |=
        left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        ^ right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      offset += 8
    }
    while offset < left.count {
      difference |= UInt64(left[offset] ^ right[offset])
      offset += 1
    }
    return difference == 0
  }
}
