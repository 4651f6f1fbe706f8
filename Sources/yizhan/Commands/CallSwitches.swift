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
  static let columns = OptionSpec(
    name: "columns", placeholder: "NAME,...", about: "The columns to show, in this order.")
  static let all = OptionSpec(name: "all", about: "Fetch all pages.")
  static let watch = OptionSpec(name: "watch", about: "Ask again and again and show what has changed.")
  static let interval = OptionSpec(
    name: "interval", placeholder: "DURATION", about: "How often to ask with --watch. Default: 2s.")

  /// Those that make sense for a method.
  static func specs(_ method: MethodSchema, in schema: Schema) -> [OptionSpec] {
    var specs = [request, columns]
    if method.kind == .write { specs.append(idempotencyKey) }
    if Paging(method, in: schema) != nil { specs.append(all) }
    if canWatch(method) { specs += [watch, interval] }
    return specs
  }

  /// Whether asking again changes nothing.
  static func canWatch(_ method: MethodSchema) -> Bool {
    !method.isClientStreaming && !method.isServerStreaming && (method.kind == .read || method.kind == .report)
  }
}
