internal import Glibc

/// Where storage takes random bytes from; tests and simulations hand in a seed.
public struct StorageRandom: Sendable {
  let makeSource: @Sendable () -> any RandomSource

  /// The system's cryptographic generator.
  public static let system = StorageRandom { SystemRandomSource() }

  /// The same bytes for the same seed. Not for secrets: for tests and simulations only.
  public static func seeded(_ seed: UInt64) -> StorageRandom {
    StorageRandom { SeededRandomSource(seed: seed) }
  }
}

/// A stream of random bytes on one thread.
protocol RandomSource: AnyObject {
  func next() -> UInt64
}

extension RandomSource {
  func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      var word: UInt64 = 0
      for index in 0..<count {
        if index % 8 == 0 { word = next() }
        buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: word))
        word >>= 8
      }
      initialised = count
    }
  }
}

/// getentropy(3), a block at a time: a system call for each identifier would cost more than the identifier.
final class SystemRandomSource: RandomSource {
  private static let words = 32
  private var block = [UInt64](repeating: 0, count: words)
  private var position = words

  func next() -> UInt64 {
    if position == Self.words { refill() }
    // What was handed out is forgotten, so that a memory dump does not tell earlier secrets.
    let word = block[position]
    block[position] = 0
    position += 1
    return word
  }

  private func refill() {
    block.withUnsafeMutableBytes { buffer in
      precondition(getentropy(buffer.baseAddress!, buffer.count) == 0, "getentropy(3) failed: errno \(errno)")
    }
    position = 0
  }
}

/// SplitMix64. Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
final class SeededRandomSource: RandomSource {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
