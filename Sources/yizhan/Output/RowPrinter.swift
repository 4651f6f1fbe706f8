import Wire

/// Writes things of one type one after the other, page by page, in any output format.
struct RowPrinter {
  private let console: any Console
  private let format: OutputFormat
  private let usesColour: Bool
  private let schema: Schema
  private let type: MessageSchema
  private let values: ValueText
  private let columns: [Column]
  private let choosesColumns: Bool
  private let width: Int?
  /// The columns shown and their widths, once the first rows have settled them.
  private var table: (table: Table, shown: [Int])?
  private(set) var count = 0

  /// - Parameter columnNames: what `--columns` asked for; nil for what suits the rows.
  /// - Throws: `UsageError` for a column that the type does not have.
  init(
    _ type: MessageSchema, schema: Schema, console: any Console, options: GlobalOptions,
    columnNames: [String]?
  ) throws {
    self.console = console
    self.schema = schema
    self.type = type
    format = options.output
    usesColour = options.usesColour
    values = ValueText(schema: schema)
    width = console.isOutputTerminal ? console.columns ?? 80 : nil
    choosesColumns = columnNames == nil
    if let columnNames {
      columns = try Column.named(columnNames, of: type, in: schema)
    } else {
      columns = Column.all(type, in: schema, nested: format == .csv)
    }
  }

  /// Writes what stands before the first row.
  mutating func begin() { if format == .csv { console.write(CSV.record(columns.map(\.name))) } }

  /// Writes some rows.
  mutating func write(_ rows: [DynamicMessage]) throws {
    if rows.isEmpty { return }
    switch format {
    case .json, .jsonl:
      for row in rows { console.line(try json(row).text()) }
    case .csv:
      for row in rows { console.write(CSV.record(columns.map { $0.csv(row, values) })) }
    case .table: writeTable(rows.map { row in columns.map { DisplayWidth.safe($0.text(row, values)) } })
    }
    count += rows.count
  }

  /// A row as JSON: whole, or the columns asked for.
  func json(_ row: DynamicMessage) throws -> JSONValue {
    let whole = try row.json()
    guard !choosesColumns else { return whole }
    return .object(
      columns.compactMap { column in
        var value: JSONValue? = whole
        for field in column.path { value = value?[field.jsonName] }
        return value.map { JSONValue.Member(column.path.map(\.jsonName).joined(separator: "."), $0) }
      })
  }

  private mutating func writeTable(_ cells: [[String]]) {
    let (table, shown): (Table, [Int])
    if let settled = self.table {
      (table, shown) = settled
    } else {
      shown =
        choosesColumns ? Table.choose(columns, rows: cells, width: width) : Array(columns.indices)
      table = Table(
        headings: shown.map { columns[$0].heading }, rows: cells.map { row in shown.map { row[$0] } },
        cuttable: shown.map { columns[$0].canBeCut }, width: width)
      console.line(table.header(bold: usesColour))
      self.table = (table, shown)
    }
    for row in cells { console.line(table.line(shown.map { row[$0] })) }
  }
}
