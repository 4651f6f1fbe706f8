import ModuleKit
import Testing

@testable import Workers

@Suite struct TextTests {
  @Test(arguments: [
    ("  苟建国 ", "苟建国"), ("138 0013", "138 0013"), ("a \u{3000}  b", "a b"), ("顺丰速运", "顺丰速运"),
    ("(旭升)站", "(旭升)站"), ("", ""), (" \t\u{feff} ", ""), ("a\u{a0}b", "a b"),
  ])
  func tidied(input: String, expected: String) {
    #expect(PlainText.tidied(input) == expected)
  }

  @Test(arguments: [
    ("苟 建 国", "苟建国"), ("阿卜杜拉•买买提", "阿卜杜拉·买买提"), ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
    ("John  Smith", "John Smith"), (" 李金玲 ", "李金玲"),
  ])
  func personNames(input: String, expected: String) {
    #expect(PlainText.personName(input) == expected)
  }

  /// Codes of well-known companies, from the national register.
  @Test(arguments: [
    "914403001922038216", "91110000802100433B", "9144030071526726XG", "91110108551385082Q",
    "91330100716105852F",
  ])
  func creditCodes(code: String) {
    #expect(CreditCode.normalised(code) == code)
    #expect(CreditCode.normalised(code.lowercased()) == code)
    let swapped = String(code.prefix(16)) + String(code.suffix(2).reversed())
    #expect(CreditCode.normalised(swapped) == nil)
    #expect(CreditCode.normalised(String(code.dropLast())) == nil)
  }

  @Test(arguments: [
    ("快递员", [Occupation.courier]), ("COURIER; 外卖骑手", [.courier, .deliveryRider]),
    ("网约车司机、代驾", [.rideHailDriver, .designatedDriver]), ("OCCUPATION_LIVESTREAMER", [.livestreamer]),
    ("taxi_driver", [.taxiDriver]), ("", []),
  ])
  func occupations(text: String, expected: [Occupation]) {
    #expect(OccupationNames.occupations(text) == expected)
  }

  @Test func unknownOccupation() {
    #expect(OccupationNames.occupations("快递员;宇航员") == nil)
  }

  @Test func occupationSetsKeepTheirNumbers() {
    let set = OccupationSet([.livestreamer, .courier, .courier])
    #expect(set.rawValue == 0b100_0010)
    #expect(set.list == [.courier, .livestreamer])
    #expect(OccupationSet([.unspecified, .unrecognized(-3), .unrecognized(90)]).isEmpty)
  }

  @Test func masking() {
    #expect(Masking.lastFour("410304199001011234") == "**************1234")
    #expect(Masking.lastFour("1234") == "****")
    #expect(
      WorkerSummary(
        WorkerStanding(id: "", areaCode: "", state: .active, platformIDs: []), displayName: "苟建国"
      ).maskedName == "苟**")
  }

  /// A shifted column puts every value where it does not belong.
  @Test(arguments: [
    ("name", "苟建国", "苟**"), ("name", "13800138000", "1***"), ("party_membership", "党员", ""),
    ("identity_number", "苟建国", "***"), ("identity_number", "苟建国410304199001011238", "*********************"),
    ("identity_number", "E12345678", "*****5678"), ("phone", "410304199001011238", "******************"),
    ("phone", "张三13800138000", "*************"), ("phone", "+86 138-0013-8000", "+86 138-****-8000"),
    ("occupations", "13800138000", "***********"), ("occupations", "快递员兼外卖员", "快递员兼外卖员"),
    ("occupations", "苟建国", "苟**"), ("area_code", "410304199001011238", "******************"),
    ("area_code", "999999", "999999"), ("organisation", "欧阳建国", "欧阳**"), ("organisation", "苟 建 国", "苟**"),
    ("organisation", "没有的公司", "没有的公司"), ("start_date", "41030419900101123X", "******************"),
    ("start_date", "2025年5月1日", "2025年5月1日"), ("staff_number", "138.0013.8000", "*************"),
    ("station", "138.0013.8000", "***.****.****"),
    ("station", "旭升站 13800138000", "旭升站 ***********"),
  ])
  func rowErrorsHidePersonalDataInEveryColumn(column: String, value: String, shown: String) {
    #expect(Masking.value(value, ofColumn: column) == shown)
  }

  @Test func likePatternsMatchWhatIsMeant() {
    #expect(LikePattern.containing("100%_\\") == "%100\\%\\_\\\\%")
  }
}
