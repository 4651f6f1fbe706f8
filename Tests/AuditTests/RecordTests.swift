import Audit
import Testing

@Suite struct RecordTests {
  static let record = AuditRecord(
    sequence: 1, timeMilliseconds: 1_767_574_800_000, principal: "p", credential: "c", method: "m/M",
    module: "m", requestID: "r", subject: "s", purpose: "", persons: ["a", "bc"], digest: [1, 2], changes: [])

  /// Computed with Python: hashlib.sha256 over struct.pack of the documented form.
  @Test func hashIsThatOfTheDocumentedForm() {
    let hash = Self.record.hash(after: AuditRecord.firstPreviousHash)
    #expect(
      hash.map { String($0, radix: 16).count == 1 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
        .joined() == "7c9f3d63ecc22c10b793032a7a813a98a3a91e50956d3dd0dc3c36127096471c")
  }

  @Test func everyFieldCounts() {
    let plain = Self.record.hash(after: AuditRecord.firstPreviousHash)
    var seen: Set = [plain]
    func expectNew(_ change: (inout AuditRecord) -> Void) {
      var record = Self.record
      change(&record)
      #expect(seen.insert(record.hash(after: AuditRecord.firstPreviousHash)).inserted)
    }
    expectNew { $0.sequence = 2 }
    expectNew { $0.timeMilliseconds += 1 }
    expectNew { $0.principal = "q" }
    expectNew { $0.credential = "" }
    expectNew { $0.method = "m/N" }
    expectNew { $0.module = "n" }
    expectNew { $0.requestID = "" }
    expectNew { $0.subject = "" }
    expectNew { $0.purpose = "register" }
    expectNew { $0.persons = ["ab", "c"] }
    expectNew { $0.persons = ["abc"] }
    expectNew { $0.digest = [1, 3] }
    expectNew { $0.changes = [0] }
    // What moves from one field to the next is another record.
    expectNew {
      $0.requestID = "rs"; $0.subject = ""
    }
    #expect(seen.insert(Self.record.hash(after: plain)).inserted)
  }
}

@Suite struct RowChangeTests {
  @Test func changesComeBackAsTheyWereWritten() throws {
    var writer = ChangeWriter()
    let shape = TableShape(table: "t", columns: ["id", "n"]).identifier
    writer.begin(.insert, shape: shape, maximumColumns: 5)
    writer.column(0)
    "壹".utf8.withContiguousStorageIfAvailable { writer.text(UnsafeRawBufferPointer($0)) }
    for (index, number) in [Int64.min, -1, 0, .max].enumerated() {
      writer.column(index + 1)
      writer.integer(number)
    }
    writer.end()
    writer.begin(.update, shape: shape, maximumColumns: 200)
    for index in 0..<200 {
      writer.column(index)
      writer.null()
      writer.real(1.5)
    }
    writer.end()
    writer.begin(.delete, shape: shape, maximumColumns: 1)
    writer.column(1)
    [UInt8](repeating: 7, count: 300).withUnsafeBytes { writer.blob($0) }
    writer.end()

    let changes = try RowChange.decode(writer.bytes)
    #expect(changes.map(\.operation) == [.insert, .update, .delete])
    #expect(changes.allSatisfy { $0.shape == shape })
    #expect(
      changes[0].columns.map(\.new) == [
        .text("壹"), .integer(.min), .integer(-1), .integer(0), .integer(.max),
      ])
    #expect(changes[0].columns.allSatisfy { $0.old == nil })
    #expect(changes[1].columns.count == 200)
    #expect(changes[1].columns[199] == RowChange.Column(index: 199, old: .null, new: .real(1.5)))
    #expect(
      changes[2].columns == [.init(index: 1, old: .bytes([UInt8](repeating: 7, count: 300)), new: nil)])
  }

  @Test func whatIsCutIsMalformed() throws {
    var writer = ChangeWriter()
    writer.begin(.update, shape: [UInt8](repeating: 1, count: 8), maximumColumns: 1)
    writer.column(3)
    writer.integer(1)
    "x".utf8.withContiguousStorageIfAvailable { writer.text(UnsafeRawBufferPointer($0)) }
    writer.end()
    #expect(try RowChange.decode(writer.bytes).count == 1)
    for count in 1..<writer.bytes.count {
      #expect(throws: AuditError.changesMalformed) { try RowChange.decode(Array(writer.bytes[..<count])) }
    }
  }

  @Test func anyBytesAreReadOrRefused() {
    var state: UInt64 = 42
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      for _ in 0..<Int(state >> 58) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 33) & (state >> 62 == 0 ? 0xff : 0x07))
      }
      _ = try? RowChange.decode(bytes)
    }
  }
}
