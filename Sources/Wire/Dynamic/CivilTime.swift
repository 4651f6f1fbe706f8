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
    let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let rest = Int(seconds - day * 86_400)
    let date = date(days: day)
    return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
      + "T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))"
      + fraction(nanos) + "Z"
  }

  /// A fraction of a second with its point: "", ".250", ".000001" or ".000000001".
  static func fraction(_ nanos: Int32) -> String {
    let nanos = Int(nanos)
    if nanos == 0 { return "" }
    if nanos % 1_000_000 == 0 { return "." + padded(nanos / 1_000_000, 3) }
    if nanos % 1000 == 0 { return "." + padded(nanos / 1000, 6) }
    return "." + padded(nanos, 9)
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

/// Reads the parts of dates and times from a text.
public struct DigitScanner: Sendable {
  private let bytes: [UInt8]
  private var position = 0

  /// Starts at the text's beginning.
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// Whether everything has been read.
  public var isAtEnd: Bool { position == bytes.count }

  /// Reads one ASCII character if it is next.
  public mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Reads exactly so many digits, at most 18.
  public mutating func digits(_ count: Int) -> Int? {
    guard position + count <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[position..<position + count] {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    position += count
    return value
  }

  /// Reads "2026-01-31"; nil if there is no such day.
  public mutating func date() -> (year: Int, month: Int, day: Int)? {
    guard let year = digits(4), year > 0, take("-"), let month = digits(2), (1...12).contains(month),
      take("-"),
      let day = digits(2), day >= 1, day <= CivilTime.daysInMonth(month, of: year)
    else { return nil }
    return (year, month, day)
  }

  /// Reads "09:30:00" with up to nine digits of a fraction.
  public mutating func clock() -> (hour: Int, minute: Int, second: Int, nanos: Int32)? {
    guard let hour = digits(2), hour < 24, take(":"), let minute = digits(2), minute < 60, take(":"),
      let second = digits(2), second < 60
    else { return nil }
    guard take(".") else { return (hour, minute, second, 0) }
    var nanos = 0
    var count = 0
    while count < 9, let digit = digits(1) {
      nanos = nanos * 10 + digit
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in count..<9 { nanos *= 10 }
    return (hour, minute, second, Int32(nanos))
  }

  /// Reads "Z", "+08:00" or "-03:30": the seconds to add to UTC.
  public mutating func offset() -> Int64? {
    if take("Z") { return 0 }
    let isNegative = take("-")
    guard isNegative || take("+"), let hours = digits(2), hours < 24, take(":"), let minutes = digits(2),
      minutes < 60
    else { return nil }
    return Int64(hours * 3600 + minutes * 60) * (isNegative ? -1 : 1)
  }
}
