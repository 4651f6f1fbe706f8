import Testing
import Wire
import WireTestMessages

@Suite("Declared checks")
struct CheckTests {
  /// A message that breaks nothing.
  private let good = Checked(
    title: "愿望", name: "张三", parts: 10, latitude: 90, mood: .good, rows: [CheckedRow()],
    takes: ProtoDuration(),
    contact: .phone("13800138000"), moods: [.bad])

  private func found(_ change: (inout Checked) -> Void) -> [String] {
    var message = good
    change(&message)
    return found(message)
  }

  private func found(_ message: some Message) -> [String] {
    var violations = Violations()
    message.check(&violations)
    return violations.items.map { "\($0.field) \($0.reason)" }
  }

  @Test("a message that keeps every rule has no violations")
  func good_() {
    #expect(found(good) == [])
  }

  @Test("what is required is missed")
  func required() {
    #expect(
      found(Checked()) == [
        "title TOO_SHORT", "name REQUIRED", "mood REQUIRED", "rows TOO_FEW", "takes REQUIRED",
      ])
  }

  @Test("lengths count Unicode scalars")
  func lengths() {
    #expect(found { $0.title = "五个字的题" } == [])
    #expect(found { $0.title = "六个字的题目" } == ["title TOO_LONG"])
    #expect(found { $0.title = "一" } == ["title TOO_SHORT"])
    #expect(found { $0.title = "👩‍🚀" } == [])  // three scalars, one character
    #expect(found { $0.title = "😀😀😀😀😀" } == [])  // five scalars in twenty bytes
    #expect(found { $0.photo = [1, 2, 3, 4] } == [])
    #expect(found { $0.photo = [1, 2, 3, 4, 5] } == ["photo TOO_LONG"])
    #expect(found { $0.nickname = "" } == ["nickname TOO_SHORT"])
    #expect(found { $0.nickname = nil } == [])
  }

  @Test("ranges hold at both ends")
  func ranges() {
    #expect(found { $0.parts = 11 } == ["parts TOO_LARGE"])
    #expect(found { $0.parts = -1 } == ["parts TOO_SMALL"])
    #expect(found { $0.amount = 0 } == ["amount TOO_SMALL"])
    #expect(found { $0.amount = 1 } == [])
    #expect(found { $0.latitude = 90.000001 } == ["latitude TOO_LARGE"])
    #expect(found { $0.latitude = -90 } == [])
    #expect(found { $0.latitude = .nan } == ["latitude NOT_FINITE"])
    #expect(found { $0.latitude = .infinity } == ["latitude NOT_FINITE"])
    #expect(found { $0.count = .max } == ["count TOO_LARGE"])
    #expect(found { $0.count = 5 } == [])
  }

  @Test("undefined enum values are refused unless they are allowed")
  func enums() {
    #expect(found { $0.mood = .unrecognized(9) } == ["mood UNKNOWN_VALUE"])
    #expect(found { $0.otherMood = .unrecognized(9) } == [])
    #expect(found { $0.moods = [.good, .unrecognized(-1)] } == ["moods[1] UNKNOWN_VALUE"])
  }

  @Test("paths lead to the field at fault")
  func paths() {
    let row = CheckedRow(phone: "12")
    #expect(found { $0.rows = [CheckedRow(), CheckedRow(), row] } == ["rows[2].phone NOT_A_PHONE_NUMBER"])
    #expect(found { $0.rowsByName = ["张三": row] } == ["rows_by_name[张三].phone NOT_A_PHONE_NUMBER"])
    #expect(found { $0.contact = .row(row) } == ["row.phone NOT_A_PHONE_NUMBER"])
    #expect(found { $0.contact = .phone("x") } == ["phone NOT_A_PHONE_NUMBER"])
    #expect(found { $0.tags = ["abc", "abcd"] } == ["tags[1] TOO_LONG"])
  }

  @Test("too many elements are one violation, and none of them is looked at")
  func tooMany() {
    let row = CheckedRow(phone: "12")
    #expect(found { $0.rows = [row, row, row, row] } == ["rows TOO_MANY"])
  }

  @Test("formats are checked when there is a text")
  func formats() {
    let row = CheckedRow(id: "1", born: "2026-02-30", areaCode: "1", identityNumber: "1", key: "a b")
    #expect(
      found { $0.rows = [row] } == [
        "rows[0].id NOT_A_UUID", "rows[0].born NOT_A_DATE", "rows[0].area_code NOT_AN_AREA_CODE",
        "rows[0].identity_number NOT_AN_IDENTITY_NUMBER", "rows[0].key NOT_A_KEY",
      ])
  }

  @Test("times lie within protobuf's limits")
  func times() {
    #expect(found { $0.at = ProtoTimestamp(seconds: 253_402_300_800) } == ["at NOT_A_TIMESTAMP"])
    #expect(found { $0.at = ProtoTimestamp(seconds: -62_135_596_800) } == [])
    #expect(found { $0.at = ProtoTimestamp(nanos: -1) } == ["at NOT_A_TIMESTAMP"])
    #expect(found { $0.takes = ProtoDuration(seconds: 1, nanos: -1) } == ["takes NOT_A_DURATION"])
    #expect(found { $0.takes = ProtoDuration(seconds: -1, nanos: -1) } == [])
  }

  @Test("without a declaration the defaults hold")
  func defaults() {
    #expect(
      found(Unchecked(text: String(repeating: "字", count: 1000), data: .init(repeating: 0, count: 1 << 20)))
        == [])
    #expect(found(Unchecked(text: String(repeating: "字", count: 1001))) == ["text TOO_LONG"])
    #expect(found(Unchecked(data: .init(repeating: 0, count: 1 << 20 + 1))) == ["data TOO_LONG"])
    #expect(found(Unchecked(numbers: .init(repeating: 0, count: 1001))) == ["numbers TOO_MANY"])
    #expect(found(Unchecked(texts: [3: String(repeating: "a", count: 1001)])) == ["texts[3] TOO_LONG"])
    #expect(found(Unchecked(mood: .unrecognized(5))) == ["mood UNKNOWN_VALUE"])
    #expect(found(Unchecked(ratio: -.infinity)) == ["ratio NOT_FINITE"])
  }

  @Test("a hundred violations are reported, in English and in Chinese, and not one more")
  func limit() throws {
    var violations = Violations()
    Unchecked(
      texts: Dictionary(uniqueKeysWithValues: (0..<500).map { ($0, String(repeating: "a", count: 1001)) })
    )
    .check(&violations)
    #expect(violations.items.count == 100)
    let first = try #require(violations.items.first)
    #expect(first.field == "texts[0]")
    #expect(first.description == "must have at most 1000 characters, has 1001")
    #expect(first.descriptionChinese == "最多1000个字,现有1001个字")
  }
}
