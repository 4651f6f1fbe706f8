import Audit
import Testing

@testable import yizhan

/// What `yizhan audit verify` says of a log in which nothing is wrong.
@Suite struct AuditVerifyTests {
  static let tail = "nothing shows a cut tail"
  static let key = "the public key is the file's own word"

  /// A log of two records, the heads of both, and the host's public key.
  private struct Log {
    var bytes: [UInt8] = []
    var heads: [AuditHead] = []
    let publicKey: String

    init() throws {
      let signer = try AuditSigner(seed: [UInt8](0..<32))
      publicKey = signer.publicKey.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
      var export = AuditExport()
      var hash = AuditRecord.firstPreviousHash
      export.open(at: 1, after: hash)
      for sequence in Int64(1)...2 {
        let record = AuditRecord(
          sequence: sequence, timeMilliseconds: 1_767_574_800_000, principal: "p", credential: "c",
          method: "m", module: "wishes", requestID: "r", subject: "", purpose: "", persons: [], digest: [],
          changes: [])
        hash = record.hash(after: hash)
        try export.append(record, hash: hash)
        heads.append(
          try signer.head(sequence: sequence, hash: hash, timeMilliseconds: 1_767_574_900_000))
      }
      export.append(heads[1])
      bytes = export.take()
    }
  }

  /// A key says who signed. Whoever cut the tail may have ended the log with a head that was signed before.
  @Test(
    arguments: [
      ([], [AuditVerifyTests.key, AuditVerifyTests.tail]), (["--public-key"], [AuditVerifyTests.tail]),
      (["--head"], []), (["--head", "--public-key"], []),
    ] as [([String], Set<String>)])
  func notesWhatWasNotShown(given: [String], expected: Set<String>) async throws {
    let log = try Log()
    try await withFolder { folder in
      try Files.write(log.bytes, to: "\(folder)/log")
      try Files.write(Array((log.heads[0].line + "\n").utf8), to: "\(folder)/heads")
      let values = ["--head": "\(folder)/heads", "--public-key": log.publicKey]
      let options = given.flatMap { [$0, values[$0] ?? ""] }
      let server = try FakeServer()
      let outcome = await server.run(["audit", "verify", "\(folder)/log"] + options)
      #expect(outcome.code == .ok, "\(outcome.error)")
      for note in [Self.key, Self.tail] {
        #expect(outcome.error.contains(note) == expected.contains(note), "\(given): \(outcome.error)")
      }
      #expect(outcome.error.contains("--public-key HEX") == expected.contains(Self.key))
    }
  }
}
