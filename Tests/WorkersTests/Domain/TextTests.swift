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
    #expect(Masking.value("苟建国", ofColumn: "name") == "苟**")
    #expect(Masking.value("党员", ofColumn: "party_membership") == "")
    #expect(Masking.value("宇航员", ofColumn: "occupations") == "宇航员")
    #expect(
      WorkerSummary(id: "", displayName: "苟建国", areaCode: "", state: .active, platformIDs: []).maskedName
        == "苟**")
  }

  @Test func likePatternsMatchWhatIsMeant() {
    #expect(LikePattern.containing("100%_\\") == "%100\\%\\_\\\\%")
  }
}
