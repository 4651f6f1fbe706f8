import Formats
import Testing
import Wire

@Suite("Formats of texts")
struct FormatTests {
  @Test("identity numbers of GB 11643's own examples are admitted")
  func standardsOwnExamples() throws {
    let woman = try #require(IdentityNumber("11010519491231002X"))
    #expect(woman.areaCode == "110105")
    #expect(woman.birthDate == CalendarDate(year: 1949, month: 12, day: 31))
    #expect(!woman.isMale)
    let man = try #require(IdentityNumber("440524188001010014"))
    #expect(man.birthDate == CalendarDate(year: 1880, month: 1, day: 1))
    #expect(man.isMale)
    #expect(IdentityNumber("11010519491231002x")?.text == "11010519491231002X")
  }

  @Test(
    "exactly one of eleven check characters is right", arguments: ["11010519491231002", "44052418800101001"])
  func oneCheckCharacter(digits: String) {
    #expect("0123456789X".filter { IdentityNumber(digits + String($0)) != nil }.count == 1)
  }

  @Test("check characters agree with the weights that GB 11643 tabulates")
  func weights() throws {
    // W = 2^(18-i) mod 11, and the check character for each remainder.
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    let characters = Array("10X98765432")
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let area = String(Int.random(in: 110000...659999, using: &random))
      let month = Int.random(in: 1...12, using: &random)
      let day = Int.random(in: 1...28, using: &random)
      let birth =
        "19\(Int.random(in: 10...99, using: &random))" + (month < 10 ? "0" : "") + "\(month)"
        + (day < 10 ? "0" : "") + "\(day)"
      let digits = area + birth + String(Int.random(in: 100...999, using: &random))
      let sum = zip(weights, digits).reduce(0) { $0 + $1.0 * ($1.1.wholeNumberValue ?? 0) }
      #expect(IdentityNumber(digits + String(characters[sum % 11])) != nil, "\(digits)")
    }
  }

  @Test(
    "broken identity numbers are refused",
    arguments: [
      "", "11010519491231002", "11010519491231002XX", "110105194912310021", "110105194913310020",
      "11010519490229002X", "A1010519491231002X", "11010519491231002\u{ff38}", "\u{ff11}1010519491231002X",
      "01010519491231002X",
    ])
  func brokenIdentityNumbers(text: String) {
    #expect(IdentityNumber(text) == nil)
  }

  @Test(
    "UUIDs of RFC 9562's appendix are admitted",
    arguments: [
      "C232AB00-9414-11EC-B3C8-9F6BDECED846", "5df41881-3aed-3515-88a7-2f4a814cf09e",
      "919108f7-52d1-4320-9bac-f847db4148a8", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
      "00000000-0000-0000-0000-000000000000",
    ])
  func uuids(text: String) {
    #expect(TextFormat.uuid.admits(text))
  }

  @Test(
    "what is not a UUID is refused",
    arguments: [
      "", "C232AB00941411ECB3C89F6BDECED846", "{C232AB00-9414-11EC-B3C8-9F6BDECED84}",
      "C232AB00-9414-11EC-B3C8-9F6BDECED84G", "C232AB00-9414-11EC-B3C8-9F6BDECED8466",
      "C232AB00-9414-11EC-B3C89-F6BDECED846", "C232AB00-9414-11EC-B3C8-9F6BDECED84é",
    ])
  func noUUIDs(text: String) {
    #expect(!TextFormat.uuid.admits(text))
  }

  @Test("every character of a UUID is looked at")
  func charactersOfUUIDs() {
    let uuid = Array("5df41881-3aed-3515-88a7-2f4a814cf09e".utf8)
    let digits = Set("0123456789abcdefABCDEF".utf8)
    for place in uuid.indices {
      for byte in UInt8(0)...0x7f {
        var changed = uuid
        changed[place] = byte
        let isHyphen = [8, 13, 18, 23].contains(place)
        let isUUID = isHyphen ? byte == UInt8(ascii: "-") : digits.contains(byte)
        #expect(TextFormat.uuid.admits(String(decoding: changed, as: UTF8.self)) == isUUID)
      }
    }
    // As many bytes, of which some are above ASCII.
    #expect(!TextFormat.uuid.admits("5df41881-3aed-3515-88a7-2f4a814cf0é"))
    #expect(!TextFormat.uuid.admits(String(repeating: "é", count: 18)))
  }

  @Test(
    "phone numbers are brought into E.164",
    arguments: [
      ("13800138000", "+8613800138000"), ("138 0013 8000", "+8613800138000"),
      ("138-0013-8000", "+8613800138000"),
      ("+86 138 0013 8000", "+8613800138000"), ("008613800138000", "+8613800138000"),
      ("8613800138000", "+8613800138000"),
      ("\u{ff0b}\u{ff18}\u{ff16}\u{3000}1380013\u{ff18}000", "+8613800138000"),
      ("19912345678", "+8619912345678"),
      ("010-12345678", ""), ("010-62345678", "+861062345678"), ("(0755) 8234 5678", "+8675582345678"),
      ("(0755)82345678", "+8675582345678"), ("+86 10 6234 5678", "+861062345678"),
      ("+86 (0)10 6234 5678", "+861062345678"), ("0312-2345678", "+863122345678"),
      ("400-810-2345", "+864008102345"),
      // ITU-T E.123's example of an international number, and numbers of Hong Kong, Macao, Taiwan, Germany.
      ("+22 607 123 4567", "+226071234567"), ("+852 9123 4567", "+85291234567"),
      ("+853 6612 3456", "+85366123456"),
      ("00886 912 345 678", "+886912345678"), ("+49 (30) 901820", "+4930901820"),
    ])
  func phones(text: String, expected: String) {
    #expect(PhoneNumber.normalised(text) == (expected.isEmpty ? nil : expected))
    #expect(TextFormat.phone.admits(text) == !expected.isEmpty)
  }

  @Test(
    "what is not a phone number is refused",
    arguments: [
      "", "110", "12345", "1380013800", "138001380000", "12800138000", "02112345678", "010-6234567",
      "+86106234567", "021-6234567",
      "0300-2345678", "0100-6234567",
      "62345678",
      "+", "+86", "+8612800138000", "+0123456789", "+1234567890123456", "138 0013 800o", "021-62345678-12",
      "++8613800138000", "13800138000;13900139000", String(repeating: " ", count: 200) + "13800138000",
    ])
  func noPhones(text: String) {
    #expect(PhoneNumber.normalised(text) == nil)
  }

  @Test("area codes have six, nine, twelve or fifteen digits; keys are tokens")
  func areaCodesAndKeys() {
    for text in ["440306", "440306001", "440306001002", "440306001002003"] {
      #expect(TextFormat.areaCode.admits(text))
    }
    for text in [
      "", "44030", "4403060", "44030600100", "440306001002003004", "04403060", "44o306", "44030\u{ff16}",
    ] {
      #expect(!TextFormat.areaCode.admits(text), "\(text)")
    }
    for text in ["a", "A-1_b.c:d", String(repeating: "k", count: 128)] {
      #expect(TextFormat.key.admits(text))
    }
    for text in ["", "a b", "a/b", "é", String(repeating: "k", count: 129)] {
      #expect(!TextFormat.key.admits(text))
    }
  }
}
