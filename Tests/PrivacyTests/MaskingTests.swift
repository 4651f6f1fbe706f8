import Privacy
import Testing

@Suite struct MaskingTests {
  @Test(arguments: [
    ("张三", "张*"), ("张建国", "张**"), ("欧阳修", "欧阳*"), ("欧阳", "欧*"), ("司马相如", "司马**"), ("张", "*"), ("", ""),
    ("John Smith", "J*** S***"), ("Anna-Maria O'Neil", "A***-M*** O***'N***"), ("买买提·艾力", "买***·艾***"),
  ])
  func names(_ name: String, _ masked: String) { #expect(Masking.name(name) == masked) }

  @Test(arguments: [
    ("+8613800001234", "+86138****1234"), ("13800001234", "138****1234"), ("138-0000-1234", "138-****-1234"),
    ("010-62345678", "010-****5678"), ("+861062345678", "+8610****5678"), ("+14155550123", "+141****0123"),
    ("１３８００００１２３４", "１３８****１２３４"), ("12345", "****5"), ("410304199001011238", "******************"),
    ("110", "***"), ("", ""), ("call me", "*******"),
  ])
  func phones(_ phone: String, _ masked: String) { #expect(Masking.phone(phone) == masked) }

  @Test(arguments: [
    ("41030419900101123X", "410**************X"), ("410304900101123", "410************"),
    ("4103041990010112 3X", "410****************"), ("41030419900101123Ｘ", "410**************Ｘ"),
    ("E12345678", "*****5678"), ("12345678901234", "**********1234"),
    ("1234567", "*******"), ("12345678", "********"), ("123456789", "*****6789"),
    ("护照E12345678", "*******5678"), ("", ""),
  ])
  func identityNumbers(_ number: String, _ masked: String) {
    #expect(Masking.identityNumber(number) == masked)
  }

  /// The 17th digit of an identity number tells the sex, and the last of one of the old ones of 15 digits. The numbers
  /// are the example of GB 11643 for a woman, and the same with the next digit there.
  @Test(arguments: [("11010519491231002X", 16), ("110105194912310038", 16), ("110105491231002", 14)])
  func noMaskTellsTheSex(number: String, place: Int) {
    for mask in [Masking.identityNumber, Masking.phone, Masking.freeText] {
      #expect(Array(mask(number))[place] == "*")
    }
  }

  @Test(arguments: [("1990-01-31", "1990-**-**"), ("unknown", "*******"), ("1990", "****"), ("", "")])
  func birthDates(_ date: String, _ masked: String) { #expect(Masking.birthDate(date) == masked) }

  @Test(arguments: [
    ("河南省洛阳市瀍河区启明东路1号", "河南省****"), ("北京市朝阳区1号", "北京市****"), ("内蒙古自治区呼和浩特市", "内蒙古自治区****"),
    ("洛阳市瀍河区", "洛阳市****"), ("启明东路1号院", "****"), ("市场街1号", "****"), ("12 Main Street", "****"), ("", ""),
  ])
  func addresses(_ address: String, _ masked: String) { #expect(Masking.address(address) == masked) }

  @Test(arguments: [
    ("电话13800001234找我", "电话***********找我"), ("电话 138 0000 1234。", "电话 *** **** ****。"),
    ("身份证41030419900101123X", "身份证******************"), ("门牌123456号", "门牌123456号"),
    ("１３８００００１２３４", "***********"),
    ("138.0013.8000", "***.****.****"), ("1-2-3-4-5-6-7", "*-*-*-*-*-*-*"),
    ("2026 年 1 月 5 日", "2026 年 1 月 5 日"), ("", ""),
  ])
  func freeTexts(_ text: String, _ masked: String) { #expect(Masking.freeText(text) == masked) }

  /// Whatever the text, masking ends, and shows no more characters than there were digits to show.
  @Test func takesAnyText() {
    var state: UInt64 = 0x5eed
    for _ in 0..<5_000 {
      var text = ""
      for _ in 0..<(state >> 60) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text.unicodeScalars.append(Unicode.Scalar(UInt32(state >> 44) % 0xd800) ?? "x")
      }
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      for mask in [
        Masking.name, Masking.phone, Masking.identityNumber, Masking.birthDate, Masking.address,
        Masking.freeText,
      ] { #expect(text.isEmpty == mask(text).isEmpty) }
    }
  }
}
