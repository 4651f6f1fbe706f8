import Foundation

/// Processor time of the server under test, read from /proc.
struct ServerProcess {
  let identifier: Int

  /// User and system time so far, in microseconds.
  func processorMicroseconds() throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8)
    let fields = text.split(separator: ")").last.map { $0.split(separator: " ") } ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))) * 1_000_000
  }
}

/// What one phase of load cost.
struct Phase: Codable {
  var calls: Int
  var seconds: Double
  /// Processor time of the server per call, in microseconds.
  var cpuMicroseconds: Double

  /// Runs a phase and measures it.
  static func measure(calls: Int, _ server: ServerProcess, _ body: () async throws -> Void) async throws
    -> Phase
  {
    let before = try server.processorMicroseconds()
    let start = ContinuousClock.now
    try await body()
    let elapsed = start.duration(to: .now)
    let spent = try server.processorMicroseconds() - before
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    return Phase(calls: calls, seconds: seconds, cpuMicroseconds: spent / Double(calls))
  }
}
