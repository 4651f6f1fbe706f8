/// A page of help: paragraphs and lists of terms, wrapped to the terminal. All commands' help looks the same.
struct HelpPage {
  /// Wider lines are hard to read.
  static let widest = 100
  /// Where explanations start at most.
  private static let deepestIndent = 30

  private let width: Int
  private let usesColour: Bool
  private(set) var text = ""

  init(columns: Int?, usesColour: Bool) {
    width = min(Self.widest, max(40, columns ?? 80))
    self.usesColour = usesColour
  }

  private func bold(_ text: String) -> String { usesColour ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

  private mutating func separate() { if !text.isEmpty { text += "\n" } }

  /// A paragraph of running text; a blank line in it makes two.
  mutating func paragraph(_ content: String) {
    if content.isEmpty { return }
    separate()
    for part in Self.paragraphs(content) {
      for line in DisplayWidth.wrap(part, to: width) { text += line + "\n" }
    }
  }

  /// Comments are wrapped in their file; lines of one paragraph are joined, so that they can be wrapped anew.
  private static func paragraphs(_ content: String) -> [String] {
    var paragraphs = [""]
    for line in content.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.trimmed.isEmpty {
        paragraphs += ["", ""]
      } else {
        paragraphs[paragraphs.count - 1] +=
          (paragraphs[paragraphs.count - 1].isEmpty ? "" : " ") + line.trimmed
      }
    }
    return paragraphs
  }

  /// "Usage:" and the forms of a command line.
  mutating func usage(_ forms: [String]) {
    separate()
    for (index, form) in forms.enumerated() {
      text += (index == 0 ? bold("Usage:") + " " : "       ") + form + "\n"
    }
  }

  /// A heading and a list of terms with their explanations.
  mutating func list(_ heading: String, _ entries: [(term: String, about: String)]) {
    if entries.isEmpty { return }
    separate()
    text += bold(heading) + "\n"
    let longest = entries.map { DisplayWidth.of($0.term) }.max() ?? 0
    let indent = min(Self.deepestIndent, longest + 4)
    for (term, about) in entries {
      let lines = about.isEmpty ? [] : DisplayWidth.wrap(about, to: max(20, width - indent))
      let head = "  " + term
      if let first = lines.first, DisplayWidth.of(head) + 2 <= indent {
        text += DisplayWidth.pad(head, to: indent) + first + "\n"
        for line in lines.dropFirst() { text += String(repeating: " ", count: indent) + line + "\n" }
      } else {
        text += head + "\n"
        for line in lines { text += String(repeating: " ", count: indent) + line + "\n" }
      }
    }
  }

  /// A heading and the options of a table.
  mutating func options(_ heading: String, _ specs: [OptionSpec]) {
    list(
      heading,
      specs.map { spec in
        let letter = spec.letter.map { "-\($0), " } ?? ""
        let value = spec.placeholder.map { spec.isValueOptional ? "[=\($0)]" : " \($0)" } ?? ""
        return (letter + "--" + spec.name + value, spec.about)
      })
  }
}
