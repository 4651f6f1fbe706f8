import Wire

/// Rows in columns, as wide as their content, cut to the terminal.
struct Table {
  /// The narrowest that a column of text is cut to before whole columns are left out.
  static let narrowestText = 16
  private static let gap = "  "

  private let headings: [String]
  private var widths: [Int]

  /// Creates a table of given columns, for rows that are known.
  /// - Parameters:
  ///   - cuttable: whether the text of each column may be cut; all may if it is nil.
  ///   - width: the terminal's; nil cuts nothing.
  init(headings: [String], rows: [[String]], cuttable: [Bool]? = nil, width: Int?) {
    self.headings = headings
    widths = headings.indices.map { column in
      rows.reduce(DisplayWidth.of(headings[column])) { max($0, DisplayWidth.of($1[column])) }
    }
    if let width { shrink(to: width, cuttable ?? headings.map { _ in true }) }
  }

  /// Takes width from the widest columns until the row fits, as far as their text stays readable.
  private mutating func shrink(to limit: Int, _ cuttable: [Bool]) {
    let candidates = widths.indices.filter { cuttable[$0] }
    while Self.total(widths) > limit, let widest = candidates.max(by: { widths[$0] < widths[$1] }),
      widths[widest] > Self.narrowestText
    {
      let second = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
      let excess = Self.total(widths) - limit
      widths[widest] = max(Self.narrowestText, widths[widest] - excess, min(second, widths[widest] - 1))
    }
  }

  static func total(_ widths: [Int]) -> Int { widths.reduce(0, +) + gap.count * max(0, widths.count - 1) }

  /// The line of headings.
  func header(bold: Bool) -> String {
    let line = self.line(headings)
    return bold ? "\u{1B}[1m\(line)\u{1B}[0m" : line
  }

  /// One row as a line.
  func line(_ cells: [String]) -> String {
    let padded = cells.enumerated().map { index, cell in
      DisplayWidth.pad(DisplayWidth.cut(cell, to: widths[index]), to: widths[index])
    }.joined(separator: Self.gap)
    let end = padded.lastIndex { $0 != " " }.map { padded.index(after: $0) } ?? padded.startIndex
    return String(padded[..<end])
  }

  /// Chooses the columns that a terminal can show: empty ones go, then the least important, until the rest
  /// fits with its text cut.
  /// - Parameter width: the terminal's; nil takes every column that is not empty.
  static func choose(_ columns: [Column], rows: [[String]], width: Int?) -> [Int] {
    var chosen = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
    if chosen.isEmpty { chosen = Array(columns.indices.prefix(1)) }
    guard let width else { return chosen }
    let natural = columns.indices.map { column in
      rows.reduce(DisplayWidth.of(columns[column].heading)) { max($0, DisplayWidth.of($1[column])) }
    }
    // Of equally important columns the later one goes.
    func drop(below limit: Int, while isTooWide: ([Int]) -> Bool) {
      while chosen.count > 1, isTooWide(chosen),
        let least = chosen.min(by: { (columns[$0].importance, -$0) < (columns[$1].importance, -$1) }),
        columns[least].importance < limit
      {
        chosen.removeAll { $0 == least }
      }
    }
    // What hardly anybody looks at goes before any text is cut.
    drop(below: Column.rarelyWanted) { total($0.map { natural[$0] }) > width }
    drop(below: .max) { shown in
      total(shown.map { columns[$0].canBeCut ? min(natural[$0], narrowestText) : natural[$0] }) > width
    }
    return chosen
  }
}
