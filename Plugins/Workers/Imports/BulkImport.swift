import ModuleKit

/// Runs the stream of an import: rows in chunks, each chunk a transaction that also keeps the progress.
///
/// Invariants:
/// 1. A chunk's rows, their errors and `last_row` are committed together, so `last_row` says exactly which rows
///    have had their effect.
/// 2. A row at or below `last_row` is skipped if it is the row that was committed under its number, and refused if it
///    is another one; a row beyond `last_row + 1` is refused. So each row has its effect once, however often and by
///    however many streams it is sent, and no row is passed over that had none.
/// 3. A row with errors has no effect: it is checked as a whole before anything is written.
/// 4. A completed import takes no rows behind its last one, and nothing of it changes any more.
struct BulkImport: Sendable {
  /// Rows of one transaction: enough to spread the cost of a commit, few enough not to keep others waiting.
  static let chunkSize = 500
  /// Rows of one dry run, whose would-be entries are kept in memory.
  static let maximumDryRunRows = 250_000
  /// Row errors that the call itself returns.
  static let maximumReturnedErrors = 100
  /// The highest number that a row can have: beyond any file, and far from where numbers of rows overflow.
  static let maximumRow: Int64 = 1_000_000_000_000

  let target: ImportTarget
  let vault: Vault

  /// What a stream has done.
  struct Result: Sendable {
    var summary: ImportSummary
    var errors: [RowError]
  }

  /// Runs an import to the end of its stream.
  /// - Parameters:
  ///   - check: refuses a message as a whole, before any of its rows.
  ///   - write: makes, for a transaction, what applies one row; it throws `WorkersError` for a bad one.
  ///   - rehearse: the same for a dry run, which must remember what earlier rows would have done.
  /// - Throws: `WorkersError` for a stream that is no import or leaves rows out.
  func run<Request: BulkRequest>(
    _ requests: RequestStream<Request>, _ context: StreamContext,
    check: @Sendable (Request) throws -> Void,
    write: @escaping @Sendable (Request, Transaction) -> (Request.Row) throws -> RowOutcome,
    rehearse: @escaping @Sendable (Request, Snapshot) -> (Request.Row) throws -> RowOutcome
  ) async throws -> Result {
    var importID: String?
    var isDryRun = false
    // The row after the last one of the message before; nil until one has come.
    var nextRow: Int64?
    var rehearsed: ImportProgress?
    var errors: [RowError] = []

    for try await request in requests {
      guard importID == nil || (importID == request.importID && isDryRun == request.dryRun) else {
        throw WorkersError.importMixed
      }
      importID = request.importID
      isDryRun = request.dryRun
      try check(request)
      let firstRow = try BulkImport.firstRow(request.firstRow, next: nextRow)
      let chunks = stride(from: 0, to: max(request.rows.count, 1), by: BulkImport.chunkSize)
      var messageFirstRow = firstRow
      for start in chunks {
        let rows = start..<min(start + BulkImport.chunkSize, request.rows.count)
        let chunkFirstRow = messageFirstRow.map { $0 + Int64(start) }
        let step: Step
        if isDryRun {
          step = try await rehearseChunk(request, rows, chunkFirstRow, rehearsed, context, rehearse)
          rehearsed = step.progress
        } else {
          step = try await writeChunk(request, rows, chunkFirstRow, context, write)
        }
        messageFirstRow = messageFirstRow ?? step.firstRow
        errors += step.errors.prefix(BulkImport.maximumReturnedErrors - errors.count)
      }
      nextRow = messageFirstRow.map { $0 + Int64(request.rows.count) }
    }

    guard let importID else { throw WorkersError.importEmpty }
    if var progress = rehearsed {
      progress.state = .completed
      return Result(summary: progress.summary(isDryRun: true), errors: errors)
    }
    let summary = try await complete(importID, context)
    return Result(summary: summary, errors: errors)
  }

  /// The number of a message's first row, near enough to 0 to be counted on from.
  /// - Parameters:
  ///   - given: what the message says; 0 for the row after the message before.
  ///   - next: that row; nil for the first message of a stream.
  /// - Returns: nil where neither says it.
  /// - Throws: `WorkersError.invalid` below 0 and above `maximumRow`.
  static func firstRow(_ given: Int64, next: Int64?) throws -> Int64? {
    guard let row = given == 0 ? next : given else { return nil }
    guard (1...maximumRow).contains(row) else {
      throw WorkersError.invalid([
        FieldViolation(
          "first_row", "NOT_A_ROW", "must be 1 to \(maximumRow), or 0 to follow on the message before",
          "须为 1 至 \(maximumRow),或填 0 接续上一条消息")
      ])
    }
    return row
  }

  /// What one chunk did.
  private struct Step: Sendable {
    var progress: ImportProgress
    var firstRow: Int64
    var errors: [RowError] = []
  }

  private func writeChunk<Request: BulkRequest>(
    _ request: Request, _ rows: Range<Int>, _ firstRow: Int64?, _ context: StreamContext,
    _ write: @escaping @Sendable (Request, Transaction) -> (Request.Row) throws -> RowOutcome
  ) async throws -> Step {
    let digests = RowDigests(of: request, rows, vault)
    return try await context.write { transaction in
      let store = ImportStore(snapshot: transaction, target: target)
      let apply = write(request, transaction)
      let known = try store.progress(request.importID)
      let progress = known ?? ImportProgress(importID: request.importID, at: transaction.now)
      if progress.state == .completed { try refuseRows(behind: progress, firstRow, rows.count) }
      var step = try begin(progress, firstRow, isResumed: known != nil)
      let repeatedCount = Int(min(max(progress.lastRow - step.firstRow + 1, 0), Int64(rows.count)))
      try store.check(digests, repeatedCount, from: step.firstRow, of: progress)
      if progress.state == .completed { return step }
      let writer = ImportWriter(transaction: transaction, target: target)
      try process(request, rows, &step, apply: apply) { error, progress in
        try writer.add(error, to: &progress)
      }
      try writer.add(
        digests.dropping(first: repeatedCount), from: progress.lastRow + 1, of: request.importID)
      step.progress.state = .running
      step.progress.updateTime = transaction.now
      try writer.save(step.progress)
      return step
    }
  }

  private func rehearseChunk<Request: BulkRequest>(
    _ request: Request, _ rows: Range<Int>, _ firstRow: Int64?, _ rehearsed: ImportProgress?,
    _ context: StreamContext,
    _ rehearse: @escaping @Sendable (Request, Snapshot) -> (Request.Row) throws -> RowOutcome
  ) async throws -> Step {
    try await context.read { snapshot in
      var progress = rehearsed ?? ImportProgress(importID: request.importID, at: snapshot.now)
      // A dry run may begin anywhere: it shows what the rest of a file would do.
      if rehearsed == nil, let firstRow { progress.lastRow = firstRow - 1 }
      var step = try begin(progress, firstRow, isResumed: rehearsed != nil)
      try process(request, rows, &step, apply: rehearse(request, snapshot)) { _, progress in
        progress.errorCount += 1
      }
      step.progress.updateTime = snapshot.now
      let looked = step.progress.rowsCreated + step.progress.rowsUpdated + step.progress.rowsUnchanged
      guard looked <= BulkImport.maximumDryRunRows else {
        throw WorkersError.importTooLong(limit: BulkImport.maximumDryRunRows)
      }
      return step
    }
  }

  /// Refuses rows that come behind the last one of a completed import: those of another file, most likely.
  private func refuseRows(behind progress: ImportProgress, _ firstRow: Int64?, _ count: Int) throws {
    guard let firstRow, firstRow + Int64(count) - 1 <= progress.lastRow else {
      throw WorkersError.importCompleted(progress)
    }
  }

  /// Finds where a chunk's rows stand. A stream that resumes must say so itself, or rows would be counted twice.
  private func begin(_ progress: ImportProgress, _ firstRow: Int64?, isResumed: Bool) throws -> Step {
    if firstRow == nil, isResumed {
      throw WorkersError.invalid([
        FieldViolation(
          "first_row", "REQUIRED",
          "must be given, because row \(progress.lastRow) of this import is committed; go on with the next one",
          "此导入已提交到第 \(progress.lastRow) 行,须给出起始行号")
      ])
    }
    let firstRow = firstRow ?? 1
    guard firstRow <= progress.lastRow + 1 else {
      throw WorkersError.importGap(lastRow: progress.lastRow, firstRow: firstRow)
    }
    return Step(progress: progress, firstRow: firstRow)
  }

  private func process<Request: BulkRequest>(
    _ request: Request, _ rows: Range<Int>, _ step: inout Step,
    apply: (Request.Row) throws -> RowOutcome,
    record: (RowError, inout ImportProgress) throws -> Void
  ) throws {
    let committedRow = step.progress.lastRow
    for (offset, index) in rows.enumerated() {
      let number = step.firstRow + Int64(offset)
      guard number > committedRow else { continue }
      let row = request.rows[index]
      do {
        step.progress.count(try apply(row))
      } catch let error as WorkersError {
        step.progress.countFailure()
        for rowError in rowErrors(error, number, row) {
          try record(rowError, &step.progress)
          step.errors.append(rowError)
        }
      }
    }
  }

  /// One error for each field at fault.
  private func rowErrors(_ error: WorkersError, _ number: Int64, _ row: some BulkRow) -> [RowError] {
    func rowError(_ field: String, _ reason: String, _ description: String, _ chinese: String) -> RowError {
      let column = target.column(for: field)
      // Words that quote a code would quote an identity number of fifteen digits too.
      return RowError(
        row: number, column: column, value: Masking.value(row.value(ofColumn: column), ofColumn: column),
        reason: reason, description: Masking.numbers(in: description, from: 15),
        descriptionZh: Masking.numbers(in: chinese, from: 15))
    }
    let refusal = error.refusal
    guard refusal.violations.isEmpty else {
      return refusal.violations.map { rowError($0.field, $0.reason, $0.description, $0.descriptionChinese) }
    }
    return (refusal.fields.isEmpty ? [""] : refusal.fields).map {
      rowError($0, refusal.reason, refusal.message, refusal.messageChinese)
    }
  }

  private func complete(_ importID: String, _ context: StreamContext) async throws -> ImportSummary {
    try await context.write { transaction in
      guard var progress = try ImportStore(snapshot: transaction, target: target).progress(importID) else {
        throw WorkersError.importNotFound(id: importID)
      }
      if progress.state == .completed { return progress.summary(isDryRun: false) }
      progress.state = .completed
      progress.updateTime = transaction.now
      try ImportWriter(transaction: transaction, target: target).save(progress)
      return progress.summary(isDryRun: false)
    }
  }
}
