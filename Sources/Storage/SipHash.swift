/// SipHash-2-4, a keyed hash of 64 bits that an outsider cannot aim at collisions.
/// Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012.
struct SipHash {
  private let key: (UInt64, UInt64)

  init(key: (UInt64, UInt64)) { self.key = key }

  /// A key of 16 bytes, little-endian, as the paper writes it.
  init(key bytes: [UInt8]) {
    precondition(bytes.count == 16, "a key has 16 bytes")
    self.init(key: bytes.withUnsafeBytes { (Self.word($0, 0), Self.word($0, 8)) })
  }

  func hash(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { hash($0) } }

  func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var state = State(
      v0: key.0 ^ 0x736f_6d65_7073_6575, v1: key.1 ^ 0x646f_7261_6e64_6f6d,
      v2: key.0 ^ 0x6c79_6765_6e65_7261, v3: key.1 ^ 0x7465_6462_7974_6573)
    var position = 0
    while position + 8 <= bytes.count {
      state.absorb(Self.word(bytes, position))
      position += 8
    }
    var last = UInt64(truncatingIfNeeded: bytes.count) << 56
    for (shift, byte) in bytes[position...].enumerated() { last |= UInt64(byte) << UInt64(8 * shift) }
    state.absorb(last)
    state.v2 ^= 0xff
    for _ in 0..<4 { state.round() }
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  private struct State {
    var v0, v1, v2, v3: UInt64

    mutating func absorb(_ word: UInt64) {
      v3 ^= word
      round()
      round()
      v0 ^= word
    }

    mutating func round() {
      v0 &+= v1
      v1 = Self.rotate(v1, 13) ^ v0
      v0 = Self.rotate(v0, 32)
      v2 &+= v3
      v3 = Self.rotate(v3, 16) ^ v2
      v0 &+= v3
      v3 = Self.rotate(v3, 21) ^ v0
      v2 &+= v1
      v1 = Self.rotate(v1, 17) ^ v2
      v2 = Self.rotate(v2, 32)
    }

    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
      word << bits | word >> (64 - bits)
    }
  }
}
