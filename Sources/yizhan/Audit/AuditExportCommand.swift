import Audit
import RPC
import Wire

/// `yizhan audit export`.
struct AuditExportCommand {
  private static let path = "/yizhan.audit.v1.AuditService/ExportRecords"
  /// How often a broken connection is taken up again without a record in between.
  private static let attemptsLimit = 5

  let session: Session
  private var console: any Console { session.console }
  private var isChinese: Bool { session.options.prefersChinese }

  /// - Throws: `UsageError`, `Status`, `CancellationError`.
  func run(_ parsed: ParsedArguments) async throws -> ExitCode {
    guard let path = parsed.words.first else {
      throw UsageError("to which file?", hint: "see: yizhan audit export --help")
    }
    let first = try firstRecord(parsed)
    if Files.exists(path) {
      throw UsageError("\(path) is there already", hint: "an export replaces nothing: choose another name")
    }
    let file = try PartialFile(path)
    let found = try AuditExport.progress(of: file.source())
    if file.wasThere, !parsed.has("resume") {
      throw UsageError(
        "\(file.partPath) is there from an export that broke off",
        hint: "go on with --resume, or remove it first")
    }
    // Shorter than that, it may have broken off in its first frame.
    guard found != nil || file.sizeAtFirst < AuditExport.openingFrameBytes else {
      throw UsageError(
        "\(file.partPath) is no part of an export", hint: "move it away, or export to another name")
    }
    var (next, size) = found ?? (first, 0)
    try file.cut(to: size)
    let server = try await session.server()
    var attempt = 1
    while true {
      do {
        try await receive(from: next, file, server)
        break
      } catch let status as Status {
        guard attempt < Self.attemptsLimit, !Task.isCancelled,
          let delay = Server.retryDelay(after: status, attempt: attempt + 2)
        else {
          leave(file, path)
          throw Task.isCancelled ? CancellationError() : status
        }
        console.errorLine(isChinese ? "连接中断,正在继续……" : "the connection broke; going on …")
        try await server.sleep(delay)
        let before = next
        (next, size) = try AuditExport.progress(of: file.source()) ?? (first, 0)
        try file.cut(to: size)
        attempt = next > before ? 1 : attempt + 1
      } catch is CancellationError {
        leave(file, path)
        throw CancellationError()
      }
    }
    return try finish(file, path)
  }

  private func firstRecord(_ parsed: ParsedArguments) throws -> Int64 {
    guard let text = parsed.value("from") else { return 1 }
    guard !parsed.has("resume") else {
      throw UsageError("--resume goes on where FILE.part ends", hint: "leave --from out")
    }
    guard let number = Int64(text), number > 0 else {
      throw UsageError("\"\(text)\" is not the number of a record", hint: "for example: --from 1001")
    }
    return number
  }

  /// Checks the file while it has not its name yet; a log that is not right is kept all the same, as evidence.
  private func finish(_ file: PartialFile, _ path: String) throws -> ExitCode {
    do {
      let report = try AuditVerifier().verify(file.source())
      try file.finish()
      console.errorLine(
        isChinese
          ? "\(path):第 \(report.firstSequence) 至 \(report.lastSequence) 条记录,\(report.sizeBytes) 字节;已核对"
          : "\(path): records \(report.firstSequence) to \(report.lastSequence), \(report.sizeBytes) bytes; verified"
      )
      return .ok
    } catch let fault as AuditFault {
      try file.finish()
      AuditVerifyCommand(session: session).report(fault, path)
      return .tampered
    }
  }

  /// Says how to go on, if there is anything to go on with.
  private func leave(_ file: PartialFile, _ path: String) {
    guard let source = try? file.source(), (try? AuditExport.progress(of: source)) != nil else {
      return file.discard()
    }
    console.errorLine((isChinese ? "继续导出:" : "to go on: ") + "yizhan audit export \(path) --resume")
  }

  private func receive(from next: Int64, _ file: PartialFile, _ server: Server) async throws {
    var request = WireWriter()
    request.tag(1, .varint)
    request.varint(UInt64(next))
    let stream = try await server.open(Self.path)
    try await withTaskCancellationHandler {
      try await stream.send(request.bytes)
      try await stream.finishSending()
      var bar: ProgressBar?
      defer { bar?.clear() }
      while let bytes = try await stream.next() {
        let chunk = try Chunk(bytes)
        try file.append(chunk.data)
        let first = Int(clamping: next - 1)
        if bar == nil {
          bar = ProgressBar(
            console: console, total: Int(clamping: chunk.lastSequence), first: first, unit: "records")
        }
        if chunk.sequence > 0 { bar?.update(done: Int(clamping: chunk.sequence)) }
      }
    } onCancel: {
      stream.cancel()
    }
  }

  /// A yizhan.audit.v1.ExportChunk.
  private struct Chunk {
    var data: [UInt8] = []
    var sequence: Int64 = 0
    var lastSequence: Int64 = 0

    init(_ bytes: [UInt8]) throws {
      var reader = WireReader(bytes)
      while !reader.isAtEnd {
        let (field, type) = try reader.tag()
        switch (field, type) {
        case (1, .lengthDelimited): data = try reader.lengthDelimited().remaining()
        case (2, .varint): sequence = Int64(truncatingIfNeeded: try reader.varint())
        case (3, .varint): lastSequence = Int64(truncatingIfNeeded: try reader.varint())
        default: try reader.skip(type, number: field)
        }
      }
    }
  }
}
