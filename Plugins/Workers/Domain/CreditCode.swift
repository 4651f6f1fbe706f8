/// A unified social credit code: 18 characters, the last one a check character over the others.
///
/// Source: GB 32100-2015; the check character is that of GB/T 17710, MOD 31-3.
enum CreditCode {
  private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)

  /// The code in upper case, or nil if the text is none.
  static func normalised(_ text: some StringProtocol) -> String? {
    let bytes = Array(text.uppercased().utf8)
    guard bytes.count == 18 else { return nil }
    var sum = 0
    var weight = 1
    for byte in bytes.dropLast() {
      guard let value = alphabet.firstIndex(of: byte) else { return nil }
      sum += value * weight
      weight = weight * 3 % 31
    }
    guard bytes[17] == alphabet[(31 - sum % 31) % 31] else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
