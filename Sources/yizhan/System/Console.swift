/// Where a command reads and writes. Tests have one in memory.
protocol Console: Sendable {
  /// Writes to standard output.
  func write(_ text: String)
  /// Writes to standard error.
  func writeError(_ text: String)
  /// Hands over what was written so far.
  func flush()
  /// Whether standard output is a terminal: decides on tables, colours and widths.
  var isOutputTerminal: Bool { get }
  /// Whether standard error is a terminal: decides on progress bars.
  var isErrorTerminal: Bool { get }
  /// Whether standard input is a terminal: decides on questions.
  var isInputTerminal: Bool { get }
  /// The terminal's width in columns; nil where there is none.
  var columns: Int? { get }
  /// Asks for a line on the terminal; nil at the end of input.
  /// - Parameter isSecret: the line is not shown while it is typed.
  func ask(_ prompt: String, isSecret: Bool) -> String?
  /// Everything on standard input, at most `limitBytes`.
  /// - Throws: `UsageError` if there is more.
  func readInput(limitBytes: Int) throws -> [UInt8]
}

extension Console {
  /// Writes a line to standard output.
  func line(_ text: String) { write(text + "\n") }
  /// Writes a line to standard error.
  func errorLine(_ text: String) { writeError(text + "\n") }
}
