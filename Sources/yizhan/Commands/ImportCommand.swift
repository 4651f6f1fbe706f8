import RPC
import Wire

/// Imports a CSV file through a method that follows the bulk convention.
struct ImportCommand {
  /// Rows in one message: the most that the convention's servers take at once is 1,000.
  static let batchRows = 500
  /// Messages are kept below this, for rows with long texts.
  static let batchLimitBytes = 1 << 20
  /// The reasons of a server that takes no more rows of this file: it has others, or the import is over.
  private static let finalReasons: Set<String> = ["IMPORT_DIFFERS", "IMPORT_COMPLETED"]
  /// The reason of a server that no longer knows what rows that are sent again would be compared with.
  private static let forgottenReason = "IMPORT_ROWS_FORGOTTEN"
  /// How often a broken connection is taken up again without any progress in between.
  static let attemptsLimit = 5

  static let specs: [OptionSpec] = [
    OptionSpec(
      name: "file", placeholder: "FILE.csv|-",
      about:
        "The rows, in UTF-8, with a first line that names the columns. Required; may be given without "
        + "--file.",
      completion: .file),
    OptionSpec(name: "dry-run", about: "Show what the import would do, and change nothing."),
    OptionSpec(
      name: "resume", placeholder: "IMPORT_ID",
      about:
        "Go on with an import that was interrupted, behind the last row that the server has, or show how one "
        + "ended. Give the same file: the last 500 rows that the server has are sent again, to be compared."
    ),
    OptionSpec(
      name: "import-id", placeholder: "IMPORT_ID",
      about: "A name for a new import, to resume it by. Default: one is made."),
    OptionSpec(
      name: "errors", placeholder: "FILE.csv",
      about:
        "Write the row errors to a file: of a dry run those that the reply has, else the first 10,000, which the "
        + "server keeps.",
      completion: .file),
  ]

  let session: Session
  let server: Server
  let layout: CommandLayout
  let bulk: BulkShape

  private var console: any Console { session.console }
  private var schema: Schema { layout.schema }
  private var method: MethodSchema { layout.command.method }
  private var isChinese: Bool { session.options.prefersChinese }

  /// - Throws: `UsageError`, `Status`, `CancellationError`.
  func run(_ parsed: ParsedArguments) async throws -> ExitCode {
    guard let path = parsed.value("file") else {
      throw UsageError("missing: --file FILE.csv", hint: "see: \(layout.title) --help")
    }
    let isDryRun = parsed.has("dry-run")
    let resumed = parsed.value("resume")
    guard resumed == nil || !isDryRun else { throw UsageError("a dry run keeps nothing to resume") }
    guard resumed == nil || parsed.value("import-id") == nil else {
      throw UsageError("--resume names the import already", hint: "leave --import-id out")
    }
    let file = try open(path)
    let template = try RequestBuilder(
      type: schema.messages[method.inputIndex], schema: schema, flags: layout.flags
    ).build(parsed, base: nil)
    // Before anything is sent: a path where nothing can be written is a mistake on the command line.
    let errorsFile = try parsed.value("errors").map { try DraftFile($0) }
    let importID = resumed ?? parsed.value("import-id") ?? Self.newImportID()
    let report = ImportReport(
      session: session, server: server, method: method, bulk: bulk, file: file, schema: schema,
      importID: importID, isDryRun: isDryRun)
    var state = ImportState(
      importID: importID, isDryRun: isDryRun, template: template,
      rowsRepeated: resumed == nil ? 0 : Self.batchRows)
    if let chosen = parsed.value("import-id"), !isDryRun { try await refuseTaken(chosen) }
    if resumed != nil {
      let summary = try await summary(of: importID)
      let progress = ImportProgress(summary)
      if progress.isCompleted {
        console.errorLine(
          isChinese ? "导入 \(importID) 已经完成" : "the import \(importID) is complete already")
        if progress.lastRow != Int64(file.rowCount) {
          let (known, given) = (Int(clamping: progress.lastRow), file.rowCount)
          console.errorLine(
            isChinese
              ? "注意：该导入有 \(ProgressBar.grouped(known)) 行，而 \(path) 有 \(ProgressBar.grouped(given)) 行"
              : "note: it has \(ProgressBar.grouped(known)) rows, and \(path) has \(ProgressBar.grouped(given)); "
                + "is that its file?")
        }
        return try await report.show(completed: summary, errorsFile: errorsFile)
      }
      state.committed = Int(clamping: progress.lastRow)
      guard state.committed <= file.rowCount else {
        throw UsageError(
          "the server has \(state.committed) rows of the import \(importID), and \(path) has only \(file.rowCount)",
          hint: "give the file that the import was begun with")
      }
      console.errorLine(
        isChinese
          ? "从第 \(state.committed + 1) 行继续" : "going on with row \(ProgressBar.grouped(state.committed + 1))")
    }
    console.errorLine(
      (isChinese ? "导入编号：" : "import id: ") + importID
        + (isDryRun ? (isChinese ? "（试运行）" : " (dry run)") : ""))
    let reply = try await send(file, &state, resumeWith: resumeLine(path, importID, parsed))
    return try await report.show(reply, errorsFile: errorsFile)
  }

  /// Refuses a name that an import has: the server would take the rows for that import's, which it has already.
  private func refuseTaken(_ importID: String) async throws {
    guard bulk.getImport != nil else { return }
    let earlier: ImportProgress
    do {
      earlier = try await progress(of: importID)
    } catch let status as Status where status.code == .notFound {
      return
    }
    let rows = ProgressBar.grouped(Int(clamping: earlier.lastRow))
    throw UsageError(
      isChinese
        ? "已有编号为 \(importID) 的导入，已提交 \(rows) 行" : "there is an import \(importID) already, with \(rows) rows",
      hint: isChinese
        ? "继续它：--resume \(importID)；新的导入请另取编号，或不写 --import-id"
        : "--resume \(importID) goes on with it; for a new one choose another name, or leave --import-id out")
  }

  private func open(_ path: String) throws -> ImportFile {
    let bytes =
      path == "-"
      ? try console.readInput(limitBytes: ImportFile.limitBytes)
      : try Files.read(path, limitBytes: ImportFile.limitBytes)
    let file = try ImportFile(bytes, name: path, rowType: bulk.rowType, schema: schema)
    guard file.problems.isEmpty else {
      let rows = file.problems.map { [String($0.line), $0.column, DisplayWidth.safe($0.message)] }
      let table = Table(headings: ["LINE", "COLUMN", "ERROR"], rows: rows, width: console.columns)
      console.errorLine(table.header(bold: false))
      for row in rows { console.errorLine(table.line(row)) }
      throw UsageError("\(path) cannot be read as \(bulk.rowType.name)s; nothing was sent")
    }
    return file
  }

  /// "20260131-x7k2mq4a": sorts by day, and nobody else's.
  static func newImportID() -> String {
    String(LocalTime.text(seconds: LocalTime.now).prefix(10).filter { $0 != "-" }) + "-" + RandomKey.make(10)
  }

  /// The command line that goes on with this import.
  private func resumeLine(_ path: String, _ importID: String, _ parsed: ParsedArguments) -> String {
    var line = "\(layout.title) --file \(Self.quoted(path))"
    let kept = Set((layout.flags.map(\.name) + TLSOptions.specs.map(\.name))).union([
      "server", "profile", "output", "errors",
    ])
    for option in parsed.options where kept.contains(option.name) {
      line += " --\(option.name)" + (option.value.map { "=" + Self.quoted($0) } ?? "")
    }
    return line + " --resume \(importID)"
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || "0123456789-_./:,@+=".unicodeScalars.contains($0)
    }
    return isPlain && !text.isEmpty
      ? text
      : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  // MARK: Sending

  /// Sends all rows; takes a broken connection up again where the server got to.
  private func send(_ file: ImportFile, _ state: inout ImportState, resumeWith line: String) async throws
    -> DynamicMessage
  {
    var attempt = 1
    while true {
      do {
        return try await sendOnce(file, state)
      } catch let status as Status where status.reason == Self.forgottenReason && state.rowsRepeated > 0 {
        console.errorLine(
          isChinese
            ? "注意：服务器已无法比对先前的行；请确认文件与开始时相同"
            : "note: the server can no longer compare earlier rows; the file is taken for the one it was begun with"
        )
        state.rowsRepeated = 0
      } catch let status as Status {
        guard !state.isDryRun, attempt < Self.attemptsLimit, bulk.getImport != nil, !Task.isCancelled,
          let delay = Server.retryDelay(after: status, attempt: attempt + 2)
        else {
          if !state.isDryRun, bulk.getImport != nil, !Self.finalReasons.contains(status.reason) {
            sayHowToResume(line)
          }
          throw Task.isCancelled ? CancellationError() : status
        }
        console.errorLine(isChinese ? "连接中断，正在继续……" : "the connection broke; going on …")
        try await server.sleep(delay)
        let before = state.committed
        do {
          state.committed = Int(clamping: try await progress(of: state.importID).lastRow)
        } catch let status as Status where status.code != .notFound {
          sayHowToResume(line)
          throw status
        } catch is Status {
          // The server never saw a row.
          state.committed = 0
        }
        attempt = state.committed > before ? 1 : attempt + 1
      } catch is CancellationError {
        if !state.isDryRun, bulk.getImport != nil { sayHowToResume(line) }
        throw CancellationError()
      }
    }
  }

  private func sayHowToResume(_ line: String) {
    console.errorLine((isChinese ? "继续导入：" : "to go on: ") + line)
  }

  private func sendOnce(_ file: ImportFile, _ state: ImportState) async throws -> DynamicMessage {
    let stream = try await server.open(method.path)
    return try await withTaskCancellationHandler {
      var bar = ProgressBar(console: console, total: file.rowCount, first: state.committed)
      defer { bar.clear() }
      var batch: [DynamicValue] = []
      var batchBytes = 0
      let begin = state.begin
      var sent = begin
      func flush() async throws {
        try Task.checkCancellation()
        try await stream.send(state.request(batch, firstRow: sent + 1, bulk).encoded())
        sent += batch.count
        batch.removeAll(keepingCapacity: true)
        batchBytes = 0
        bar.update(done: max(sent, state.committed))
      }
      do {
        bar.update(done: state.committed)
        try await file.forEachRow(skipping: begin) { row in
          batch.append(.message(row))
          batchBytes += row.encoded().count
          if batch.count == Self.batchRows || batchBytes >= Self.batchLimitBytes { try await flush() }
        }
        // An import of no rows is one message too: it says that the import is there, and over.
        if !batch.isEmpty || sent == begin { try await flush() }
        try await stream.finishSending()
      } catch let error as Status {
        stream.cancel()
        throw error
      }
      guard let bytes = try await stream.next() else {
        throw Status(.internalError, "the server sent no reply")
      }
      return try DynamicMessage(decoding: bytes, as: schema.messages[method.outputIndex], in: schema)
    } onCancel: {
      stream.cancel()
    }
  }

  private func progress(of importID: String) async throws -> ImportProgress {
    ImportProgress(try await summary(of: importID))
  }

  /// What the server says of an import.
  private func summary(of importID: String) async throws -> DynamicMessage {
    guard let getImport = bulk.getImport,
      let field = schema.messages[getImport.inputIndex].field(named: "import_id")
    else { throw UsageError("this server cannot resume: it has no GetImport for \(method.name)") }
    var request = DynamicMessage(schema.messages[getImport.inputIndex], in: schema)
    request[field] = .string(importID)
    let reply = try await server.call(getImport.path, request.encoded())
    return try DynamicMessage(
      decoding: reply.message, as: schema.messages[getImport.outputIndex], in: schema)
  }
}

/// What all requests of one import have in common.
struct ImportState {
  let importID: String
  let isDryRun: Bool
  let template: DynamicMessage
  /// How many of the rows that the server has are sent again at most, so that it notices another file.
  var rowsRepeated: Int
  /// Rows that the server has for certain.
  var committed = 0
  /// Rows that are not sent.
  var begin: Int { max(0, committed - rowsRepeated) }

  init(importID: String, isDryRun: Bool, template: DynamicMessage, rowsRepeated: Int) {
    self.importID = importID
    self.isDryRun = isDryRun
    self.template = template
    self.rowsRepeated = rowsRepeated
  }

  func request(_ rows: [DynamicValue], firstRow: Int, _ bulk: BulkShape) -> DynamicMessage {
    var request = template
    request[bulk.importID] = .string(importID)
    request[bulk.dryRun] = .bool(isDryRun)
    request[bulk.firstRow] = .int64(Int64(firstRow))
    request[bulk.rows] = .list(rows)
    return request
  }
}

/// How far an import got, from a message like yizhan.bulk.v1.ImportSummary.
struct ImportProgress {
  var lastRow: Int64 = 0
  var failed: Int64 = 0
  var isCompleted = false

  init(_ summary: DynamicMessage) {
    if case .int64(let row)? = summary["last_row"] { lastRow = row }
    if case .int64(let count)? = summary["rows_failed"] { failed = count }
    if case .enumeration(let number)? = summary["state"], let field = summary.type.field(named: "state"),
      let type = summary.schema.enumeration(of: field)
    {
      isCompleted = type.name(of: number)?.hasSuffix("COMPLETED") == true
    }
  }
}
