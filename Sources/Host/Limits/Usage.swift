import ModuleKit

/// What a principal used on a day.
struct Usage: Sendable, Equatable {
  /// One figure of it; the raw value is its place in a row of counters.
  enum Figure: Int, CaseIterable, Sendable {
    case calls, rowsReturned, rowsReceived, bytesSent, bytesReceived
  }

  private var figures: [UInt64]

  /// Nothing was used.
  init() { figures = Array(repeating: 0, count: Figure.allCases.count) }

  /// - Parameter figure: The value of each figure.
  init(_ figure: (Figure) -> UInt64) { figures = Figure.allCases.map(figure) }

  subscript(_ figure: Figure) -> UInt64 { figures[figure.rawValue] }
}

extension ChinaDay {
  /// The day's date: "2026-01-05".
  static func text(_ number: Int64) -> String {
    guard let date = CalendarDate(daysSince1970: number) else {
      preconditionFailure("the host's clock shows a year that no calendar date has")
    }
    return date.description
  }

  /// The number of a date's day; nil for a text that is no date.
  static func number(of text: String) -> Int64? { CalendarDate(text)?.daysSince1970 }
}
