import Audit
import Formats
import Wire

/// `yizhan audit verify`.
struct AuditVerifyCommand {
  /// A file of heads: one an hour for five years.
  private static let headsLimitBytes = 32 << 20

  let session: Session
  private var console: any Console { session.console }
  private var isChinese: Bool { session.options.prefersChinese }

  /// - Throws: `UsageError` for files that cannot be read and heads or keys that are none.
  func run(_ parsed: ParsedArguments) throws -> ExitCode {
    guard let path = parsed.words.first else {
      throw UsageError("which file?", hint: "see: yizhan audit verify --help")
    }
    let heads = try parsed.values("head").flatMap(readHeads)
    let keys = try parsed.values("public-key").map { text in
      guard let key = Hexadecimal.bytes(text, count: 32) else {
        throw UsageError(
          "\"\(text)\" is not a public key", hint: "64 hexadecimal digits; see key= in: yizhan audit head")
      }
      return key
    }
    let verifier = AuditVerifier(publicKeys: keys, heads: heads)
    let file = try FileSource(path)
    do {
      show(try verifier.verify(file.read))
      return .ok
    } catch let fault as AuditFault {
      report(fault, path)
      return .tampered
    }
  }

  /// Says what is wrong with a log.
  func report(_ fault: AuditFault, _ path: String) {
    let text = isChinese ? fault.descriptionChinese : fault.description
    console.errorLine("yizhan: \(DisplayWidth.safe(path)): \(text)")
  }

  private func readHeads(_ path: String) throws -> [AuditHead] {
    let bytes = try Files.read(path, limitBytes: Self.headsLimitBytes)
    guard let text = String(validating: bytes, as: UTF8.self), let heads = try? AuditHead.parse(lines: text),
      !heads.isEmpty
    else {
      throw UsageError(
        "\(path) does not hold heads of an audit log, one a line", hint: "yizhan audit head prints one")
    }
    return heads
  }

  private func show(_ report: AuditVerifier.Report) {
    let facts: [(String, String)] = [
      ("state", "OK"),
      ("first record", String(report.firstSequence)),
      ("last record", String(report.lastSequence)),
      ("signed", LocalTime.text(seconds: report.head.timeMilliseconds / 1_000)),
      ("public key", Hexadecimal.text(report.head.publicKey)),
      ("key trusted", report.isKeyTrusted ? "yes" : "no"),
      ("kept heads matching", String(report.matchingHeads)),
      ("kept heads before the file", String(report.earlierHeads)),
    ]
    switch session.options.output {
    case .table:
      for (name, value) in facts { console.line(DisplayWidth.pad(name, to: 26) + "  " + value) }
    case .csv:
      console.write(CSV.record(facts.map { $0.0.replacing(" ", with: "_") }))
      console.write(CSV.record(facts.map(\.1)))
    case .json, .jsonl:
      let members = facts.map { JSONValue.Member($0.0.replacing(" ", with: "_"), .string($0.1)) }
      console.line(JSONValue.object(members).text(indented: session.options.output == .json))
    }
    if !report.isKeyTrusted {
      console.errorLine(
        isChinese
          ? "注意:公钥出自文件本身;请用 --head 或 --public-key"
          : "note: the public key is the file's own word; give --head FILE or --public-key HEX")
    }
    // A key says who signed, and whoever cut the tail may have an earlier head that is signed with it.
    if report.lastKeptSequence == nil {
      console.errorLine(
        isChinese
          ? "注意:没有留存文件中任何记录的链头,末尾若被截断无从得知;请用 --head"
          : "note: nothing shows a cut tail: no kept head is of a record in the file; give --head FILE")
    }
  }
}
