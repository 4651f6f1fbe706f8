/// Days as people in China count them: UTC+8 all year. The country has had no summer time since 1991.
public enum ChinaDay {
  private static let offsetMilliseconds: Int64 = 8 * 3_600_000
  private static let lengthMilliseconds: Int64 = 86_400_000

  /// The day of a moment, as the number of days since 1970-01-01.
  public static func number(of instant: Instant) -> Int64 {
    CivilTime.split(instant.milliseconds + offsetMilliseconds, by: lengthMilliseconds).quotient
  }

  /// When a day begins.
  /// - Parameter number: days since 1970-01-01.
  public static func start(of number: Int64) -> Instant {
    Instant(milliseconds: number * lengthMilliseconds - offsetMilliseconds)
  }

  /// When the day after a moment's begins.
  public static func end(after instant: Instant) -> Instant { start(of: number(of: instant) + 1) }
}

extension CalendarDate {
  /// The day that it is in China at an instant of the years 1 to 9999.
  public static func inChina(at instant: Instant) -> CalendarDate {
    guard let date = CalendarDate(daysSince1970: ChinaDay.number(of: instant)) else {
      preconditionFailure("the clock is outside of the years 1 to 9999")
    }
    return date
  }
}
