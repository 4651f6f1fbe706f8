internal import Glibc

/// Randomness of the operating system, for keys and tokens. A transaction's own would not do: it can be replayed from a
/// seed, and whoever has the seed would have the key.
public enum SystemRandom {
  /// Bytes that nobody can foretell: getentropy(3), in one system call for as many as a key, a token or a nonce has.
  /// - Parameter count: how many, 0 or more.
  public static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      while initialised < count {
        let part = min(count - initialised, Self.mostAtOnce)
        let code = getentropy(buffer.baseAddress! + initialised, part)
        precondition(code == 0, "getentropy(3) failed: errno \(errno)")
        initialised += part
      }
    }
  }

  /// What getentropy(3) gives at most.
  private static let mostAtOnce = 256
}
