import Formats
import Testing

@Suite struct HexadecimalTests {
  /// RFC 4648, section 10, in lower case.
  @Test(arguments: [("", ""), ("f", "66"), ("fo", "666f"), ("foo", "666f6f"), ("foobar", "666f6f626172")])
  func vectors(text: String, digits: String) {
    let bytes = Array(text.utf8)
    #expect(Hexadecimal.text(bytes) == digits)
    #expect(Hexadecimal.text(bytes[...]) == digits)
    #expect(Hexadecimal.bytes(digits, count: bytes.count) == bytes)
    #expect(Hexadecimal.bytes(digits.uppercased(), count: bytes.count) == bytes)
  }

  @Test func everyByteHasTwoDigits() {
    for byte in UInt8.min...UInt8.max {
      let digits = String(byte, radix: 16)
      #expect(Hexadecimal.text([byte]) == (byte < 16 ? "0" : "") + digits)
    }
  }

  @Test(arguments: ["0", "0g", "g0", "000", "٣٣", "0 "])
  func otherTextsAreNone(text: String) { #expect(Hexadecimal.bytes(text, count: 1) == nil) }
}
