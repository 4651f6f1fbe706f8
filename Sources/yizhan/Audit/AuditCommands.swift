import Audit
import RPC
import Wire

/// Commands on the audit log that are more than a call: they write its file, and check it without a server.
enum AuditCommands {
  static let all: [StaticCommand] = [
    StaticCommand(
      module: "audit", name: "export",
      about: "Write the audit log to a file, to be kept and checked elsewhere.",
      details: """
        Writes FILE.part and gives it its name once it is whole and on disk. An export that broke off goes on with \
        --resume. A later export that begins behind this one can be joined to it with cat. The records stay sealed: \
        nobody reads personal data from the file.
        """,
      words: ["FILE"],
      specs: [
        OptionSpec(
          name: "from", placeholder: "SEQUENCE",
          about: "The first record; 1 unless given. Where an earlier export ended: yizhan audit verify FILE."),
        OptionSpec(name: "resume", about: "Go on with FILE.part where it ends."),
      ],
      run: { session, parsed, _ in try await AuditExportCommand(session: session).run(parsed) }),
    StaticCommand(
      module: "audit", name: "verify", about: "Check an exported audit log; needs no server.",
      details: """
        Checks that no record was changed, dropped, added or moved, and names the first one at fault. Ends with 0 if \
        nothing is wrong, with 3 if the log was tampered with or is not whole.

        A log alone cannot show that its tail was cut, or that all of it was made anew. A head that was kept \
        elsewhere can: give each file of heads with --head. The host's public key, noted when it was set up, shows \
        that it was this host that signed: --public-key. It shows no cut tail, which may end with an earlier head.
        """,
      words: ["FILE"],
      specs: [
        OptionSpec(
          name: "head", placeholder: "FILE", repeats: true,
          about:
            "Heads that were kept, one a line, as \"yizhan audit head\" prints them. Their key is trusted.",
          completion: .file),
        OptionSpec(
          name: "public-key", placeholder: "HEX", repeats: true,
          about: "The public key that heads must be signed with: 64 hexadecimal digits."),
      ],
      run: { session, parsed, _ in try AuditVerifyCommand(session: session).run(parsed) }),
    StaticCommand(
      module: "audit", name: "head",
      about: "Print the signed end of the audit log as one line, to be kept elsewhere.",
      details: """
        Keep it where whoever runs the host cannot change it, once an hour for example:

        0 * * * * yizhan audit head | ssh archive 'cat >> heads'
        """,
      run: { session, _, _ in try await head(session) }),
  ]

  private static let headPath = "/yizhan.audit.v1.AuditService/GetHead"

  private static func head(_ session: Session) async throws -> ExitCode {
    let reply = try await session.server().call(headPath, [])
    var reader = WireReader(reply.message)
    var line = ""
    while !reader.isAtEnd {
      let (field, type) = try reader.tag()
      if field == 7, type == .lengthDelimited {
        line = try reader.string()
      } else {
        try reader.skip(type, number: field)
      }
    }
    guard let head = try? AuditHead(line: line), head.isSignatureValid else {
      throw Status(.internalError, "the server sent no valid head of its audit log")
    }
    session.console.line(head.line)
    return .ok
  }
}
