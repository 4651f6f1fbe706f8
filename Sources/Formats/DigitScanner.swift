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
