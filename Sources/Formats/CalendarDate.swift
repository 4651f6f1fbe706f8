/// A day of the proleptic Gregorian calendar, from 0001-01-01 to 9999-12-31.
public struct CalendarDate: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The year, 1 to 9999.
  public let year: Int
  /// The month, 1 to 12.
  public let month: Int
  /// The day of the month, from 1.
  public let day: Int

  /// Creates a date; nil if the calendar has no such day.
  public init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...12).contains(month),
      (1...CivilTime.daysInMonth(month, of: year)).contains(day)
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// Reads a date in the extended format of ISO 8601, "2026-01-31"; nil if it is not one.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
      let day = Self.number(bytes[8..<10])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  /// The date of a number of days from 1970-01-01; nil outside of the years 1 to 9999.
  public init?(daysSince1970 days: Int64) {
    guard (Self.firstDay...Self.lastDay).contains(days) else { return nil }
    let (year, month, day) = CivilTime.date(days: days)
    self.init(year: year, month: month, day: day)
  }

  private static let firstDay = CivilTime.days(year: 1, month: 1, day: 1)
  private static let lastDay = CivilTime.days(year: 9999, month: 12, day: 31)

  /// The number of days from 1970-01-01, negative before.
  public var daysSince1970: Int64 { CivilTime.days(year: year, month: month, day: day) }

  /// The date in the extended format of ISO 8601.
  public var description: String {
    CivilTime.padded(year, 4) + "-" + CivilTime.padded(month, 2) + "-" + CivilTime.padded(day, 2)
  }

  /// Whether one date lies before another.
  public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }

  /// The number that decimal digits of ASCII stand for; nil if a byte is not one.
  package static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
  }
}
