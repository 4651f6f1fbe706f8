/// Comma-separated values as RFC 4180 has them.
enum CSV {
  /// What makes a spreadsheet take a cell for a formula or a command (OWASP, "CSV Injection"), in both widths.
  private static let formulaBeginnings: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠",
  ]

  /// A text as a cell that no spreadsheet takes for a formula: with "'" before one that begins like it. A text that
  /// looks as if it had been treated so gets another, so that `unguarded` gives back every text.
  static func guarded(_ text: String) -> String { beginsLikeFormula(text) ? "'" + text : text }

  /// The text of a cell that `guarded` has made.
  static func unguarded(_ cell: String) -> String {
    cell.unicodeScalars.first == "'" && beginsLikeFormula(cell)
      ? String(String.UnicodeScalarView(cell.unicodeScalars.dropFirst())) : cell
  }

  private static func beginsLikeFormula(_ text: String) -> Bool {
    text.unicodeScalars.first { $0 != "'" }.map { formulaBeginnings.contains($0) } ?? false
  }

  /// One record with its line end. A cell with a comma, a quote or a line break is put in quotes.
  static func record(_ cells: [String]) -> String {
    cells.map { cell in
      let needsQuotes = cell.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
      return needsQuotes
        ? "\"" + cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
          + "\"" : cell
    }.joined(separator: ",") + "\r\n"
  }
}
