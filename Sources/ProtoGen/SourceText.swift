import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// Source code that grows line by line.
struct SourceText {
  private(set) var text = ""
  private var depth = 0

  /// Adds a line at the current depth.
  mutating func line(_ line: String = "") {
    text += line.isEmpty ? "\n" : String(repeating: "  ", count: depth) + line + "\n"
  }

  /// Adds a header with an opening brace, what `body` adds one level deeper, and the closing brace.
  mutating func block(_ header: String, closing: String = "}", _ body: (inout SourceText) throws -> Void)
    rethrows
  {
    line(header + " {")
    depth += 1
    try body(&self)
    depth -= 1
    line(closing)
  }

  /// Adds the comment of a proto as a documentation comment.
  mutating func documentation(of thing: any ProvidesSourceCodeLocation, otherwise: String) {
    let location = thing.sourceCodeInfoLocation
    let comment = (location?.leadingComments ?? "") + (location?.trailingComments ?? "")
    var lines = comment.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      String(line.hasPrefix(" ") ? line.dropFirst() : line)
    }
    while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
    documentation(lines.isEmpty ? [otherwise] : lines)
  }

  /// Adds a documentation comment. A paragraph with a line that is too long is filled anew.
  mutating func documentation(_ lines: [String]) {
    let width = 104 - 2 * depth
    for paragraph in lines.split(separator: "", omittingEmptySubsequences: false) {
      if paragraph.startIndex > lines.startIndex { line("///") }
      let isFilled = paragraph.allSatisfy { $0.count <= width }
      for part in isFilled ? Array(paragraph) : Self.filled(paragraph, width) { line("/// " + part) }
    }
  }

  private static func filled(_ paragraph: ArraySlice<String>, _ width: Int) -> [String] {
    var lines: [String] = []
    var current = ""
    for word in paragraph.joined(separator: " ").split(separator: " ") {
      if !current.isEmpty, current.count + 1 + word.count > width {
        lines.append(current)
        current = ""
      }
      current += current.isEmpty ? word : " " + word
    }
    return current.isEmpty ? lines : lines + [current]
  }
}
