/// Points in time as RFC 3339 writes them, over the range of google.protobuf.Timestamp:
/// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z, in the proleptic Gregorian calendar.
public enum CivilTime {
  /// The seconds since 1970-01-01T00:00:00Z that a Timestamp may have.
  public static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// The number of days from 1970-01-01 to a date.
  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
  public static func days(year: Int, month: Int, day: Int) -> Int64 {
    let shifted = Int64(year - (month <= 2 ? 1 : 0))
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1)
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The date of a number of days from 1970-01-01. Source: as `days`, civil_from_days.
  public static func date(days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = Int(monthIndex < 10 ? monthIndex + 3 : monthIndex - 9)
    return (
      Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month,
      Int(dayOfYear - (153 * monthIndex + 2) / 5) + 1
    )
  }

  /// How many days a month has.
  public static func daysInMonth(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// A point in time in UTC, with 0, 3, 6 or 9 digits of a second's fraction, as many as are needed.
  /// - Returns: nil outside the range of a Timestamp.
  public static func text(seconds: Int64, nanos: Int32) -> String? {
    guard secondsRange.contains(seconds), (0..<1_000_000_000).contains(nanos) else { return nil }
    let (day, rest) = split(seconds, by: 86_400)
    return dayText(day) + "T" + clockText(Int(rest)) + fraction(nanos) + "Z"
  }

  /// A point in time in UTC to the millisecond, "2026-11-21T23:34:38.120Z": three digits of a second's fraction
  /// whatever they are, so that texts of the years 0 to 9999 sort as their times do.
  /// - Parameter milliseconds: since 1970-01-01T00:00:00Z; any number.
  public static func text(milliseconds: Int64) -> String {
    let (day, rest) = split(milliseconds, by: 86_400_000)
    let millisecond = Int(rest)
    return dayText(day) + "T" + clockText(millisecond / 1000) + "." + padded(millisecond % 1000, 3) + "Z"
  }

  /// Divides so that the remainder is never negative.
  /// - Parameter unit: above 0.
  public static func split(_ number: Int64, by unit: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: unit)
    return remainder < 0 ? (quotient - 1, remainder + unit) : (quotient, remainder)
  }

  /// A fraction of a second with its point: "", ".250", ".000001" or ".000000001".
  /// - Parameter nanos: 0 to 999,999,999.
  public static func fraction(_ nanos: Int32) -> String {
    let nanos = Int(nanos)
    if nanos == 0 { return "" }
    if nanos % 1_000_000 == 0 { return "." + padded(nanos / 1_000_000, 3) }
    if nanos % 1000 == 0 { return "." + padded(nanos / 1000, 6) }
    return "." + padded(nanos, 9)
  }

  private static func dayText(_ day: Int64) -> String {
    let date = date(days: day)
    return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2)
  }

  private static func clockText(_ second: Int) -> String {
    padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2)
  }

  static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Reads an RFC 3339 time: "2026-01-31T09:30:00Z", "2026-01-31T17:30:00.25+08:00".
  /// - Returns: nil if the text is none, or outside the range of a Timestamp.
  public static func parse(_ text: String) -> (seconds: Int64, nanos: Int32)? {
    var scanner = DigitScanner(text)
    guard let (year, month, day) = scanner.date(), scanner.take("T"),
      let (hour, minute, second, nanos) = scanner.clock(), let offset = scanner.offset(), scanner.isAtEnd
    else { return nil }
    let seconds =
      days(year: year, month: month, day: day) * 86_400 + Int64(hour * 3600 + minute * 60 + second) - offset
    return secondsRange.contains(seconds) ? (seconds, nanos) : nil
  }
}
