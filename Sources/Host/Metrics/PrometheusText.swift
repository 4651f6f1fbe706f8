/// Builds a page in Prometheus's text format, version 0.0.4.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
struct PrometheusText {
  private(set) var page = ""

  /// Begins a metric: its samples follow.
  mutating func metric(_ name: String, _ type: String, _ help: String) {
    page += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  /// Adds a sample.
  mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: String) {
    page += name
    if !labels.isEmpty {
      page += "{"
      page += labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
      page += "}"
    }
    page += " \(value)\n"
  }

  /// A metric with one sample.
  mutating func single(_ name: String, _ type: String, _ help: String, _ value: String) {
    metric(name, type, help)
    sample(name, [], value)
  }

  /// A number of nanoseconds in seconds, without rounding.
  static func seconds(nanoseconds: UInt64) -> String {
    let whole = nanoseconds / 1_000_000_000
    let rest = nanoseconds % 1_000_000_000
    guard rest > 0 else { return "\(whole)" }
    var digits = String(rest)
    digits = String(repeating: "0", count: 9 - digits.count) + digits
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
