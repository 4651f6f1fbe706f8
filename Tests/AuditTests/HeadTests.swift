import Audit
import Formats
import Testing

@Suite struct HeadTests {
  /// RFC 8032, section 7.1, test 1.
  @Test func keysAreThoseOfTheStandard() throws {
    let seed = try #require(
      Hexadecimal.bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", count: 32))
    #expect(
      Hexadecimal.text(try AuditSigner(seed: seed).publicKey)
        == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    #expect(throws: AuditError.seedMalformed) { try AuditSigner(seed: [1, 2, 3]) }
  }

  @Test(arguments: [
    (Int64(1_767_574_800_000), "2026-01-05T01:00:00.000Z"), (1_709_164_799_999, "2024-02-28T23:59:59.999Z"),
    (1_709_251_199_001, "2024-02-29T23:59:59.001Z"), (0, "1970-01-01T00:00:00.000Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
  ])
  func timesAreThoseOfTheCalendar(milliseconds: Int64, text: String) throws {
    let head = try AuditSigner(seed: Log.seed).head(
      sequence: 7, hash: AuditRecord.firstPreviousHash, timeMilliseconds: milliseconds)
    #expect(head.line.contains(" time=\(text) "))
    #expect(try AuditHead(line: head.line) == head)
  }

  @Test func aLineIsReadAsItWasWrittenAndNoOtherIs() throws {
    let head = try Log.head(5)
    #expect(head.isSignatureValid)
    #expect(try AuditHead(line: "  \(head.line)\n") == head)
    #expect(try AuditHead.parse(lines: "# heads\n\n\(head.line)\n\(head.line)\r\n") == [head, head])
    let changes: [(String, String)] = [
      ("v1", "v2"), ("sequence=5", "sequence=+5"), ("sequence=5", "sequence=-5"),
      ("time=2026-01", "time=2026-13"),
      ("key=", "kex="), ("Z hash", "Z  extra hash"), ("signature=", "signature=0"),
    ]
    for (old, new) in changes {
      #expect(throws: AuditError.headMalformed) { try AuditHead(line: head.line.replacing(old, with: new)) }
    }
    #expect(throws: AuditError.headMalformed) { try AuditHead(line: "") }
    #expect(throws: AuditError.headMalformed) { try AuditHead.parse(lines: "hello") }
  }

  @Test func everyValueIsSigned() throws {
    let head = try Log.head(5)
    for (old, new) in [
      ("sequence=5", "sequence=6"), (".000Z", ".001Z"), ("hash=", "hash=0"), ("key=", "key=0"),
    ] {
      var line = head.line.replacing(old, with: new)
      // Keeps the length of what was lengthened by a digit in front.
      if new.hasSuffix("=0"), let range = line.firstRange(of: new) {
        let value = line[range.upperBound...].prefix { $0 != " " }
        line.replaceSubrange(value.startIndex..<value.endIndex, with: value.dropLast())
      }
      #expect(line != head.line)
      #expect(try !AuditHead(line: line).isSignatureValid)
    }
  }
}
