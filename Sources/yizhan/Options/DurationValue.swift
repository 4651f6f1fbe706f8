import Wire

/// Durations as people type them: "500ms", "90s", "15m", "1h30m", "3d".
enum DurationValue {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
  ]

  /// Reads a duration of whole units, or of seconds with a fraction as JSON writes it ("1.5s"); nil for
  /// anything else. A leading "-" makes it negative. At most 100,000 days.
  static func parse(_ text: String) -> Duration? {
    if let (seconds, nanos) = DurationText.parse(text) {
      return .seconds(seconds) + .nanoseconds(Int64(nanos))
    }
    let isNegative = text.hasPrefix("-")
    var rest = text.dropFirst(isNegative ? 1 : 0)
    guard !rest.isEmpty else { return nil }
    var total: Int64 = 0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let count = Int64(digits), count <= 8_640_000_000_000 else { return nil }
      rest = rest.dropFirst(digits.count)
      guard let unit = units.first(where: { rest.hasPrefix($0.name) }) else { return nil }
      rest = rest.dropFirst(unit.name.count)
      let (product, overflows) = count.multipliedReportingOverflow(by: unit.milliseconds)
      guard !overflows, product <= 8_640_000_000_000, total <= 8_640_000_000_000 else { return nil }
      total += product
    }
    return .milliseconds(isNegative ? -total : total)
  }

  /// Writes a duration for people: "1h 30m", "12s", "250ms".
  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
    if milliseconds < 0 { return "-" + text(.zero - duration) }
    if milliseconds < 1000 { return "\(milliseconds)ms" }
    var rest = milliseconds / 1000
    var parts: [String] = []
    for (name, size) in [("d", Int64(86_400)), ("h", 3600), ("m", 60), ("s", 1)] where rest >= size {
      parts.append("\(rest / size)\(name)")
      rest %= size
    }
    return parts.prefix(2).joined(separator: " ")
  }
}
