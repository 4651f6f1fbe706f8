import ModuleKit

extension CalendarDate {
  /// The day that it is in China at an instant: UTC+8 all year round, since 1991.
  ///
  /// Source: the days-to-civil conversion of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  static func chinaDay(at instant: Instant) -> CalendarDate {
    let millisecondsPerDay: Int64 = 86_400_000
    let local = instant.milliseconds + 8 * 3_600_000
    let (quotient, remainder) = local.quotientAndRemainder(dividingBy: millisecondsPerDay)
    let shifted = Int(remainder < 0 ? quotient - 1 : quotient) + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    guard
      let date = CalendarDate(
        year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
        day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    else { preconditionFailure("the clock is outside of the years 1 to 9999") }
    return date
  }

  /// Full years from this day to another.
  func years(until other: CalendarDate) -> Int {
    other.year - year - ((other.month, other.day) >= (month, day) ? 0 : 1)
  }
}
