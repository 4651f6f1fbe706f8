import Wire

/// A CSV file whose columns are fields of a row message. It is checked whole before anything is sent, so that
/// a file with a broken column changes nothing.
struct ImportFile {
  /// The largest file.
  static let limitBytes = 512 << 20
  /// The most problems told at once.
  static let problemsLimit = 50

  /// A column: the fields from the row down to the one it fills.
  typealias Path = [FieldSchema]

  /// A cell or a line that cannot be read.
  struct Problem: Sendable, Equatable {
    var line: Int
    var column: String
    var message: String
  }

  let name: String
  let columns: [Path]
  let rowType: MessageSchema
  let schema: Schema
  private let bytes: [UInt8]
  /// The line of each row, rows counted from 0.
  private(set) var lines: [UInt32] = []
  private(set) var problems: [Problem] = []

  var rowCount: Int { lines.count }

  /// Reads the header and looks at every row.
  /// - Throws: `UsageError` for a file that is no CSV in UTF-8 or has columns that the rows do not have.
  init(_ bytes: [UInt8], name: String, rowType: MessageSchema, schema: Schema) throws {
    if let error = TextEncoding.advice(bytes, name: name) { throw error }
    self.bytes = bytes
    self.name = name
    self.rowType = rowType
    self.schema = schema
    var reader = CSVReader(bytes)
    do throws(CSVReader.Problem) {
      guard let header = try reader.next() else { throw CSVReader.Problem(line: 1, message: "") }
      columns = try Self.columns(header.cells, header.line, rowType, schema)
    } catch {
      if error.message.isEmpty {
        throw UsageError("\(name) is empty", hint: "its first line names the columns: \(Self.known(rowType))")
      }
      throw UsageError(
        "line \(error.line) of \(name) \(error.message)", hint: "columns: \(Self.known(rowType))")
    }
    check(&reader)
  }

  private static func known(_ type: MessageSchema) -> String {
    type.fields.map(\.name).joined(separator: ", ")
  }

  private static func columns(_ cells: [String], _ line: Int, _ type: MessageSchema, _ schema: Schema)
    throws(CSVReader.Problem) -> [Path]
  {
    var paths: [Path] = []
    var seen: Set<String> = []
    for (index, cell) in cells.enumerated() {
      guard let path = path(cell.trimmed, type, schema) else {
        let near = Suggestions.nearest(to: cell.trimmed, among: type.fields.map(\.name))
        let hint = near.map { "; did you mean \"\($0)\"?" } ?? ""
        let shown =
          cell.trimmed.isEmpty ? "no name for column \(index + 1)" : "an unknown column \"\(cell.trimmed)\""
        throw CSVReader.Problem(line: line, message: "has \(shown)\(hint)")
      }
      guard seen.insert(path.map(\.name).joined(separator: ".")).inserted else {
        throw CSVReader.Problem(line: line, message: "has the column \"\(cell.trimmed)\" twice")
      }
      paths.append(path)
    }
    return paths
  }

  /// The field of a heading: "area_code", "areaCode", "Area Code", "home.area_code".
  private static func path(_ heading: String, _ type: MessageSchema, _ schema: Schema) -> Path? {
    var path: Path = []
    var holder: MessageSchema? = type
    for part in heading.split(separator: ".", omittingEmptySubsequences: false) {
      let spelled = part.trimmed.replacing(" ", with: "_").replacing("-", with: "_")
      guard let field = holder?.field(named: spelled) ?? holder?.field(named: spelled.lowercased()),
        !field.isMap
      else { return nil }
      path.append(field)
      holder = field.isRepeated ? nil : schema.message(of: field)
    }
    return path
  }

  /// Counts the rows and notes what cannot be read.
  private mutating func check(_ reader: inout CSVReader) {
    let parser = CellParser(schema: schema)
    while problems.count < Self.problemsLimit {
      do throws(CSVReader.Problem) {
        guard let (cells, line) = try reader.next() else { return }
        if cells.allSatisfy({ $0.trimmed.isEmpty }) { continue }
        lines.append(UInt32(clamping: line))
        if cells.count > columns.count, cells[columns.count...].contains(where: { !$0.trimmed.isEmpty }) {
          problems.append(
            Problem(line: line, column: "", message: "has \(cells.count) cells, the header \(columns.count)"))
          continue
        }
        for (path, cell) in zip(columns, cells) where path[path.count - 1].kind != .string || path.count > 1 {
          do { _ = try parser.value(cell, path) } catch {
            problems.append(
              Problem(
                line: line, column: path.map(\.name).joined(separator: "."), message: CellParser.text(error)))
          }
        }
      } catch {
        // Behind a broken quote nothing can be told apart any more.
        problems.append(Problem(line: error.line, column: "", message: error.message))
        return
      }
    }
  }

  /// Walks through the rows behind the first `skipping` ones.
  /// - Throws: what `body` throws.
  func forEachRow(skipping: Int, _ body: (DynamicMessage) async throws -> Void) async throws {
    var reader = CSVReader(bytes)
    let parser = CellParser(schema: schema)
    _ = try reader.next()
    var index = 0
    while let (cells, _) = try reader.next() {
      if cells.allSatisfy({ $0.trimmed.isEmpty }) { continue }
      index += 1
      if index <= skipping { continue }
      var row = DynamicMessage(rowType, in: schema)
      for (path, cell) in zip(columns, cells) {
        guard let value = try parser.value(cell, path) else { continue }
        row.set(value, at: path[...])
      }
      try await body(row)
    }
  }
}

/// Reads the cells of a table.
struct CellParser {
  private let parser: ValueParser
  private let values: ValueText

  init(schema: Schema) {
    parser = ValueParser(schema: schema, readsFiles: false)
    values = ValueText(schema: schema)
  }

  /// The value of a cell; nil for an empty one. A list's elements stand with ";" between them.
  func value(_ cell: String, _ path: ImportFile.Path) throws -> DynamicValue? {
    guard let field = path.last else { return nil }
    // A file that `-o csv` wrote may come back.
    let text = values.isText(field) ? CSV.unguarded(cell.trimmed) : cell.trimmed
    guard !text.isEmpty else { return nil }
    guard field.isRepeated else { return try parser.value(text, of: field) }
    return .list(
      try text.split { $0 == ";" || $0 == "；" }.map { part in try parser.value(part.trimmed, of: field) })
  }

  static func text(_ error: any Error) -> String {
    guard let problem = error as? ValueParser.Problem else { return String(describing: error) }
    return problem.hint.isEmpty ? problem.message : "\(problem.message) (\(problem.hint))"
  }
}
