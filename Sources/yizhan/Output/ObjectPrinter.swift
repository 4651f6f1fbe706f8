import Wire

/// Writes one message for people: a line for each field that is set, submessages indented, lists of messages
/// as small tables.
struct ObjectPrinter {
  private static let depthLimit = 8
  private let values: ValueText
  private let width: Int?
  private let usesColour: Bool

  init(schema: Schema, width: Int?, usesColour: Bool) {
    values = ValueText(schema: schema)
    self.width = width
    self.usesColour = usesColour
  }

  /// The lines of a message.
  func lines(_ message: DynamicMessage) -> [String] { lines(message, depth: 0) }

  private func lines(_ message: DynamicMessage, depth: Int) -> [String] {
    let set = message.type.fields.filter { message[$0] != nil }
    // What fits on a line comes first; what has lines of its own would tear it apart.
    let plain = set.filter { values.isPlain($0) || depth >= Self.depthLimit }
    let nested = set.filter { !values.isPlain($0) && depth < Self.depthLimit }
    let longest = plain.map { DisplayWidth.of($0.name) }.max() ?? 0
    var lines: [String] = []
    for field in plain {
      guard let value = message[field] else { continue }
      lines += self.plain(Self.name(field), values.text(value, of: field), indent: longest, depth: depth)
    }
    for field in nested {
      let inner: [String]
      switch message[field] {
      case .message(let child)?: inner = self.lines(child, depth: depth + 1)
      case .list(let elements)?: inner = table(elements, field, depth: depth)
      default: inner = []
      }
      if !inner.isEmpty { lines += [Self.name(field)] + inner.map { "  " + $0 } }
    }
    return lines
  }

  private static func name(_ field: FieldSchema) -> String { field.name.replacing("_", with: " ") }

  /// A name and a value; a long value goes on below itself.
  private func plain(_ name: String, _ text: String, indent: Int, depth: Int) -> [String] {
    let room = width.map { max(20, $0 - indent - 2 - 2 * depth) }
    // Line breaks that were typed are kept: a description may have paragraphs.
    let parts = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      DisplayWidth.safe(String($0))
    }
    let wrapped = parts.flatMap { part in room.map { DisplayWidth.wrap(part, to: $0) } ?? [part] }
    return wrapped.enumerated().map { index, line in
      DisplayWidth.pad(index == 0 ? name : "", to: indent) + "  " + line
    }
  }

  private func table(_ elements: [DynamicValue], _ field: FieldSchema, depth: Int) -> [String] {
    let rows = elements.compactMap { element in
      if case .message(let row) = element { row } else { nil }
    }
    guard let type = rows.first?.type else { return [] }
    let columns = Column.all(type, in: values.schema, nested: false)
    let cells = rows.map { row in columns.map { DisplayWidth.safe($0.text(row, values)) } }
    let room = width.map { max(40, $0 - 2 * (depth + 1)) }
    let shown = Table.choose(columns, rows: cells, width: room)
    let table = Table(
      headings: shown.map { columns[$0].heading }, rows: cells.map { row in shown.map { row[$0] } },
      cuttable: shown.map { columns[$0].canBeCut }, width: room)
    return [table.header(bold: usesColour)] + cells.map { row in table.line(shown.map { row[$0] }) }
  }
}
