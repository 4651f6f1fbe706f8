/// Randomness of the operating system, for keys and tokens. A transaction's own would not do: it can be replayed from a
/// seed, and whoever has the seed would have the key.
public enum SystemRandom {
  /// Bytes that nobody can foretell.
  /// - Parameter count: how many, 0 or more.
  public static func bytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in generator.next() }
  }
}
