/// The forms that nearly every value has, masked byte by byte: a reply with a worker holds four, and characters cost
/// ten times what bytes do. Each gives nil for a text of another form, which the general way then masks alike.
extension Masking {
  /// Masks a text of printable ASCII, where a byte is a character.
  /// - Parameter mask: changes the bytes, or returns false for a text that is none of its kind.
  @inline(__always)
  private static func ascii(_ text: String, _ mask: (UnsafeMutableBufferPointer<UInt8>) -> Bool) -> String? {
    let masked = text.utf8.withContiguousStorageIfAvailable { source -> String? in
      // What is longer is none of these kinds.
      guard (1...64).contains(source.count) else { return nil }
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { room -> String? in
        for index in 0..<source.count {
          guard source[index] &- 0x20 <= 0x5e else { return nil }
          room[index] = source[index]
        }
        let target = UnsafeMutableBufferPointer(rebasing: room[..<source.count])
        return mask(target) ? String(decoding: target, as: UTF8.self) : nil
      }
    }
    return masked ?? nil
  }

  /// A phone number of five to thirteen digits.
  static func usualPhone(_ text: String) -> String? {
    ascii(text) { bytes in
      var count = 0
      for byte in bytes where isDigit(byte) { count += 1 }
      guard let hidden = hiddenDigits(ofPhoneWith: count) else { return false }
      var digit = 0
      for index in bytes.indices where isDigit(bytes[index]) {
        if hidden.contains(digit) { bytes[index] = star }
        digit += 1
      }
      return true
    }
  }

  /// An identity number, of a person or of another document.
  static func usualIdentityNumber(_ text: String) -> String? {
    ascii(text) { bytes in
      for index in hiddenCharacters(ofNumberWith: bytes.count) { bytes[index] = star }
      return true
    }
  }

  /// A date of ten characters.
  static func usualDate(_ text: String) -> String? {
    ascii(text) { bytes in
      guard bytes.count == 10, isDigit(bytes[0]), isDigit(bytes[1]), isDigit(bytes[2]), isDigit(bytes[3]),
        bytes[4] == dash
      else { return false }
      for index in 5..<10 { bytes[index] = index == 7 ? dash : star }
      return true
    }
  }

  /// A name of two to four Chinese characters of three bytes each.
  static func usualName(_ text: String) -> String? {
    let masked = text.utf8.withContiguousStorageIfAvailable { bytes -> String? in
      let count = bytes.count / 3
      guard (2...4).contains(count), bytes.count == 3 * count else { return nil }
      for index in stride(from: 0, to: bytes.count, by: 3) {
        // The text is UTF-8, so that a byte of this kind begins three.
        guard bytes[index] & 0xf0 == 0xe0 else { return nil }
        let scalar = UInt32(bytes[index] & 0x0f) << 12 | UInt32(bytes[index + 1] & 0x3f) << 6
        guard (0x3400...0x9fff).contains(scalar | UInt32(bytes[index + 2] & 0x3f)) else { return nil }
      }
      let isCompound = count > 2 && isCompoundSurname(UnsafeBufferPointer(rebasing: bytes[..<6]))
      let kept = isCompound ? 2 : 1
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 12) { target in
        target.initialize(repeating: star)
        for index in 0..<(3 * kept) { target[index] = bytes[index] }
        let length = 3 * kept + count - kept
        return String(decoding: UnsafeMutableBufferPointer(rebasing: target[..<length]), as: UTF8.self)
      }
    }
    return masked ?? nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private static let star = UInt8(ascii: "*")
  private static let dash = UInt8(ascii: "-")
}
