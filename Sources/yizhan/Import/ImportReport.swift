import RPC
import Wire

/// Shows what an import did: its counts and the rows that failed.
struct ImportReport {
  /// The most errors shown on a terminal; a file gets all of them.
  static let shownLimit = 100
  /// The most errors fetched for a file.
  static let fetchedLimit = 100_000

  let session: Session
  let server: Server
  let bulk: BulkShape
  let file: ImportFile
  let schema: Schema

  private var console: any Console { session.console }

  /// - Returns: `rowsFailed` if any row failed.
  func show(_ reply: DynamicMessage, importID: String, errorsPath: String?) async throws -> ExitCode {
    let summary = Self.summary(reply)
    let failed = summary.map { ImportProgress($0).failed } ?? 0
    var errors = Self.errors(reply)
    if Int64(errors.count) < failed, errors.count < Self.shownLimit || errorsPath != nil {
      errors = try await allErrors(importID) ?? errors
    }
    if session.options.output == .table {
      if let summary {
        let printer = ObjectPrinter(
          schema: schema, width: console.columns, usesColour: session.options.usesColour)
        for line in printer.lines(summary) { console.line(line) }
      }
      show(errors, failed: failed)
    } else {
      try ResultPrinter(console: console, options: session.options, schema: schema, columnNames: nil).object(
        reply)
    }
    if let errorsPath {
      try Files.write(Array(csv(errors).utf8), to: errorsPath)
      console.errorLine(
        session.options.prefersChinese
          ? "错误已写入 \(errorsPath)" : "\(ProgressBar.grouped(errors.count)) errors are in \(errorsPath)")
    }
    return failed > 0 || !errors.isEmpty ? .rowsFailed : .ok
  }

  /// The message with the counts: the reply itself, or a field of it.
  private static func summary(_ reply: DynamicMessage) -> DynamicMessage? {
    if reply.type.field(named: "rows_failed") != nil { return reply }
    for field in reply.type.fields where !field.isRepeated {
      if case .message(let child)? = reply[field], child.type.field(named: "rows_failed") != nil {
        return child
      }
    }
    return nil
  }

  private static func errors(_ reply: DynamicMessage) -> [RowError] {
    for field in reply.type.fields where field.isRepeated {
      if let type = reply.schema.message(of: field), type.field(named: "row")?.kind == .int64,
        type.field(named: "description") != nil
      {
        return ResultPrinter.elements(reply, field).map(RowError.init)
      }
    }
    return []
  }

  /// Every error that the server keeps; nil if it keeps none of this import.
  private func allErrors(_ importID: String) async throws -> [RowError]? {
    guard let method = bulk.listErrors, let paging = Paging(method, in: schema),
      let field = schema.messages[method.inputIndex].field(named: "import_id")
    else { return nil }
    let type = schema.messages[method.inputIndex]
    var request = DynamicMessage(type, in: schema)
    request[field] = .string(importID)
    if let size = type.field(named: "page_size"), size.kind == .int32 { request[size] = .int32(1000) }
    var errors: [RowError] = []
    while errors.count < Self.fetchedLimit {
      let bytes: [UInt8]
      do {
        bytes = try await server.call(method.path, request.encoded()).message
      } catch let status as Status where status.code == .notFound {
        return nil
      }
      let reply = try DynamicMessage(decoding: bytes, as: schema.messages[method.outputIndex], in: schema)
      errors += Self.errors(reply)
      guard let token = paging.next(reply) else { break }
      request[paging.pageToken] = .string(token)
    }
    return errors
  }

  private func show(_ errors: [RowError], failed: Int64) {
    if errors.isEmpty { return }
    let isChinese = session.options.prefersChinese
    let shown = errors.prefix(Self.shownLimit)
    let rows = shown.map { error in
      [String(line(error.row)), error.column, error.value, error.reason, error.text(chinese: isChinese)]
        .map(DisplayWidth.safe)
    }
    let headings = isChinese ? ["行", "列", "值", "原因", "说明"] : ["LINE", "COLUMN", "VALUE", "REASON", "ERROR"]
    let table = Table(headings: headings, rows: rows, width: console.isOutputTerminal ? console.columns : nil)
    console.line("")
    console.line(table.header(bold: session.options.usesColour))
    for row in rows { console.line(table.line(row)) }
    if errors.count > shown.count || failed > Int64(errors.count) {
      console.errorLine(
        isChinese ? "（还有更多错误：--errors FILE.csv）" : "(there are more errors: --errors FILE.csv)")
    }
  }

  private func csv(_ errors: [RowError]) -> String {
    var text = CSV.record(["line", "row", "column", "value", "reason", "description", "description_zh"])
    for error in errors {
      text += CSV.record([
        String(line(error.row)), String(error.row), error.column, error.value, error.reason,
        error.description,
        error.descriptionChinese,
      ])
    }
    return text
  }

  /// The line of the file that a row stands in.
  private func line(_ row: Int64) -> Int {
    let index = Int(clamping: row) - 1
    return file.lines.indices.contains(index) ? Int(file.lines[index]) : Int(clamping: row)
  }
}

/// What is wrong with a row, from a message like yizhan.bulk.v1.RowError.
struct RowError {
  var row: Int64 = 0
  var column: String
  var value: String
  var reason: String
  var description: String
  var descriptionChinese: String

  init(_ message: DynamicMessage) {
    func text(_ name: String) -> String {
      if case .string(let text)? = message[name] { return text }
      return ""
    }
    if case .int64(let number)? = message["row"] { row = number }
    column = text("column")
    value = text("value")
    reason = text("reason")
    description = text("description")
    descriptionChinese = text("description_zh")
  }

  func text(chinese: Bool) -> String {
    chinese && !descriptionChinese.isEmpty ? descriptionChinese : description
  }
}
