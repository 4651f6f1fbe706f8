import ModuleKit
import Testing

@testable import Workers

@Suite struct DateTests {
  /// Seconds since 1970 as GNU date gives them: `date -ud 2026-01-05T01:00 +%s`.
  @Test(arguments: [
    (1_767_574_800, "2026-01-05"), (1_767_542_399, "2026-01-04"), (1_767_542_400, "2026-01-05"),
    (951_782_400, "2000-02-29"), (-28_801, "1969-12-31"), (-28_800, "1970-01-01"), (0, "1970-01-01"),
  ])
  func dayInChina(seconds: Int64, day: String) {
    #expect("\(CalendarDate.inChina(at: .seconds(seconds)))" == day)
  }

  @Test func fullYears() throws {
    let birth = try #require(CalendarDate("2008-02-29"))
    #expect(birth.years(until: try #require(CalendarDate("2024-02-28"))) == 15)
    #expect(birth.years(until: try #require(CalendarDate("2024-02-29"))) == 16)
    #expect(birth.years(until: try #require(CalendarDate("2007-03-01"))) == -1)
  }

  /// 11010519491231002X and 440524188001010014 are the examples of GB 11643-1999.
  @Test func flawsOfIdentityNumbersAreToldApart() throws {
    #expect(IdentityNumber("11010519491231002X")?.sex == .female)
    #expect(IdentityNumber("440524188001010014")?.sex == .male)
    #expect(IdentityNumber("11010519491231002x")?.text == "11010519491231002X")
    let reason = { IdentityNumber.violation(of: $0, field: "f").reason }
    #expect(reason("110105194912310021") == "IDENTITY_NUMBER_CHECK")
    #expect(reason("11010519490230002X") == "IDENTITY_NUMBER_BIRTH_DATE")
    #expect(reason("1101051949123100") == "IDENTITY_NUMBER_SHAPE")
    #expect(reason("ABCDEFGHIJKLMNOPQR") == "IDENTITY_NUMBER_SHAPE")
  }

  @Test func nobodyUnderSixteenWorks() throws {
    let number = try #require(IdentityNumber("11010519491231002X"))
    #expect(
      WorkerInput.ageViolation(number, today: try #require(CalendarDate("1965-12-30")))?.reason == "UNDER_AGE"
    )
    #expect(WorkerInput.ageViolation(number, today: try #require(CalendarDate("1965-12-31"))) == nil)
    #expect(
      WorkerInput.ageViolation(number, today: try #require(CalendarDate("1949-12-30")))?.reason
        == "IDENTITY_NUMBER_BIRTH_DATE")
  }
}
