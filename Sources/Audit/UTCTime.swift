import Formats

/// Times to the millisecond in UTC, "2026-11-21T23:34:38.120Z" (RFC 3339), as heads of the chain have them.
enum UTCTime {
  static func text(milliseconds: Int64) -> String { CivilTime.text(milliseconds: milliseconds) }

  /// Reads exactly what `text` writes, of the years 1 to 9999; nil for anything else.
  static func milliseconds(_ text: String) -> Int64? {
    guard let (seconds, nanos) = CivilTime.parse(text) else { return nil }
    let milliseconds = seconds * 1000 + Int64(nanos / 1_000_000)
    return Self.text(milliseconds: milliseconds) == text ? milliseconds : nil
  }
}
