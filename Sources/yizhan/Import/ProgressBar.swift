/// A line on standard error that says how far an import or export is. Where standard error is no terminal it says
/// nothing.
struct ProgressBar {
  /// How often the line is drawn anew.
  static let interval = Duration.milliseconds(100)
  private static let barWidth = 24

  private let console: any Console
  private let total: Int
  private let first: Int
  private let unit: String
  private let started: ContinuousClock.Instant
  private var drawn: ContinuousClock.Instant?

  /// - Parameters:
  ///   - first: rows that were done before this run.
  ///   - unit: what is counted.
  init(
    console: any Console, total: Int, first: Int, unit: String = "rows", now: ContinuousClock.Instant = .now
  ) {
    self.console = console
    self.total = total
    self.first = first
    self.unit = unit
    started = now
  }

  /// Draws the line, unless it was drawn a moment ago.
  mutating func update(done: Int, now: ContinuousClock.Instant = .now) {
    guard console.isErrorTerminal else { return }
    if let drawn, done < total, drawn.duration(to: now) < Self.interval { return }
    drawn = now
    console.writeError("\r\u{1B}[K" + text(done: done, now: now))
  }

  /// Takes the line away.
  func clear() { if console.isErrorTerminal { console.writeError("\r\u{1B}[K") } }

  /// "[######                  ]  25 %  25,000 of 100,000 rows  5,213 rows/s  14s left".
  func text(done: Int, now: ContinuousClock.Instant) -> String {
    let share = total == 0 ? 1 : min(1, Double(done) / Double(total))
    let filled = Int(share * Double(Self.barWidth))
    let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: Self.barWidth - filled)
    let percent = String(Int(share * 100))
    var text = "[\(bar)] \(String(repeating: " ", count: 3 - percent.count))\(percent) %"
    text += "  \(Self.grouped(done)) of \(Self.grouped(total)) \(unit)"
    let elapsed = started.duration(to: now)
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    guard seconds > 0.2, done > first else { return text }
    let rate = Double(done - first) / seconds
    text += "  \(Self.grouped(Int(rate))) \(unit)/s"
    if done < total {
      text += "  \(DurationValue.text(.seconds(Int((Double(total - done) / rate).rounded(.up))))) left"
    }
    return text
  }

  /// A number with commas between thousands.
  static func grouped(_ number: Int) -> String {
    var digits = String(abs(number))
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits = String(digits.dropLast(3))
    }
    return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }
}
