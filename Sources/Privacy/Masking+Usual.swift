/// The forms that nearly every value has, masked byte by byte: a reply with a worker holds four, and characters cost
/// ten times what bytes do. Each gives nil for a text of another form, which the general way then masks alike.
extension Masking {
  /// Masks a text of printable ASCII in place, where a byte is a character.
  /// - Parameter mask: changes the bytes, or returns false for a text that is none of its kind.
  static func ascii(_ text: String, _ mask: (UnsafeMutableBufferPointer<UInt8>) -> Bool) -> String? {
    let masked = text.utf8.withContiguousStorageIfAvailable { source -> String? in
      guard !source.isEmpty, source.allSatisfy({ (0x20...0x7e).contains($0) }) else { return nil }
      var isOfItsKind = false
      let masked = String(unsafeUninitializedCapacity: source.count) { target in
        _ = target.initialize(from: source)
        isOfItsKind = mask(UnsafeMutableBufferPointer(rebasing: target[..<source.count]))
        return source.count
      }
      return isOfItsKind ? masked : nil
    }
    return masked ?? nil
  }

  /// A phone number of five to thirteen digits.
  static func usualPhone(_ text: String) -> String? {
    ascii(text) { bytes in
      let count = bytes.count { (0x30...0x39).contains($0) }
      guard let hidden = hiddenDigits(ofPhoneWith: count) else { return false }
      var digit = 0
      for index in bytes.indices where (0x30...0x39).contains(bytes[index]) {
        if hidden.contains(digit) { bytes[index] = star }
        digit += 1
      }
      return true
    }
  }

  /// An identity number, of a person or of another document.
  static func usualIdentityNumber(_ text: String) -> String? {
    ascii(text) { bytes in
      let count = bytes.count
      // What is longer is no number.
      guard count <= 64 else { return false }
      bytes[hiddenCharacters(ofNumberWith: count)].update(repeating: star)
      return true
    }
  }

  /// A date of ten characters.
  static func usualDate(_ text: String) -> String? {
    ascii(text) { bytes in
      guard bytes.count == 10, bytes[..<4].allSatisfy({ (0x30...0x39).contains($0) }), bytes[4] == dash
      else { return false }
      bytes[5..<10].update(repeating: star)
      bytes[7] = dash
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
      return String(unsafeUninitializedCapacity: 3 * kept + count - kept) { target in
        _ = target.initialize(from: bytes[..<(3 * kept)])
        target[(3 * kept)..<(3 * kept + count - kept)].initialize(repeating: star)
        return 3 * kept + count - kept
      }
    }
    return masked ?? nil
  }

  private static let star = UInt8(ascii: "*")
  private static let dash = UInt8(ascii: "-")
}
