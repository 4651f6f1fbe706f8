import RPC
import Wire

/// Makes the call of a command and shows its result.
struct CallRunner {
  /// The longest request read from a file or standard input.
  static let requestLimitBytes = 16 << 20
  /// Verbs after which nothing brings back what was there.
  static let destructiveVerbs: Set<String> = [
    "delete", "erase", "purge", "revoke", "merge", "drop", "destroy",
  ]

  let session: Session
  let server: Server
  let layout: CommandLayout

  private var console: any Console { session.console }
  private var method: MethodSchema { layout.command.method }
  private var schema: Schema { layout.schema }

  /// - Throws: `UsageError`, `Status`, `CancellationError`.
  func run(_ parsed: ParsedArguments) async throws -> ExitCode {
    let columns = parsed.value("columns").map { $0.split(separator: ",").map { $0.trimmed } }
    let printer = ResultPrinter(
      console: console, options: session.options, schema: schema, columnNames: columns)
    if parsed.has("watch"), parsed.has("all") {
      throw UsageError(
        "--watch shows one page of a list, and --all asks for all of them",
        hint: "leave one of them out; --page-size makes a page longer")
    }
    if method.isClientStreaming { return try await stream(parsed, printer) }
    let request = try self.request(parsed)
    try confirm()
    if method.isServerStreaming { return try await follow(request, printer) }
    if parsed.has("watch") { return try await watch(request, parsed, printer) }
    let key = method.kind == .write ? parsed.value("idempotency-key") ?? RandomKey.make() : nil
    guard case .rows(let field) = ResultShape(method, in: schema) else {
      try printer.object(try await reply(request, key: key))
      return .ok
    }
    try await list(request, field, all: parsed.has("all"), key: key, printer)
    return .ok
  }

  private func request(_ parsed: ParsedArguments) throws -> DynamicMessage {
    let builder = RequestBuilder(
      type: schema.messages[method.inputIndex], schema: schema, flags: layout.flags)
    let base = try parsed.value("request").map(requestBytes)
    let message = try builder.build(parsed, base: base)
    let missing = builder.missing(in: message).map { flag in
      "--\(flag.name) \(flag.spec(in: schema).placeholder ?? "")"
    }
    guard missing.isEmpty else {
      throw UsageError("missing: \(missing.joined(separator: ", "))", hint: "see: \(layout.title) --help")
    }
    return message
  }

  private func requestBytes(_ text: String) throws -> [UInt8] {
    if text == "-" { return try console.readInput(limitBytes: Self.requestLimitBytes) }
    if text.hasPrefix("@") {
      return try Files.read(String(text.dropFirst()), limitBytes: Self.requestLimitBytes)
    }
    return Array(text.utf8)
  }

  /// Asks before a call that cannot be undone.
  private func confirm() throws {
    guard method.kind != .read, method.kind != .report, !session.options.assumesYes,
      let verb = Words.split(method.name).first, Self.destructiveVerbs.contains(verb)
    else { return }
    guard console.isInputTerminal else {
      throw UsageError("\(layout.title) cannot be undone", hint: "if you mean it, repeat it with --yes")
    }
    let answer = console.ask("\(layout.title) cannot be undone. Go on? [y/N] ", isSecret: false)
    guard ValueParser.flag(answer?.trimmed ?? "") == true else { throw UsageError("nothing was done") }
  }

  private func reply(_ request: DynamicMessage, key: String? = nil) async throws -> DynamicMessage {
    let reply = try await server.call(
      method.path, request.encoded(), idempotencyKey: key, mayRepeat: method.kind != .unspecified)
    return try DynamicMessage(decoding: reply.message, as: schema.messages[method.outputIndex], in: schema)
  }

  // MARK: Lists

  private func list(
    _ first: DynamicMessage, _ field: FieldSchema, all: Bool, key: String?, _ printer: ResultPrinter
  ) async throws {
    guard let rowType = schema.message(of: field) else { return }
    var rows = try printer.rows(rowType)
    let paging = Paging(method, in: schema)
    var request = first
    var reply = try await self.reply(request, key: key)
    let format = session.options.output
    if format == .json, !all, printer.columnNames == nil {
      console.line(try reply.json().text(indented: true))
      return
    }
    if format == .json { console.write("{\n  \"\(field.jsonName)\": [") } else { rows.begin() }
    var isFirst = true
    while true {
      let elements = ResultPrinter.elements(reply, field)
      if format == .json {
        for element in elements {
          console.write(isFirst ? "\n    " : ",\n    ")
          console.write(try rows.json(element).text())
          isFirst = false
        }
      } else {
        try rows.write(elements)
      }
      guard let token = paging?.next(reply), let paging else { break }
      guard all else {
        sayThereAreMore(shown: rows.count, options: "--all", token: token)
        break
      }
      try Task.checkCancellation()
      request[paging.pageToken] = .string(token)
      reply = try await self.reply(request)
    }
    if format == .json { console.line(isFirst ? "]\n}" : "\n  ]\n}") }
    if format == .table, rows.count == 0 {
      console.errorLine(session.options.prefersChinese ? "（没有）" : "(none)")
    }
  }

  /// A list that was cut must not pass for the whole.
  private func sayThereAreMore(shown: Int, options: String, token: String) {
    let token = DisplayWidth.safe(token)
    console.errorLine(
      session.options.prefersChinese
        ? "（已显示 \(shown) 条，还有更多：\(options)，或 --page-token \(token)）"
        : "(\(shown) shown, there are more: \(options), or --page-token \(token))")
  }

  // MARK: Streams and watching

  /// Shows each message of a server's stream as it comes.
  private func follow(_ request: DynamicMessage, _ printer: ResultPrinter) async throws -> ExitCode {
    let stream = try await server.open(method.path)
    try await stream.send(request.encoded())
    try await stream.finishSending()
    return try await show(stream, printer)
  }

  private func show(_ stream: any ClientStream, _ printer: ResultPrinter) async throws -> ExitCode {
    let type = schema.messages[method.outputIndex]
    var rows = try printer.rows(type)
    rows.begin()
    return try await withTaskCancellationHandler {
      while let bytes = try await stream.next() {
        try rows.write([try DynamicMessage(decoding: bytes, as: type, in: schema)])
        console.flush()
      }
      return .ok
    } onCancel: {
      stream.cancel()
    }
  }

  /// Sends the messages given with `--request`, one JSON object after the other, and shows the replies.
  private func stream(_ parsed: ParsedArguments, _ printer: ResultPrinter) async throws -> ExitCode {
    let type = schema.messages[method.inputIndex]
    let builder = RequestBuilder(type: type, schema: schema, flags: layout.flags)
    var requests: [DynamicMessage] = []
    if let text = parsed.value("request") {
      for line in try requestBytes(text).split(separator: UInt8(ascii: "\n"))
      where !line.allSatisfy({ $0 <= 0x20 }) {
        requests.append(try builder.build(ParsedArguments(), base: Array(line)))
      }
    } else {
      requests = [try builder.build(parsed, base: nil)]
    }
    let stream = try await server.open(method.path)
    for request in requests { try await stream.send(request.encoded()) }
    try await stream.finishSending()
    guard !method.isServerStreaming else { return try await show(stream, printer) }
    guard let bytes = try await stream.next() else {
      throw Status(.internalError, "the server sent no reply")
    }
    try printer.object(
      try DynamicMessage(decoding: bytes, as: schema.messages[method.outputIndex], in: schema))
    return .ok
  }

  /// Asks again and again. A terminal shows the latest answer, anything else gets each answer that differs.
  private func watch(_ request: DynamicMessage, _ parsed: ParsedArguments, _ printer: ResultPrinter)
    async throws
    -> ExitCode
  {
    var interval = CallSwitches.defaultInterval
    if let text = parsed.value("interval") {
      guard let duration = DurationValue.parse(text), duration >= .milliseconds(100) else {
        throw UsageError(
          "\"\(text)\" is not an interval of at least 100ms", hint: "for example: --interval 5s")
      }
      interval = duration
    }
    var last: DynamicMessage?
    while true {
      let reply = try await self.reply(request)
      if reply != last {
        if console.isOutputTerminal { console.write("\u{1B}[H\u{1B}[2J\u{1B}[3J") }
        if case .rows(let field) = ResultShape(method, in: schema), let type = schema.message(of: field),
          session.options.output != .json
        {
          var rows = try printer.rows(type)
          if last == nil || console.isOutputTerminal { rows.begin() }
          try rows.write(ResultPrinter.elements(reply, field))
          if let token = Paging(method, in: schema)?.next(reply) {
            sayThereAreMore(shown: rows.count, options: "--page-size", token: token)
          }
        } else {
          try printer.object(reply)
        }
        last = reply
      }
      if console.isOutputTerminal {
        console.writeError(
          "\r\u{1B}[K\(LocalTime.text(seconds: LocalTime.now)) · \(DurationValue.text(interval)) · Ctrl-C")
      }
      console.flush()
      try await server.sleep(interval)
    }
  }
}
