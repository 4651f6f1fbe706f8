/// Keys and names that no other run of the program makes.
enum RandomKey {
  /// Lower-case letters and digits, 5 bits each.
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567")

  /// A key of that many characters from the system's own randomness; 26 hold 130 bits.
  static func make(_ length: Int = 26) -> String {
    var generator = SystemRandomNumberGenerator()
    return String((0..<length).map { _ in alphabet[Int(generator.next(upperBound: UInt32(alphabet.count)))] })
  }
}
