import Wire

/// An option that a command takes.
struct OptionSpec: Sendable {
  /// What a value can be completed with in a shell.
  enum Completion: Sendable, Equatable {
    case nothing
    case file
    case words([Word])
  }

  /// A word that completes a value, with a few words about it.
  struct Word: Sendable, Equatable {
    var text: String
    var about: String = ""
  }

  /// The name behind the two dashes: "wish-id".
  var name: String
  /// Names that mean the same and are not shown.
  var aliases: [String] = []
  /// A single letter that means the same.
  var letter: Character?
  /// What stands for the value in the help: "HOST:PORT"; nil for a switch.
  var placeholder: String?
  /// Whether the value may be left out: `--flag` or `--flag=false`.
  var isValueOptional = false
  /// Whether it may be given more than once.
  var repeats = false
  /// What it means, for the help.
  var about: String
  var completion = Completion.nothing
}

/// The options and words of a command line, read by a table of options.
///
/// `--name value` and `--name=value` mean the same; `--` ends the options.
struct ParsedArguments: Sendable {
  /// An option that was given.
  struct Occurrence: Sendable, Equatable {
    var name: String
    /// nil for a switch, or where the optional value was left out.
    var value: String?
  }

  var options: [Occurrence] = []
  var words: [String] = []

  /// The last value of an option; nil if it was not given.
  func value(_ name: String) -> String? { options.last { $0.name == name }?.value }

  /// Every value of an option, in order.
  func values(_ name: String) -> [String] { options.filter { $0.name == name }.compactMap(\.value) }

  /// Whether an option was given.
  func has(_ name: String) -> Bool { options.contains { $0.name == name } }
}

/// Reads a command line step by step, so that the words in front can decide which options may follow.
struct ArgumentReader {
  fileprivate var rest: ArraySlice<String>
  private var endsOptions = false

  init(_ arguments: [String]) { rest = arguments[...] }

  /// Reads options up to the next word and hands the word back; nil at the end.
  /// - Throws: `UsageError` for an unknown option, with a suggestion.
  mutating func nextWord(_ specs: [OptionSpec], into parsed: inout ParsedArguments, command: String) throws
    -> String?
  {
    while let argument = rest.popFirst() {
      if endsOptions || !argument.hasPrefix("-") || argument == "-" { return argument }
      if argument == "--" {
        endsOptions = true
        continue
      }
      try readOption(argument, specs, into: &parsed, command: command)
    }
    return nil
  }

  /// Reads all that is left.
  /// - Throws: `UsageError`.
  mutating func finish(_ specs: [OptionSpec], into parsed: inout ParsedArguments, command: String) throws {
    while let word = try nextWord(specs, into: &parsed, command: command) { parsed.words.append(word) }
  }

  fileprivate mutating func readOption(
    _ argument: String, _ specs: [OptionSpec], into parsed: inout ParsedArguments, command: String
  ) throws {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let typed = String(parts[0])
    var inline = parts.count == 2 ? String(parts[1]) : nil
    guard let (spec, isNegated) = Self.find(typed, specs) else {
      let names = specs.map { "--" + $0.name }
      let near = Suggestions.nearest(to: typed, among: names).map { "did you mean \($0)?" }
      throw UsageError(
        "unknown option \(typed)", hint: near ?? "see: \(command) --help")
    }
    if isNegated {
      guard inline == nil else { throw UsageError("\(typed) takes no value") }
      inline = "false"
    } else if let placeholder = spec.placeholder, inline == nil, !spec.isValueOptional {
      guard let next = rest.popFirst() else {
        throw UsageError("\(typed) needs a value: \(typed) \(placeholder)")
      }
      inline = next
    } else if spec.placeholder == nil, inline != nil {
      throw UsageError("\(typed) takes no value")
    }
    if !spec.repeats, parsed.has(spec.name) { throw UsageError("\(typed) is given twice") }
    parsed.options.append(ParsedArguments.Occurrence(name: spec.name, value: inline))
  }

  /// Finds an option by what was typed. `--no-x` switches off an `--x` that takes true or false.
  private static func find(_ typed: String, _ specs: [OptionSpec]) -> (OptionSpec, isNegated: Bool)? {
    if typed.hasPrefix("--") {
      let name = normalised(typed.dropFirst(2))
      if let spec = specs.first(where: { normalised($0.name[...]) == name })
        ?? specs.first(where: { $0.aliases.contains { normalised($0[...]) == name } })
      {
        return (spec, false)
      }
      if name.hasPrefix("no-"),
        let spec = specs.first(where: { $0.isValueOptional && $0.name == name.dropFirst(3) })
      {
        return (spec, true)
      }
      return nil
    }
    guard typed.count == 2, let spec = specs.first(where: { $0.letter == typed.last }) else { return nil }
    return (spec, false)
  }

  /// `--wish_id`, as the proto spells it, is taken for `--wish-id`.
  private static func normalised(_ name: Substring) -> String {
    String(name.map { $0 == "_" ? "-" : $0 })
  }
}

extension ArgumentReader {
  /// Picks the options of a table out of what is left, whatever else stands between them.
  mutating func collect(_ specs: [OptionSpec], into parsed: inout ParsedArguments) {
    while !rest.isEmpty {
      let before = rest
      if let word = rest.first, !word.hasPrefix("-") || word == "-" {
        rest.removeFirst()
        continue
      }
      if rest.first == "--" { return }
      do {
        let argument = rest.removeFirst()
        try readOption(argument, specs, into: &parsed, command: "")
      } catch {
        // Not an option of the table; its value, if it has one, is looked at as a word.
        rest = before.dropFirst()
      }
    }
  }
}
