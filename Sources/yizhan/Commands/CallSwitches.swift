import Wire

/// The options that a call takes beside the fields of its request.
struct CallSwitches: Sendable {
  /// How often `--watch` asks where nothing else is said.
  static let defaultInterval = Duration.seconds(2)

  static let request = OptionSpec(
    name: "request", placeholder: "JSON|@FILE|-",
    about: "The whole request as JSON; options change single fields of it.", completion: .file)
  static let idempotencyKey = OptionSpec(
    name: "idempotency-key", placeholder: "KEY",
    about: "Makes the write repeatable: the same key has one effect and the same reply. Default: a new one.")
  static func unmask(_ purposes: [String]) -> OptionSpec {
    OptionSpec(
      name: "unmask-for", placeholder: "PURPOSE",
      about:
        "Show personal data unmasked, for this purpose: \(purposes.joined(separator: ", ")). The host puts on "
        + "record who looked, at whom and why.",
      completion: .words(purposes.map { OptionSpec.Word(text: $0) }))
  }
  static let columns = OptionSpec(
    name: "columns", placeholder: "NAME,...", about: "The columns to show, in this order.")
  static let all = OptionSpec(name: "all", about: "Fetch all pages. Not with --watch.")
  static let watch = OptionSpec(
    name: "watch", about: "Ask again and again and show what has changed: of a list, one page.")
  static let interval = OptionSpec(
    name: "interval", placeholder: "DURATION", about: "How often to ask with --watch. Default: 2s.")

  /// Those that make sense for a method.
  static func specs(_ method: MethodSchema, in schema: Schema) -> [OptionSpec] {
    var specs = [request, columns]
    let purposes = purposes(of: schema.messages[method.outputIndex], in: schema)
    if !purposes.isEmpty, !method.isClientStreaming, !method.isServerStreaming {
      specs.append(unmask(purposes.sorted()))
    }
    if method.kind == .write { specs.append(idempotencyKey) }
    if Paging(method, in: schema) != nil { specs.append(all) }
    if canWatch(method) { specs += [watch, interval] }
    return specs
  }

  /// What the personal fields of a message, and of the messages in it, are kept for.
  private static func purposes(of type: MessageSchema, in schema: Schema, depth: Int = 0) -> Set<String> {
    // A host's schema is not ours to trust: messages may contain each other.
    if depth > 8 { return [] }
    return type.fields.reduce(into: []) { found, field in
      if let purpose = field.personal?.purpose, !purpose.isEmpty {
        found.insert(purpose)
      } else if let message = schema.message(of: field) {
        found.formUnion(purposes(of: message, in: schema, depth: depth + 1))
      }
    }
  }

  /// Whether asking again changes nothing.
  static func canWatch(_ method: MethodSchema) -> Bool {
    !method.isClientStreaming && !method.isServerStreaming && (method.kind == .read || method.kind == .report)
  }
}
