import Formats
import Glibc

/// Times of certificates, which count whole seconds.
enum TLSTime {
  /// Seconds since 1970-01-01T00:00:00Z.
  static func now() -> Int64 { Int64(time(nil)) }

  /// "2026-01-05T01:00:00Z"; the number itself outside of the years 1 to 9999.
  static func text(_ seconds: Int64) -> String {
    CivilTime.text(seconds: seconds, nanos: 0) ?? "\(seconds)"
  }

  /// The same of a date and time in UTC.
  static func seconds(
    _ year: Int, _ month: Int, _ day: Int, _ hours: Int, _ minutes: Int, _ seconds: Int
  ) -> Int64 {
    CivilTime.days(year: year, month: month, day: day) * 86_400
      + Int64(hours * 3600 + minutes * 60 + seconds)
  }
}
