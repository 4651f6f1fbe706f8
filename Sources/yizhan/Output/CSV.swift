/// Comma-separated values as RFC 4180 has them.
enum CSV {
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
