import ModuleKit

extension CalendarDate {
  /// Full years from this day to another.
  func years(until other: CalendarDate) -> Int {
    other.year - year - ((other.month, other.day) >= (month, day) ? 0 : 1)
  }
}
