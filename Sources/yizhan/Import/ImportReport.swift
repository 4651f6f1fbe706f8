import RPC
import Wire

/// Shows what an import did: its counts and the rows that failed.
struct ImportReport {
  /// The most errors shown on a terminal; a file gets all that are to be had.
  static let shownLimit = 100
  /// The most errors fetched for a file.
  static let fetchedLimit = 100_000

  let session: Session
  let server: Server
  let method: MethodSchema
  let bulk: BulkShape
  let file: ImportFile
  let schema: Schema
  let importID: String
  let isDryRun: Bool

  private var console: any Console { session.console }
  private var isChinese: Bool { session.options.prefersChinese }

  /// Shows the reply of an import.
  /// - Parameter errorsFile: gets the errors; nil where none was asked for.
  /// - Returns: `rowsFailed` if any row failed.
  /// - Throws: `Status`; `OutputError` if the errors cannot be written.
  func show(_ reply: DynamicMessage, errorsFile: DraftFile?) async throws -> ExitCode {
    let failed = Self.failed(reply)
    var errors = Self.errors(reply)
    // A reply with as many as it may have can have lost the rest of its last row's.
    let isPart = Self.rowCount(errors) < failed || errors.count >= Self.shownLimit
    if isPart, !isDryRun, errors.count < Self.shownLimit || errorsFile != nil {
      errors = try await allErrors() ?? errors
    }
    return try show(reply, errors, failed, errorsFile)
  }

  /// Shows an import that was over before, as if its reply had come now.
  /// - Parameter summary: what GetImport answers.
  /// - Returns: `rowsFailed` if any row failed.
  /// - Throws: `Status`; `OutputError` if the errors cannot be written.
  func show(completed summary: DynamicMessage, errorsFile: DraftFile?) async throws -> ExitCode {
    let failed = Self.failed(summary)
    let errors = try await failed > 0 ? allErrors() ?? [] : []
    return try show(reply(summary, errors), errors, failed, errorsFile)
  }

  private func show(
    _ reply: DynamicMessage, _ errors: [DynamicMessage], _ failed: Int, _ errorsFile: DraftFile?
  ) throws -> ExitCode {
    let rowErrors = errors.map(RowError.init)
    if session.options.output == .table {
      if let summary = Self.summary(reply) {
        let printer = ObjectPrinter(
          schema: schema, width: console.columns, usesColour: session.options.usesColour)
        for line in printer.lines(summary) { console.line(line) }
      }
      show(rowErrors, failed: failed, isInFile: errorsFile != nil)
    } else {
      try ResultPrinter(console: console, options: session.options, schema: schema, columnNames: nil).object(
        reply)
    }
    if let errorsFile {
      try write(rowErrors, to: errorsFile)
      sayWhatIsWritten(rowErrors.count, rows: Self.rowCount(errors), failed: failed, path: errorsFile.path)
    }
    return failed > 0 || !errors.isEmpty ? .rowsFailed : .ok
  }

  private func write(_ errors: [RowError], to errorsFile: DraftFile) throws {
    // It may be the stream that the counts went to.
    console.flush()
    do {
      try errorsFile.finish(Array(csv(errors).utf8))
    } catch let error as OutputError {
      let hint =
        if isDryRun {
          isChinese ? "试运行未做任何更改；请换一个文件重试" : "nothing was changed; repeat it with another file"
        } else {
          isChinese
            ? "导入已完成。取得错误：--resume \(importID) --errors 另一个文件.csv"
            : "the import is done; to get its errors: --resume \(importID) --errors ANOTHER.csv"
        }
      throw OutputError(error.message, hint: hint)
    }
  }

  /// A file that was cut must not pass for the whole.
  private func sayWhatIsWritten(_ count: Int, rows: Int, failed: Int, path: String) {
    let number = ProgressBar.grouped(count)
    guard rows < failed else {
      console.errorLine(isChinese ? "\(number) 条错误已写入 \(path)" : "\(number) errors are in \(path)")
      return
    }
    let part = "\(ProgressBar.grouped(rows)) of \(ProgressBar.grouped(failed))"
    console.errorLine(
      isChinese
        ? "\(ProgressBar.grouped(failed)) 行有错误，其中 \(ProgressBar.grouped(rows)) 行的错误已写入 \(path)：\(limitChinese(number))"
        : "the errors of \(part) failed rows are in \(path): \(limit(number))")
  }

  /// Why there are no more errors to be had: what Proto/yizhan/bulk/v1/bulk.proto says.
  private func limit(_ number: String) -> String {
    isDryRun
      ? "the reply of a dry run has the first \(number) errors only"
      : "a server keeps the first 10,000 errors of an import, for 30 days"
  }

  private func limitChinese(_ number: String) -> String {
    isDryRun ? "试运行的回复只含前 \(number) 条错误" : "服务器只保留每次导入的前 10,000 条错误，为期 30 天"
  }

  private static func failed(_ reply: DynamicMessage) -> Int {
    summary(reply).map { Int(clamping: ImportProgress($0).failed) } ?? 0
  }

  /// How many rows have errors there.
  private static func rowCount(_ errors: [DynamicMessage]) -> Int {
    Set(errors.map { RowError($0).row }).count
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

  /// The field of a reply that has the row errors.
  private static func errorsField(_ type: MessageSchema, _ schema: Schema) -> FieldSchema? {
    type.fields.first { field in
      guard field.isRepeated, let element = schema.message(of: field) else { return false }
      return element.field(named: "row")?.kind == .int64 && element.field(named: "description") != nil
    }
  }

  private static func errors(_ reply: DynamicMessage) -> [DynamicMessage] {
    errorsField(reply.type, reply.schema).map { ResultPrinter.elements(reply, $0) } ?? []
  }

  /// The reply that an import with that summary has; the summary itself where the method answers with another.
  private func reply(_ summary: DynamicMessage, _ errors: [DynamicMessage]) -> DynamicMessage {
    let type = schema.messages[method.outputIndex]
    let field = type.fields.first {
      !$0.isRepeated && schema.message(of: $0)?.fullName == summary.type.fullName
    }
    guard let field else { return summary }
    var reply = DynamicMessage(type, in: schema)
    reply[field] = .message(summary)
    if let list = Self.errorsField(type, schema), let first = errors.first,
      schema.message(of: list)?.fullName == first.type.fullName
    {
      reply[list] = .list(errors.prefix(Self.shownLimit).map { .message($0) })
    }
    return reply
  }

  /// Every error that the server keeps; nil if it keeps none of this import.
  private func allErrors() async throws -> [DynamicMessage]? {
    guard let method = bulk.listErrors, let paging = Paging(method, in: schema),
      let field = schema.messages[method.inputIndex].field(named: "import_id")
    else { return nil }
    let type = schema.messages[method.inputIndex]
    var request = DynamicMessage(type, in: schema)
    request[field] = .string(importID)
    if let size = type.field(named: "page_size"), size.kind == .int32 { request[size] = .int32(1000) }
    var errors: [DynamicMessage] = []
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

  private func show(_ errors: [RowError], failed: Int, isInFile: Bool) {
    if errors.isEmpty { return }
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
    let hasMore = errors.count > shown.count || failed > Set(errors.map(\.row)).count
    if hasMore, !isInFile { sayThereAreMore(shown.count) }
  }

  private func sayThereAreMore(_ shown: Int) {
    if isDryRun {
      // Naming a file would not help: it gets what the reply has.
      let number = ProgressBar.grouped(shown)
      console.errorLine(
        isChinese ? "（还有更多错误；\(limitChinese(number))）" : "(there are more errors; \(limit(number)))")
    } else {
      let option = (bulk.getImport == nil ? "" : "--resume \(importID) ") + "--errors FILE.csv"
      console.errorLine(isChinese ? "（还有更多错误：\(option)）" : "(there are more errors: \(option))")
    }
  }

  private func csv(_ errors: [RowError]) -> String {
    var text = CSV.record(["line", "row", "column", "value", "reason", "description", "description_zh"])
    for error in errors {
      text += CSV.record([
        String(line(error.row)), String(error.row), CSV.guarded(error.column), CSV.guarded(error.value),
        CSV.guarded(error.reason), CSV.guarded(error.description), CSV.guarded(error.descriptionChinese),
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
