import Testing
import Wire

@Suite struct Base64Tests {
  /// RFC 4648, section 10.
  private static let vectors = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ]
  /// RFC 4648, section 9, and three bytes whose digits are 62, 63, 62 and 63.
  private static let bytes: [(bytes: [UInt8], standard: String, url: String)] = [
    ([0x14, 0xfb, 0x9c, 0x03, 0xd9, 0x7e], "FPucA9l+", "FPucA9l-"),
    ([0x14, 0xfb, 0x9c, 0x03, 0xd9], "FPucA9k=", "FPucA9k="),
    ([0x14, 0xfb, 0x9c, 0x03], "FPucAw==", "FPucAw=="),
    ([0xfb, 0xff, 0xbf], "+/+/", "-_-_"),
  ]

  @Test(arguments: vectors)
  func vectorsGoBothWays(text: String, encoded: String) {
    let bytes = Array(text.utf8)
    let unpadded = String(encoded.prefix { $0 != "=" })
    for alphabet in [Base64.Alphabet.standard, .url] {
      #expect(Base64.encode(bytes, alphabet) == encoded)
      #expect(Base64.encode(bytes, alphabet, padded: false) == unpadded)
      #expect(Base64.decode(encoded.utf8, alphabet) == bytes)
      #expect(Base64.decode(unpadded.utf8, alphabet) == bytes)
    }
  }

  @Test(arguments: bytes)
  func alphabetsDifferInTwoDigits(bytes: [UInt8], standard: String, url: String) {
    #expect(Base64.encode(bytes) == standard)
    #expect(Base64.encode(bytes, .url) == url)
    #expect(Base64.decode(standard.utf8) == bytes)
    #expect(Base64.decode(url.utf8, .url) == bytes)
    #expect(Base64.decodeLeniently(standard.utf8) == bytes)
    #expect(Base64.decodeLeniently(url.utf8) == bytes)
  }

  @Test func theOtherAlphabetIsRefused() {
    #expect(Base64.decode("-_-_".utf8) == nil)
    #expect(Base64.decode("+/+/".utf8, .url) == nil)
    #expect(Base64.decodeLeniently("+_-/".utf8) == [0xfb, 0xff, 0xbf])
  }

  @Test(arguments: [
    "Z", "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v==", "Zm9v====", "=", "==", "====", "Zg==Zg==", "Z=g=",
    "=Zg=",
    "Zm9vY", " Zm9v", "Zm9v\n", "Zm 9v", "Zm9\u{0}", "Zm8！",
  ])
  func whatIsNotBase64IsRefused(text: String) {
    #expect(Base64.decode(text.utf8) == nil)
    #expect(Base64.decode(text.utf8, .url) == nil)
    #expect(Base64.decodeLeniently(text.utf8) == nil)
  }

  /// "Zh" is 011001 100001, whose last four bits belong to no byte, and "Zm9" ends in two such bits.
  @Test(arguments: [("Zh==", "f"), ("Zh", "f"), ("Zm9=", "fo"), ("Zm9", "fo")])
  func unusedBitsMustBeZero(text: String, lenient: String) {
    #expect(Base64.decode(text.utf8) == nil)
    #expect(Base64.decode(text.utf8, .url) == nil)
    #expect(Base64.decodeLeniently(text.utf8) == Array(lenient.utf8))
  }

  @Test func everyByteComesBack() {
    for length in 250...256 {
      let bytes = (0..<length).map { UInt8($0) }
      #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
      #expect(Base64.decode(Base64.encode(bytes, .url, padded: false).utf8, .url) == bytes)
    }
  }
}
