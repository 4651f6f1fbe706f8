/// UUIDs of version 7 in rising order, however many are made within one millisecond.
///
/// Layout: 48 bits of milliseconds, version 7, a counter of 12 bits that starts at a random value below 2,048 in
/// each millisecond, variant 10, 62 random bits. When the counter is used up the next millisecond is borrowed.
/// Source: RFC 9562, section 5.7 and section 6.2, method 1.
struct IdentifierSequence {
  private var milliseconds: Int64 = 0
  private var counter: UInt64 = 0

  mutating func next(now: Instant, random: any RandomSource) -> String {
    if now.milliseconds > milliseconds {
      milliseconds = now.milliseconds
      counter = random.next() & 0x7ff
    } else {
      counter += 1
      if counter > 0xfff {
        milliseconds += 1
        counter = random.next() & 0x7ff
      }
    }
    let high = UInt64(truncatingIfNeeded: milliseconds) << 16 | 0x7000 | counter
    let low = 0x8000_0000_0000_0000 | random.next() >> 2
    return Self.text(high, low)
  }

  static func text(_ high: UInt64, _ low: UInt64) -> String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var position = 0
      for nibble in 0..<32 {
        if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
          buffer[position] = 0x2d
          position += 1
        }
        let word = nibble < 16 ? high : low
        let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - nibble % 16 * 4)) & 0xf
        buffer[position] = digit < 10 ? 0x30 + digit : 0x57 + digit
        position += 1
      }
      return position
    }
  }
}
