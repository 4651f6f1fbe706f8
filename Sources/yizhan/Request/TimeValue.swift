import Formats

/// Points in time as people type them.
enum TimeValue {
  /// Reads RFC 3339 ("2026-01-31T09:30:00Z"), a local time ("2026-01-31 17:30", with seconds too), a local
  /// day ("2026-01-31", its beginning), "now", and a distance from now ("now+3d", "now-2h").
  static func parse(_ text: String) -> (seconds: Int64, nanos: Int32)? {
    if let time = CivilTime.parse(text) { return time }
    if text == "now" { return (LocalTime.now, 0) }
    if text.hasPrefix("now") {
      let distance = text.dropFirst(3)
      guard distance.first == "+" || distance.first == "-",
        let duration = DurationValue.parse(String(distance.dropFirst())), duration >= .zero
      else { return nil }
      let seconds = duration.components.seconds
      return (LocalTime.now + (distance.first == "-" ? -seconds : seconds), 0)
    }
    return local(text)
  }

  private static func local(_ text: String) -> (seconds: Int64, nanos: Int32)? {
    var scanner = DigitScanner(text)
    guard let date = scanner.date() else { return nil }
    if scanner.isAtEnd { return (LocalTime.seconds(date, hour: 0, minute: 0, second: 0), 0) }
    guard scanner.take(" ") || scanner.take("T") else { return nil }
    if let clock = scanner.clock(), scanner.isAtEnd {
      return (
        LocalTime.seconds(date, hour: clock.hour, minute: clock.minute, second: clock.second), clock.nanos
      )
    }
    // Hours and minutes alone: let the scanner see the seconds that were left out.
    scanner = DigitScanner(text + ":00")
    _ = scanner.date()
    guard scanner.take(" ") || scanner.take("T"), let clock = scanner.clock(), scanner.isAtEnd else {
      return nil
    }
    return (LocalTime.seconds(date, hour: clock.hour, minute: clock.minute, second: 0), 0)
  }
}
