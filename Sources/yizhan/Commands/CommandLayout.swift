import Wire

/// The options and words that a call's command takes: what parses it, explains it and completes it.
struct CommandLayout {
  let module: ModuleCommands
  let command: CallCommand
  let schema: Schema
  let bulk: BulkShape?
  let flags: [FieldFlag]
  /// The options of the program that apply to this call.
  let switches: [OptionSpec]
  /// The option that a word without one stands for: the identifier that a request begins with.
  let subject: FieldFlag?

  init(_ command: CallCommand, module: ModuleCommands, schema: Schema) {
    self.command = command
    self.module = module
    self.schema = schema
    bulk = BulkShape(command.method, service: command.service, in: schema)
    switches = bulk == nil ? CallSwitches.specs(command.method, in: schema) : ImportCommand.specs
    let request = schema.messages[command.method.inputIndex]
    flags = FieldFlag.flags(
      for: request, in: schema, omitting: bulk == nil ? [] : BulkShape.fieldNames,
      taken: Set((GlobalOptions.specs + switches).map(\.name)))
    let first = request.fields.first
    let isIdentifier = first.map {
      $0.kind == .string && !$0.isRepeated
        && ($0.name == "id" || $0.name == "code" || $0.name.hasSuffix("_id"))
    }
    subject = bulk == nil && isIdentifier == true ? flags.first : nil
  }

  /// Every option the command takes.
  var specs: [OptionSpec] { flags.map { $0.spec(in: schema) } + switches + GlobalOptions.specs }

  /// "yizhan wishes claim".
  var title: String { "yizhan \(module.name) \(command.name)" }

  /// Puts the word that stands for the subject among the options.
  /// - Throws: `UsageError` for words that stand for nothing.
  func settleWords(_ parsed: inout ParsedArguments) throws {
    var words = parsed.words
    if let subject, !words.isEmpty, !parsed.has(subject.name) {
      parsed.options.append(ParsedArguments.Occurrence(name: subject.name, value: words.removeFirst()))
    } else if bulk != nil, !words.isEmpty, !parsed.has("file") {
      parsed.options.append(ParsedArguments.Occurrence(name: "file", value: words.removeFirst()))
    }
    if let extra = words.first {
      throw UsageError("\"\(extra)\" is not an option of this command", hint: "see: \(title) --help")
    }
    parsed.words = []
  }
}
