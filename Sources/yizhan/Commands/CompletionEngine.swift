import RPC
import Wire

/// Answers a shell's question how a command line may go on: `yizhan __complete WORD...`, the last word being
/// the one under the cursor. The answer is "files" or "words" on the first line, then a word a line, with a
/// tab and a few words about it.
struct CompletionEngine {
  /// The hidden command's name.
  static let command = "__complete"
  /// A shell must not hang on a server that does not answer.
  static let timeout = Duration.milliseconds(1500)

  let console: any Console
  let environment: Environment
  let connect: Session.Connector

  /// Never fails: where the server cannot be asked, there are fewer words.
  func run(_ words: [String]) async {
    let words = Self.joined(words)
    let current = words.last ?? ""
    let answer = await candidates(before: Array(words.dropLast()), current)
    if answer == .file {
      console.line("files")
      return
    }
    console.line("words")
    guard case .words(let candidates) = answer else { return }
    for candidate in candidates where candidate.text.hasPrefix(current) {
      console.line("\(candidate.text)\t\(DisplayWidth.safe(DisplayWidth.cut(candidate.about, to: 80)))")
    }
  }

  /// bash hands "--output=js" over as three words.
  private static func joined(_ words: [String]) -> [String] {
    var result: [String] = []
    for word in words {
      if word == "=" || result.last?.hasSuffix("=") == true && result.last?.hasPrefix("--") == true,
        let last = result.popLast()
      {
        result.append(last + word)
      } else {
        result.append(word)
      }
    }
    return result
  }

  private func candidates(before: [String], _ current: String) async -> OptionSpec.Completion {
    var reader = ArgumentReader(before)
    var parsed = ParsedArguments()
    let first = try? reader.nextWord(GlobalOptions.specs, into: &parsed, command: "")
    guard let first else {
      if let known = value(GlobalOptions.specs, before, current) { return known }
      return current.hasPrefix("-") ? Self.options(GlobalOptions.specs) : .words(await commandWords(parsed))
    }
    if let command = StaticCommand.all.first(where: { $0.name == first }) {
      let specs = command.allSpecs
      if let known = value(specs, before, current) { return known }
      return current.hasPrefix("-") ? Self.options(specs) : .words(await words(of: command, before, parsed))
    }
    let own = ownCommand(first, reader, parsed)
    if let own {
      let specs = own.allSpecs
      if let known = value(specs, before, current) { return known }
      return current.hasPrefix("-") ? Self.options(specs) : own.words.isEmpty ? .nothing : .file
    }
    guard let catalogue = await catalogue(reader, parsed), let module = catalogue.module(first) else {
      return value(GlobalOptions.specs, before, current) ?? .nothing
    }
    let second = try? reader.nextWord(GlobalOptions.specs, into: &parsed, command: "")
    guard let second, let command = module.command(second) else {
      return value(GlobalOptions.specs, before, current)
        ?? (current.hasPrefix("-") ? Self.options(GlobalOptions.specs) : .words(Self.words(of: module)))
    }
    let layout = CommandLayout(command, module: module, schema: catalogue.schema)
    return value(layout.specs, before, current)
      ?? (current.hasPrefix("-") || layout.bulk == nil ? Self.options(layout.specs) : .file)
  }

  /// The program's own command among those of a module, if that is the next word.
  private func ownCommand(_ module: String, _ reader: ArgumentReader, _ parsed: ParsedArguments)
    -> StaticCommand?
  {
    var reader = reader
    var parsed = parsed
    let second = try? reader.nextWord(GlobalOptions.specs, into: &parsed, command: "")
    return second.flatMap { StaticCommand.inModule(module, $0) }
  }

  /// What completes the value of an option, if it is one that stands under the cursor.
  private func value(_ specs: [OptionSpec], _ before: [String], _ current: String) -> OptionSpec.Completion? {
    if current.hasPrefix("--"), let equals = current.firstIndex(of: "=") {
      let name = current[..<equals].dropFirst(2)
      guard case .words(let words)? = specs.first(where: { $0.name == name })?.completion else {
        return .file
      }
      return .words(words.map { OptionSpec.Word(text: "--\(name)=\($0.text)", about: $0.about) })
    }
    guard let last = before.last, last.hasPrefix("-"), !last.contains("="),
      let spec = specs.first(where: { "--" + $0.name == last || $0.letter.map { "-\($0)" } == last }),
      spec.placeholder != nil, !spec.isValueOptional
    else { return nil }
    return spec.completion
  }

  private static func options(_ specs: [OptionSpec]) -> OptionSpec.Completion {
    .words(specs.map { OptionSpec.Word(text: "--" + $0.name, about: FieldHelp.firstSentence($0.about)) })
  }

  private static func words(of module: ModuleCommands) -> [OptionSpec.Word] {
    StaticCommand.inModules.filter { $0.module == module.name }
      .map { OptionSpec.Word(text: $0.name, about: $0.about) }
      + module.commands.map {
        OptionSpec.Word(text: $0.name, about: FieldHelp.firstSentence($0.method.comment))
      }
  }

  private func words(of command: StaticCommand, _ before: [String], _ parsed: ParsedArguments) async
    -> [OptionSpec.Word]
  {
    switch command.name {
    case "completions": return ["bash", "zsh", "fish"].map { OptionSpec.Word(text: $0) }
    case "help":
      let given = before.drop { $0 != "help" }.dropFirst()
      if given.isEmpty { return await commandWords(parsed) }
      guard let name = given.first, let catalogue = await catalogue(ArgumentReader([]), parsed),
        let module = catalogue.module(name)
      else { return [] }
      return Self.words(of: module)
    default: return []
    }
  }

  /// The program's own commands and the server's modules.
  private func commandWords(_ parsed: ParsedArguments) async -> [OptionSpec.Word] {
    let own = StaticCommand.all.map { OptionSpec.Word(text: $0.name, about: $0.about) }
    guard let catalogue = await catalogue(ArgumentReader([]), parsed) else { return own }
    return catalogue.modules.map { module in
      OptionSpec.Word(text: module.name, about: FieldHelp.firstSentence(module.about))
    } + own
  }

  /// What the server serves; nil where it cannot be asked in time.
  private func catalogue(_ reader: ArgumentReader, _ parsed: ParsedArguments) async -> Catalogue? {
    var reader = reader
    var parsed = parsed
    reader.collect(GlobalOptions.specs, into: &parsed)
    guard var options = try? GlobalOptions(parsed, environment: environment, console: console) else {
      return nil
    }
    options.timeout = Self.timeout
    let session = Session(console: console, environment: environment, options: options, connect: connect)
    return await withTaskGroup(of: Catalogue?.self) { group in
      group.addTask {
        guard let server = try? await session.server(),
          let schema = try? await ReflectionClient(server).schema()
        else { return nil }
        return Catalogue(schema)
      }
      group.addTask {
        try? await Task.sleep(for: Self.timeout)
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
  }
}
