import Formats
import Testing

@Suite struct CalendarTests {
  /// The dates are from the Unix time of `date -u -d … +%s` (GNU coreutils).
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", Int64(0)), ("2000-02-29T12:34:56Z", 951_827_696),
    ("1900-03-01T00:00:00Z", -2_203_891_200),
    ("2026-01-31T09:30:00Z", 1_769_851_800), ("0001-01-01T00:00:00Z", -62_135_596_800),
    ("9999-12-31T23:59:59Z", 253_402_300_799),
  ])
  func civilTimeAgreesWithTheCalendar(text: String, seconds: Int64) {
    #expect(CivilTime.parse(text)?.seconds == seconds)
    #expect(CivilTime.text(seconds: seconds, nanos: 0) == text)
  }

  @Test func datesFollowTheGregorianCalendar() {
    for text in ["2026-01-31", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
      #expect(CalendarDate(text)?.description == text)
    }
    for text in [
      "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01",
      "2026-1-31",
      "20260131", "2026/01/31", "2026-01-31T", "2026-01-3一", "",
    ] {
      #expect(CalendarDate(text) == nil, "\(text)")
    }
    #expect(CalendarDate("2025-12-31")! < CalendarDate("2026-01-01")!)
  }

  /// `date -u -d 2026-11-21T23:34:38 +%s` and the days of GNU date divided by 86,400.
  @Test(arguments: [
    (1_795_304_078_120, "2026-11-21T23:34:38.120Z"), (0, "1970-01-01T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59.999Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
  ])
  func timesToTheMillisecond(milliseconds: Int64, text: String) {
    #expect(CivilTime.text(milliseconds: milliseconds) == text)
  }

  @Test func noMomentIsTooFarOff() {
    for milliseconds in [Int64.min, Int64.max] {
      #expect(CivilTime.text(milliseconds: milliseconds).hasSuffix("Z"))
    }
  }

  @Test(arguments: [
    ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-01-05", 20_458),
    ("0001-01-01", -719_162), ("9999-12-31", 2_932_896),
  ])
  func daysAreCounted(text: String, days: Int64) {
    #expect(CalendarDate(text)?.daysSince1970 == days)
    #expect(CalendarDate(daysSince1970: days)?.description == text)
  }

  @Test(arguments: [-719_163, 2_932_897, Int64.min, Int64.max])
  func daysBeyondTheCalendarAreNone(days: Int64) { #expect(CalendarDate(daysSince1970: days) == nil) }

  @Test func remaindersAreNeverNegative() {
    for (number, quotient, remainder) in [(-1, -1, 999), (-1000, -1, 0), (1999, 1, 999)]
      as [(Int64, Int64, Int64)]
    {
      let split = CivilTime.split(number, by: 1000)
      #expect(split.quotient == quotient && split.remainder == remainder)
    }
  }
}
