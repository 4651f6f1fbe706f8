import Wire

/// Writes replies in the output format asked for.
struct ResultPrinter {
  let console: any Console
  let options: GlobalOptions
  let schema: Schema
  let columnNames: [String]?

  /// Writes one message as a result of its own.
  func object(_ message: DynamicMessage) throws {
    switch options.output {
    case .json: console.line(try message.json().text(indented: true))
    case .jsonl: console.line(try message.json().text())
    case .csv:
      var rows = try rows(message.type)
      rows.begin()
      try rows.write([message])
    case .table:
      if columnNames != nil {
        var rows = try rows(message.type)
        try rows.write([message])
        return
      }
      let printer = ObjectPrinter(
        schema: schema, width: console.isOutputTerminal ? console.columns ?? 80 : nil,
        usesColour: options.usesColour)
      let lines = printer.lines(message)
      for line in lines { console.line(line) }
      // A reply without content is not silence: say that the call was made.
      if lines.isEmpty { console.errorLine(options.prefersChinese ? "完成" : "done") }
    }
  }

  /// A printer of rows of that type.
  func rows(_ type: MessageSchema) throws -> RowPrinter {
    try RowPrinter(type, schema: schema, console: console, options: options, columnNames: columnNames)
  }

  /// The messages in a repeated field of a reply.
  static func elements(_ reply: DynamicMessage, _ field: FieldSchema) -> [DynamicMessage] {
    guard case .list(let elements)? = reply[field] else { return [] }
    return elements.compactMap { element in
      if case .message(let row) = element { row } else { nil }
    }
  }
}
