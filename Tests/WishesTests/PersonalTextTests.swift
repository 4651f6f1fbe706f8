import Testing

@testable import Wishes

/// What is found in texts that are to become public.
@Suite struct PersonalTextTests {
  @Test(arguments: [
    "电话13937900001", "139 3790 0001", "139-3790-0001", "+86 13937900001", "13937900001",
    "139.3790.0001", "139\u{a0}3790\u{a0}0001", "139\u{ff0e}3790\u{ff0e}0001",
    "微信同号:13937900001,谢谢", "型号5 13937900001", "00861393790 0001", "13937900001 2026年", "栋3 139 3790 0001",
    "1 3 9 3 7 9 0 0 0 0 1",
  ])
  func findsMobileNumbers(text: String) {
    #expect(PersonalText.finding(in: text, name: "") == "a phone number")
  }

  // 11010519491231002X is the example of GB 11643-1999.
  @Test(arguments: ["11010519491231002X", "身份证:11010519491231002x", "110105 19491231 002X"])
  func findsIdentityNumbers(text: String) {
    #expect(PersonalText.finding(in: text, name: "") == "a resident identity number")
  }

  @Test(arguments: [
    "", "想要一个3升电饭锅", "型号 FB-3055-2026", "预算 29900 分", "订单号 202601050001234567890", "12345 热线",
    "110105194912310020",
    "2026年1月5日至2026年1月20日",
  ])
  func leavesOtherNumbersAlone(text: String) {
    #expect(PersonalText.finding(in: text, name: "王") == nil)
  }

  @Test func findsTheWishersName() {
    #expect(PersonalText.finding(in: "我叫苟建国", name: "苟建国") == "the wisher's name")
  }

  @Test(arguments: [
    ("王伟", "王师傅"), ("苟建国", "苟师傅"), ("欧阳建国", "欧阳师傅"), ("司马懿", "司马师傅"), ("欧阳", "欧师傅"),
    ("阿卜杜拉·买买提", "一位师傅"), ("John Smith", "一位师傅"), ("", "一位师傅"), ("王", "一位师傅"),
  ])
  func labelsGiveNoMoreThanTheSurname(name: String, label: String) {
    #expect(WisherLabel.label(of: name) == label)
  }
}
