/// Reads comma-separated values (RFC 4180), record by record.
///
/// Lines end with CR LF or LF. A cell in quotes may hold commas, line breaks and doubled quotes. Lines
/// without anything are left out.
struct CSVReader {
  /// The longest cell.
  static let cellLimitBytes = 1 << 16
  /// The most cells in a record.
  static let cellsLimit = 1000

  /// What is wrong with a file, and in which line.
  struct Problem: Error, Equatable {
    var line: Int
    var message: String
  }

  private let bytes: [UInt8]
  private var position = 0
  /// The line that the next record begins in, counted from 1.
  private(set) var line = 1

  /// - Parameter bytes: UTF-8, with or without a byte order mark.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// The cells of the next record and the line it begins in; nil at the end.
  /// - Throws: `Problem`.
  mutating func next() throws(Problem) -> (cells: [String], line: Int)? {
    skipEmptyLines()
    guard position < bytes.count else { return nil }
    let start = line
    var cells: [String] = []
    while true {
      guard cells.count < Self.cellsLimit else {
        throw Problem(line: start, message: "has more than 1,000 cells")
      }
      cells.append(
        position < bytes.count && bytes[position] == Self.quote ? try quotedCell() : try plainCell())
      guard position < bytes.count else { break }
      if bytes[position] == Self.comma {
        position += 1
        continue
      }
      try endLine()
      break
    }
    return (cells, start)
  }

  private mutating func skipEmptyLines() {
    while position < bytes.count, bytes[position] == Self.lineFeed || bytes[position] == Self.carriageReturn {
      if bytes[position] == Self.lineFeed { line += 1 }
      position += 1
    }
  }

  private mutating func endLine() throws(Problem) {
    if bytes[position] == Self.carriageReturn { position += 1 }
    guard position < bytes.count else { return }
    guard bytes[position] == Self.lineFeed else {
      throw Problem(line: line, message: "has a carriage return in the middle of a line")
    }
    position += 1
    line += 1
  }

  private mutating func plainCell() throws(Problem) -> String {
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == Self.comma || byte == Self.lineFeed || byte == Self.carriageReturn { break }
      if byte == Self.quote {
        throw Problem(
          line: line,
          message: "has a quote in a cell that does not begin with one; put it in quotes and double it")
      }
      position += 1
    }
    return try text(bytes[start..<position])
  }

  private mutating func quotedCell() throws(Problem) -> String {
    let start = line
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == Self.quote {
        guard position < bytes.count, bytes[position] == Self.quote else { return try closed(content) }
        position += 1
      } else if byte == Self.lineFeed {
        line += 1
      }
      content.append(byte)
      if content.count > Self.cellLimitBytes { break }
    }
    throw Problem(line: start, message: "has a quoted cell without an end")
  }

  private func closed(_ content: [UInt8]) throws(Problem) -> String {
    if position < bytes.count {
      let byte = bytes[position]
      guard byte == Self.comma || byte == Self.lineFeed || byte == Self.carriageReturn else {
        throw Problem(line: line, message: "has text behind the quote that ends a cell")
      }
    }
    return try text(content[...])
  }

  private func text(_ part: ArraySlice<UInt8>) throws(Problem) -> String {
    guard part.count <= Self.cellLimitBytes else {
      throw Problem(line: line, message: "has a cell longer than 64 KiB")
    }
    guard let text = String(validating: part, as: UTF8.self) else {
      throw Problem(line: line, message: "is not UTF-8")
    }
    return text
  }
}

/// In what encoding a file seems to be, so that the error can say how to convert it.
enum TextEncoding {
  /// What to do with a file that is not UTF-8; nil for UTF-8.
  static func advice(_ bytes: [UInt8], name: String) -> UsageError? {
    let shown = name == "-" ? "FILE.csv" : name
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return UsageError(
        "\(shown) is in UTF-16, not UTF-8", hint: "convert it: iconv -f UTF-16 -t UTF-8 \(shown) > utf8.csv")
    }
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
      return UsageError("\(shown) is a spreadsheet (xlsx), not CSV", hint: "save it as \"CSV UTF-8\" first")
    }
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    if isGB18030(bytes) {
      return UsageError(
        "\(shown) is in GB18030 (GBK), not UTF-8",
        hint: "convert it: iconv -f GB18030 -t UTF-8 \(shown) > utf8.csv — or save it as \"CSV UTF-8\"")
    }
    return UsageError("\(shown) is not UTF-8", hint: "save it as \"CSV UTF-8\"")
  }

  /// Whether all bytes form characters of GB 18030: one byte below 80, two (81–FE, 40–FE) or four
  /// (81–FE, 30–39, 81–FE, 30–39).
  static func isGB18030(_ bytes: [UInt8]) -> Bool {
    var index = 0
    while index < bytes.count {
      if bytes[index] < 0x80 {
        index += 1
        continue
      }
      guard (0x81...0xFE).contains(bytes[index]), index + 1 < bytes.count else { return false }
      if (0x40...0xFE).contains(bytes[index + 1]), bytes[index + 1] != 0x7F {
        index += 2
      } else if index + 3 < bytes.count, (0x30...0x39).contains(bytes[index + 1]),
        (0x81...0xFE).contains(bytes[index + 2]), (0x30...0x39).contains(bytes[index + 3])
      {
        index += 4
      } else {
        return false
      }
    }
    return true
  }
}
