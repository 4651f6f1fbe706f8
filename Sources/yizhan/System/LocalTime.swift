import Formats
import Glibc
import Synchronization

/// The time zone in which people read and write times; one for the whole process.
enum LocalTime {
  /// Where nothing else is said: the districts that Yizhan is made for are there.
  static let defaultZone = "Asia/Shanghai"

  /// Sets the time zone: a name of the IANA database, "UTC", or a distance such as "+08:00".
  /// Must be called before other threads read the time.
  /// - Throws: `UsageError` for a zone that is not known.
  static func setZone(_ name: String) throws {
    let zone = try posixZone(name)
    current.withLock { current in
      if current == zone { return }
      setenv("TZ", zone, 1)
      tzset()
      current = zone
    }
  }

  private static let current = Mutex<String?>(nil)

  private static func posixZone(_ name: String) throws -> String {
    if name == "UTC" || name == "Z" { return "UTC0" }
    var scanner = DigitScanner(name)
    if let offset = scanner.offset(), scanner.isAtEnd {
      // POSIX counts west of Greenwich as positive.
      let minutes = Int(abs(offset)) / 60
      let text = "\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
      return "<\(name)>\(offset > 0 ? "-" : "+")\(text)"
    }
    let isPlainName = !name.isEmpty && !name.contains("..") && !name.hasPrefix("/") && !name.hasPrefix(":")
    if isPlainName, Files.exists("/usr/share/zoneinfo/\(name)") { return name }
    // Small systems have no time zone database; China has kept one zone without summer time since 1992.
    if name == defaultZone || name == "PRC" || name == "Asia/Chongqing" { return "CST-8" }
    throw UsageError(
      "there is no time zone \"\(name)\"",
      hint: "give a name such as Asia/Shanghai, or a distance from UTC such as +08:00")
  }

  /// A point in time for people: "2026-01-31 17:30:05".
  static func text(seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = tm()
    localtime_r(&time, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    let year = String(parts.tm_year + 1900)
    return String(repeating: "0", count: max(0, 4 - year.count)) + year
      + "-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
  }

  /// The point in time of a local date and clock.
  static func seconds(_ date: (year: Int, month: Int, day: Int), hour: Int, minute: Int, second: Int) -> Int64
  {
    var parts = tm()
    parts.tm_year = Int32(date.year - 1900)
    parts.tm_mon = Int32(date.month - 1)
    parts.tm_mday = Int32(date.day)
    parts.tm_hour = Int32(hour)
    parts.tm_min = Int32(minute)
    parts.tm_sec = Int32(second)
    parts.tm_isdst = -1
    return Int64(mktime(&parts))
  }

  /// Now, in seconds since 1970-01-01T00:00:00Z.
  static var now: Int64 { Int64(time(nil)) }
}
