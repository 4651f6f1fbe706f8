import Testing
import Wire

@testable import yizhan

@Suite struct TextTests {
  init() throws { try LocalTime.setZone(LocalTime.defaultZone) }

  /// The widths are those of Unicode Standard Annex #11 and of wcwidth in common terminals.
  @Test(arguments: [
    ("abc", 3), ("驿站", 4), ("a驿b", 4), ("Ａ", 2), ("ｱ", 1), ("한글", 4), ("e\u{301}", 1), ("😀", 2), ("👨‍👩‍👧", 2),
    ("，。", 4),
    ("❤\u{FE0F}", 2), ("", 0), ("\u{200B}", 0), ("é", 1), ("…", 1), ("𠮷", 2),
  ])
  func widthsAreThoseOfTerminals(text: String, width: Int) { #expect(DisplayWidth.of(text) == width) }

  @Test func textIsCutToAWidth() {
    #expect(DisplayWidth.cut("驿站驿站", to: 8) == "驿站驿站")
    #expect(DisplayWidth.cut("驿站驿站", to: 7) == "驿站驿…")
    #expect(DisplayWidth.cut("驿站驿站", to: 6) == "驿站…")
    #expect(DisplayWidth.cut("abcdef", to: 4) == "abc…")
  }

  @Test func linesAreBrokenBetweenWordsAndAnywhereInChinese() {
    #expect(DisplayWidth.wrap("one two three", to: 8) == ["one two", "three"])
    #expect(DisplayWidth.wrap("快递员外卖员", to: 8) == ["快递员外", "卖员"])
    #expect(DisplayWidth.wrap("a\n\nb", to: 8) == ["a", "", "b"])
    #expect(DisplayWidth.wrap("incomprehensibilities ok", to: 8) == ["incomprehensibilities", "ok"])
  }

  @Test(arguments: [
    ("90s", Duration.seconds(90)), ("15m", .seconds(900)), ("2h", .seconds(7200)), ("3d", .seconds(259_200)),
    ("1h30m", .seconds(5400)), ("500ms", .milliseconds(500)), ("1.5s", .milliseconds(1500)),
    ("-2h", .seconds(-7200)),
  ])
  func durationsAreRead(text: String, duration: Duration) { #expect(DurationValue.parse(text) == duration) }

  @Test(arguments: ["", "s", "5", "5 s", "5w", "1h-30m", "99999999999999999999s", "9999999999999d", "-"])
  func otherDurationsAreRefused(text: String) { #expect(DurationValue.parse(text) == nil) }

  /// Asia/Shanghai is 8 hours ahead of UTC, so 17:30 there is 09:30Z, which is 1769851800 (date -u -d … +%s).
  @Test(arguments: [
    ("2026-01-31T09:30:00Z", Int64(1_769_851_800)), ("2026-01-31T17:30:00+08:00", 1_769_851_800),
    ("2026-01-31 17:30", 1_769_851_800), ("2026-01-31T17:30:00", 1_769_851_800),
    ("2026-01-31", 1_769_788_800),
  ])
  func timesAreRead(text: String, seconds: Int64) {
    #expect(TimeValue.parse(text)?.seconds == seconds)
    #expect(LocalTime.text(seconds: 1_769_851_800) == "2026-01-31 17:30:00")
  }

  @Test(arguments: [
    "", "2026-02-30", "2026-01-31 25:00", "tomorrow", "now+", "now+x", "nowadays", "2026-01-31 17",
  ])
  func otherTimesAreRefused(text: String) { #expect(TimeValue.parse(text) == nil) }

  @Test func timesMayBeRelative() throws {
    let later = try #require(TimeValue.parse("now+3d"))
    #expect(abs(later.seconds - LocalTime.now - 259_200) <= 2)
    let earlier = try #require(TimeValue.parse("now-2h"))
    #expect(abs(earlier.seconds - LocalTime.now + 7200) <= 2)
  }

  @Test func aNarrowTerminalLosesTheLeastImportantColumns() throws {
    let schema = try FakeServer().schema
    let locker = try #require(schema.message("yizhan.lockers.v1.Locker"))
    let columns = Column.all(locker, in: schema, nested: false)
    #expect(
      columns.map(\.name) == [
        "id", "name", "state", "open_time", "limit", "tags", "labels", "description", "etag", "heated",
      ])
    let row = [
      "L1", "东门", "FREE", "2026-01-31 17:30:00", "1h", "", "k=v", String(repeating: "长", count: 60), "1",
      "yes",
    ]
    func shown(_ width: Int?) -> [String] {
      Table.choose(columns, rows: [row], width: width).map { columns[$0].name }
    }
    #expect(
      shown(nil) == ["id", "name", "state", "open_time", "limit", "labels", "description", "etag", "heated"])
    // 2 + 4 + 5 + 19 + 5 columns, 16 of the description, and 5 gaps of 2 make 61.
    #expect(shown(61) == ["id", "name", "state", "open_time", "limit", "description"])
    #expect(shown(60) == ["id", "name", "state", "open_time", "description"])
    #expect(shown(20) == ["id", "name", "state"])
  }

  @Test func sentencesEndWhereTheyEnd() {
    #expect(FieldHelp.firstSentence("Lists wishes, by area. All of them.") == "Lists wishes, by area")
    #expect(FieldHelp.firstSentence("See v1.2 of it\nfor more.\n\nSecond.") == "See v1.2 of it for more")
    #expect(FieldHelp.firstSentence("列出心愿。全部。") == "列出心愿")
  }
}
