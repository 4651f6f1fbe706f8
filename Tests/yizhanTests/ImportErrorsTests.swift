import Glibc
import RPC
import Testing
import Wire

@testable import yizhan

/// What becomes of the errors of an import's rows: how many are to be had, and where they go.
@Suite struct ImportErrorsTests {
  /// The rows in a range, each with one error.
  private static func errors(_ rows: ClosedRange<Int>) -> JSONValue {
    .array(rows.map { .object([.init("row", .string(String($0))), .init("description", .string("bad"))]) })
  }

  private static func csv(_ rows: Int) -> String { "name\n" + String(repeating: "a\n", count: rows) }

  /// A server whose reply has the first 100 errors, and which keeps the first 10,000 as bulk.proto has it.
  private func server(failed: Int) throws -> FakeServer {
    let reply = JSONValue.object([
      .init("summary", .object([.init("rowsFailed", .string(String(failed)))])),
      .init("errors", Self.errors(1...min(failed, 100))),
    ])
    return try FakeServer([
      "LockerService/ImportLockers": { _ in [reply] },
      "LockerService/GetImport": { _ in throw Status(.notFound, "no such import") },
      "LockerService/ListImportErrors": { call in
        if call.requests[0]["import_id"] == .string("dry") { throw Status(.notFound, "no such import") }
        return [.object([.init("errors", Self.errors(1...min(failed, 10_000)))])]
      },
    ])
  }

  private func run(_ server: FakeServer, rows: Int, _ arguments: String...) async -> Outcome {
    await server.run(["lockers", "import", "-"] + arguments, console: MemoryConsole(input: Self.csv(rows)))
  }

  private func lines(_ path: String) throws -> Int {
    try Files.read(path, limitBytes: 1 << 20).filter { $0 == UInt8(ascii: "\n") }.count
  }

  @Test func aDryRunSaysThatItsReplyHasNotAllErrors() async throws {
    let server = try server(failed: 300)
    try await withFolder { folder async throws in
      let path = "\(folder)/e300.csv"
      let outcome = await run(
        server, rows: 300, "--dry-run", "--import-id", "dry", "-o", "table", "--errors", path)
      #expect(outcome.code == .rowsFailed)
      #expect(
        outcome.error.hasSuffix(
          "the errors of 100 of 300 failed rows are in \(path): "
            + "the reply of a dry run has the first 100 errors only\n"), "\(outcome.error)")
      #expect(!outcome.error.contains("there are more errors"))
      #expect(try lines(path) == 101)
    }
    // An import of that name is another thing than a dry run.
    #expect(server.calls.map(\.path) == ["/yizhan.lockers.v1.LockerService/ImportLockers"])
    let shown = await run(server, rows: 300, "--dry-run", "-o", "table")
    #expect(
      shown.error.hasSuffix(
        "(there are more errors; the reply of a dry run has the first 100 errors only)\n"))
  }

  @Test func anImportSaysThatTheServerKeepsNotAllErrors() async throws {
    let server = try server(failed: 12_000)
    try await withFolder { folder async throws in
      let path = "\(folder)/e.csv"
      let outcome = await run(server, rows: 12_000, "--import-id", "t1", "-o", "table", "--errors", path)
      #expect(
        outcome.error.hasSuffix(
          "the errors of 10,000 of 12,000 failed rows are in \(path): "
            + "a server keeps the first 10,000 errors of an import, for 30 days\n"), "\(outcome.error)")
      #expect(!outcome.error.contains("there are more errors"))
      #expect(try lines(path) == 10_001)
    }
    let shown = await run(server, rows: 12_000, "--import-id", "t2", "-o", "table")
    #expect(shown.error.hasSuffix("(there are more errors: --resume t2 --errors FILE.csv)\n"))
  }

  @Test func aFileOfAllErrorsIsCalledThat() async throws {
    let server = try server(failed: 300)
    try await withFolder { folder async throws in
      let path = "\(folder)/e.csv"
      let outcome = await run(server, rows: 300, "--import-id", "t1", "-o", "table", "--errors", path)
      #expect(outcome.error.hasSuffix("\n300 errors are in \(path)\n"), "\(outcome.error)")
      #expect(try lines(path) == 301)
    }
  }

  /// A row can have several errors, so that a reply with enough of them may still lack rows.
  @Test func rowsAreCountedAndNotTheirErrors() async throws {
    let server = try server(failed: 3)
    server.handle("LockerService/ImportLockers") { _ in
      let error = #"{"row": "3", "description": "bad"}"#
      let reply = #"{"summary": {"rowsFailed": "3"}, "errors": [\#(error), \#(error), \#(error)]}"#
      return [try JSONValue(parsing: reply)]
    }
    let outcome = await run(server, rows: 3, "-o", "table")
    #expect(server.calls.last?.path == "/yizhan.lockers.v1.LockerService/ListImportErrors")
    // The header is line 1.
    let lines = outcome.outputLines.suffix(4).map { line in line.prefix { $0 != " " } }
    #expect(lines == ["2", "3", "4", ""])
  }

  @Test func aPlaceWhereNothingCanBeWrittenIsNoticedFirst() async throws {
    let server = try server(failed: 1)
    try await withFolder { folder async throws in
      for path in ["\(folder)/none/e.csv", folder] {
        let outcome = await run(server, rows: 1, "--errors", path)
        #expect(outcome.code == .usage)
        #expect(outcome.error.hasPrefix("yizhan: cannot write \(path): "), "\(outcome.error)")
      }
    }
    #expect(server.calls.isEmpty)
  }

  @Test func aFailureToWriteAfterTheImportIsTold() async throws {
    let server = try server(failed: 1)
    try await withFolder { folder async throws in
      let path = "\(folder)/e.csv"
      server.handle("LockerService/ImportLockers") { _ in
        // What can happen while rows are sent: the place is taken by what a file cannot replace.
        mkdir(path, 0o700)
        return [
          try JSONValue(
            parsing: #"{"summary": {"rowsFailed": "1"}, "errors": [{"row": "1", "description": "bad"}]}"#)
        ]
      }
      let outcome = await run(server, rows: 1, "--import-id", "t1", "--errors", path)
      #expect(outcome.code == .outputFailed && ExitCode.outputFailed.rawValue == 74)
      #expect(outcome.error.contains("yizhan: cannot write \(path): "))
      #expect(
        outcome.error.contains("the import is done; to get its errors: --resume t1 --errors ANOTHER.csv"))
      // The counts were shown before, and no draft is left.
      #expect(outcome.output.contains("rowsFailed"))
      #expect(!Files.exists("\(path).\(getpid()).tmp"))
    }
  }

  /// What a shell makes of ">(…)", and /dev/null, are written to, and no file takes their place.
  @Test func aPipeOfAShellIsWrittenTo() async throws {
    let server = try server(failed: 1)
    var ends: [Int32] = [-1, -1]
    let made = pipe(&ends)
    try #require(made == 0)
    let outcome = await run(server, rows: 1, "--errors", "/dev/fd/\(ends[1])")
    close(ends[1])
    let file = try Files.read(descriptor: ends[0], name: "pipe", limitBytes: 1 << 16)
    close(ends[0])
    #expect(outcome.code == .rowsFailed, "\(outcome.error)")
    #expect(String(decoding: file, as: UTF8.self).hasSuffix("\r\n2,1,,,,bad,\r\n"))
  }

  /// A log that the shell appends to keeps what it has.
  @Test func aStreamIsWrittenToWhereItIs() async throws {
    try await withFolder { folder async throws in
      let path = "\(folder)/host.log"
      try Files.write(Array("earlier\n".utf8), to: path)
      let log = open(path, O_WRONLY | O_APPEND)
      try #require(log >= 0)
      defer { close(log) }
      let outcome = await run(try server(failed: 1), rows: 1, "--errors", "/dev/fd/\(log)")
      #expect(outcome.code == .rowsFailed, "\(outcome.error)")
      let text = String(decoding: try Files.read(path, limitBytes: 1 << 16), as: UTF8.self)
      #expect(text.hasPrefix("earlier\n") && text.hasSuffix("\r\n2,1,,,,bad,\r\n"))
    }
  }

  @Test func valuesOfAFileAreNoFormulasInTheFileOfErrors() async throws {
    let server = try server(failed: 1)
    server.handle("LockerService/ImportLockers") { _ in
      let error = #"{"row": "1", "value": "=1+1", "description": "bad"}"#
      return [try JSONValue(parsing: #"{"summary": {"rowsFailed": "1"}, "errors": [\#(error)]}"#)]
    }
    try await withFolder { folder async throws in
      let path = "\(folder)/e.csv"
      _ = await run(server, rows: 1, "--errors", path)
      let file = String(decoding: try Files.read(path, limitBytes: 1 << 16), as: UTF8.self)
      #expect(file.hasSuffix("\r\n2,1,,'=1+1,,bad,\r\n"))
    }
  }

  /// What `-o csv` puts before a text is taken off again; numbers never have it.
  @Test func aFileThatTheProgramWroteIsImportedAsItWas() async throws {
    let server = try server(failed: 1)
    let csv = "name,area_code,shelf_count\n'=1+1,'tis,-3\n''+2,=3,4\n"
    _ = await server.run("lockers", "import", "-", console: MemoryConsole(input: csv))
    let request = try #require(server.calls.first?.requests.first)
    let rows = try JSONValue(
      parsing: #"""
        [{"name":"=1+1","areaCode":"'tis","shelfCount":-3},{"name":"'+2","areaCode":"=3","shelfCount":4}]
        """#)
    #expect(try request.json()["rows"] == rows)
  }
}
