import RPC
import Synchronization
import Testing
import Wire

@testable import yizhan

@Suite struct ImportTests {
  private func message(_ json: String, like other: DynamicMessage) throws -> DynamicMessage {
    try DynamicMessage(json: JSONValue(parsing: json), as: other.type, in: other.schema)
  }

  /// A server that imports and remembers the rows it got.
  private func server(reply: String = #"{"summary": {"rowsReceived": "3", "rowsCreated": "3"}}"#) throws
    -> FakeServer
  {
    let json = try JSONValue(parsing: reply)
    return try FakeServer([
      "LockerService/ImportLockers": { _ in [json] },
      "LockerService/GetImport": { _ in throw Status(.notFound, "no such import") },
    ])
  }

  private func run(
    _ server: FakeServer, _ csv: String, _ arguments: String..., environment: [String: String] = [:]
  )
    async -> Outcome
  {
    await server.run(
      ["lockers", "import", "-"] + arguments, console: MemoryConsole(input: csv), environment: environment)
  }

  @Test func rowsAreSentWithTheirFields() async throws {
    let server = try server()
    let csv =
      "\u{FEFF}name,areaCode,Shelf Count,state,tags\r\n\"东门,1号\",330106,4,free,a;b\r\n,,,,\r\n西门,,,,\r\n"
    let outcome = await run(server, csv, "--maker", "驿站", "--import-id", "t1", "-o", "table")
    #expect(outcome.code == .ok, "\(outcome.error)")
    let expected = #"""
      {"importId":"t1","firstRow":"1","maker":"驿站","rows":[
       {"name":"东门,1号","areaCode":"330106","shelfCount":4,"state":"STATE_FREE","tags":["a","b"]},{"name":"西门"}]}
      """#
    let request = try #require(server.calls.last?.requests.first)
    #expect(try request == message(expected, like: request))
    #expect(outcome.error.contains("import id: t1"))
    #expect(outcome.output == "rows received  3\nrows created   3\n")
  }

  @Test func manyRowsGoInBatches() async throws {
    let server = try server()
    let csv = "name\n" + (1...1234).map { "L\($0)\n" }.joined()
    #expect(await run(server, csv, "--dry-run").code == .ok)
    let requests = try #require(server.calls.first).requests
    #expect(requests.map { $0["first_row"] } == [.int64(1), .int64(501), .int64(1001)])
    #expect(requests.allSatisfy { $0["dry_run"] == .bool(true) })
    #expect(Set(requests.map { "\($0["import_id"]!)" }).count == 1)
    let counts = requests.map { request in
      if case .list(let rows)? = request["rows"] { rows.count } else { 0 }
    }
    #expect(counts == [500, 500, 234])
  }

  @Test func aTerminalSeesHowFarItIs() async throws {
    let csv = "name\n" + (1...1234).map { "L\($0)\n" }.joined()
    let watched = MemoryConsole(input: csv, isErrorTerminal: true)
    #expect(try await server().run("lockers", "import", "-", console: watched).code == .ok)
    #expect(watched.error.contains("0 of 1,234 rows"))
    #expect(watched.error.contains("] 100 %  1,234 of 1,234 rows"))
    #expect(!watched.output.contains("of 1,234"))
    let piped = MemoryConsole(input: csv)
    #expect(try await server().run("lockers", "import", "-", console: piped).code == .ok)
    #expect(!piped.error.contains("of 1,234"))
  }

  @Test func rowErrorsAreShownWithTheirLines() async throws {
    let reply = #"""
      {"summary": {"rowsReceived": "3", "rowsCreated": "2", "rowsFailed": "1"}, "errors": [{"row": "2", "column": "area_code",
       "value": "33", "reason": "AREA_CODE", "description": "is no area code", "descriptionZh": "不是区划代码"}]}
      """#
    let server = try server(reply: reply)
    // The first row takes two lines of the file and an empty line follows, so row 2 begins in line 5.
    let csv = "name,area_code\n\"a\nb\",1\n\nc,33\nd,1\n"
    try await withFolder { folder in
      let path = "\(folder)/errors.csv"
      let outcome = await run(server, csv, "-o", "table", "--errors", path)
      #expect(outcome.code == .rowsFailed)
      #expect(
        outcome.output.hasSuffix(
          "LINE  COLUMN     VALUE  REASON     ERROR\n5     area_code  33     AREA_CODE  is no area code\n"))
      let file = String(decoding: try Files.read(path, limitBytes: 1 << 16), as: UTF8.self)
      #expect(
        file
          == "line,row,column,value,reason,description,description_zh\r\n5,2,area_code,33,AREA_CODE,is no area code,不是区划代码\r\n"
      )
    }
    let chinese = await run(server, csv, "-o", "table", environment: ["LANG": "zh_CN.UTF-8"])
    #expect(chinese.output.contains("不是区划代码"))
  }

  @Test func errorsBeyondTheReplyAreFetched() async throws {
    let reply = #"{"summary": {"rowsFailed": "3"}, "errors": [{"row": "1", "description": "a"}]}"#
    let server = try server(reply: reply)
    server.handle("LockerService/ListImportErrors") { call in
      call.requests[0]["page_token"] == nil
        ? [
          try JSONValue(
            parsing:
              #"{"errors": [{"row": "1", "description": "a"}, {"row": "2", "description": "b"}], "nextPageToken": "x"}"#
          )
        ]
        : [try JSONValue(parsing: #"{"errors": [{"row": "3", "description": "c"}]}"#)]
    }
    let outcome = await run(server, "name\na\nb\nc\n", "-o", "table")
    #expect(outcome.code == .rowsFailed)
    #expect(
      outcome.outputLines.suffix(4) == [
        "2                            a", "3                            b", "4                            c",
        "",
      ])
  }

  @Test func anInterruptedImportGoesOn() async throws {
    let server = try server()
    server.handle("LockerService/GetImport") { _ in
      [try JSONValue(parsing: #"{"state": "IMPORT_STATE_RUNNING", "lastRow": "2"}"#)]
    }
    let outcome = await run(server, "name\na\nb\nc\n", "--resume", "t1")
    #expect(outcome.code == .ok, "\(outcome.error)")
    #expect(outcome.error.contains("going on with row 3"))
    let request = try #require(server.calls.last?.requests.first)
    // The rows that the server has come along, so that it can tell another file.
    #expect(
      try request
        == message(
          #"{"importId":"t1","firstRow":"1","rows":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#, like: request)
    )
  }

  @Test func aResumedImportSendsTheLastRowsAgain() async throws {
    let server = try server()
    server.handle("LockerService/GetImport") { _ in [try JSONValue(parsing: #"{"lastRow": "700"}"#)] }
    let csv = "name\n" + (1...1300).map { "L\($0)\n" }.joined()
    let console = MemoryConsole(input: csv, isErrorTerminal: true)
    #expect(await server.run("lockers", "import", "-", "--resume", "t1", console: console).code == .ok)
    let requests = try #require(server.calls.last).requests
    #expect(requests.map { $0["first_row"] } == [.int64(201), .int64(701), .int64(1201)])
    // What is sent again is no progress: the bar starts where the server is.
    #expect(console.error.contains("700 of 1,300 rows") && !console.error.contains("  200 of 1,300 rows"))
  }

  @Test func aFileThatDiffersIsNotOfferedAgain() async throws {
    let server = try server()
    server.handle("LockerService/GetImport") { _ in [try JSONValue(parsing: #"{"lastRow": "1"}"#)] }
    server.handle("LockerService/ImportLockers") { _ in
      throw Status(.failedPrecondition, "row 1 is another", reason: "IMPORT_DIFFERS")
    }
    let outcome = await run(server, "name\na\nb\n", "--resume", "t1")
    #expect(outcome.code == .callFailed)
    #expect(outcome.error.contains("row 1 is another") && !outcome.error.contains("to go on"))
  }

  @Test func whatTheServerCannotCompareIsNotSentAgain() async throws {
    let server = try server()
    server.handle("LockerService/GetImport") { _ in [try JSONValue(parsing: #"{"lastRow": "2"}"#)] }
    server.handle("LockerService/ImportLockers") { call in
      if call.requests[0]["first_row"] != .int64(3) {
        throw Status(.failedPrecondition, "over", reason: "IMPORT_ROWS_FORGOTTEN")
      }
      return [try JSONValue(parsing: #"{"summary": {"rowsReceived": "3"}}"#)]
    }
    let outcome = await run(server, "name\na\nb\nc\n", "--resume", "t1")
    #expect(outcome.code == .ok, "\(outcome.error)")
    #expect(outcome.error.contains("note: the server can no longer compare earlier rows"))
  }

  @Test func anotherFileThanBeforeIsRefused() async throws {
    let server = try server()
    server.handle("LockerService/GetImport") { _ in [try JSONValue(parsing: #"{"lastRow": "9"}"#)] }
    let outcome = await run(server, "name\na\n", "--resume", "t1")
    #expect(outcome.code == .usage)
    #expect(outcome.error.contains("the server has 9 rows of the import t1, and - has only 1"))
    #expect(server.calls.count == 1)
  }

  @Test func aCompleteImportIsNotSentAgain() async throws {
    let server = try server()
    server.handle("LockerService/GetImport") { _ in
      [try JSONValue(parsing: #"{"state": "IMPORT_STATE_COMPLETED", "lastRow": "3", "rowsFailed": "1"}"#)]
    }
    server.handle("LockerService/ListImportErrors") { _ in
      [try JSONValue(parsing: #"{"errors": [{"row": "2", "column": "name", "description": "is no name"}]}"#)]
    }
    try await withFolder { folder in
      let path = "\(folder)/errors.csv"
      let outcome = await run(
        server, "name\na\nb\nc\n", "--resume", "t1", "-o", "table", "--errors", path)
      #expect(outcome.code == .rowsFailed)
      #expect(outcome.error == "the import t1 is complete already\n1 errors are in \(path)\n")
      #expect(outcome.output.contains("rows failed  1\n"), "\(outcome.output)")
      #expect(outcome.output.contains("is no name"))
      let file = String(decoding: try Files.read(path, limitBytes: 1 << 16), as: UTF8.self)
      #expect(file.hasSuffix("\r\n3,2,name,,,is no name,\r\n"))
    }
    #expect(
      server.calls.map(\.path) == [
        "/yizhan.lockers.v1.LockerService/GetImport", "/yizhan.lockers.v1.LockerService/ListImportErrors",
      ])
    // A script sees what it would have seen had the connection held.
    let json = try JSONValue(parsing: await run(server, "name\na\nb\nc\n", "--resume", "t1").output)
    #expect(json["summary"]?["rowsFailed"]?.string == "1")
    guard case .array(let errors)? = json["errors"] else { throw UsageError("no errors in \(json)") }
    #expect(errors.map { $0["row"]?.string } == ["2"])
    let longer = await run(server, "name\na\nb\nc\nd\n", "--resume", "t1")
    #expect(longer.error.contains("note: it has 3 rows, and - has 4; is that its file?"))
  }

  @Test func aBrokenConnectionIsTakenUpWhereTheServerIs() async throws {
    let attempts = Mutex(0)
    let server = try FakeServer([
      "LockerService/ImportLockers": { _ in
        if attempts.withLock({
          $0 += 1; return $0
        }) == 1 {
          throw Status(.unavailable, "gone")
        }
        return [try JSONValue(parsing: #"{"summary": {"rowsReceived": "3"}}"#)]
      },
      "LockerService/GetImport": { _ in [try JSONValue(parsing: #"{"lastRow": "1"}"#)] },
    ])
    #expect(await run(server, "name\na\nb\nc\n").code == .ok)
    #expect(server.calls.last?.requests.first?["first_row"] == .int64(2))
  }

  @Test func theNameOfAnotherImportIsRefused() async throws {
    let server = try server()
    server.handle("LockerService/GetImport") { _ in
      [try JSONValue(parsing: #"{"state": "IMPORT_STATE_COMPLETED", "lastRow": "1200"}"#)]
    }
    let outcome = await run(server, "name\na\n", "--import-id", "t1")
    #expect(outcome.code == .usage)
    #expect(outcome.error.contains("there is an import t1 already, with 1,200 rows"))
    #expect(outcome.error.contains("--resume t1"))
    #expect(server.calls.map(\.path) == ["/yizhan.lockers.v1.LockerService/GetImport"])
    // A dry run keeps nothing, so that it cannot be mistaken for the import of its name.
    #expect(await run(server, "name\na\n", "--import-id", "t1", "--dry-run").code == .ok)
  }

  @Test func aFailureSaysHowToGoOn() async throws {
    let server = try FakeServer([
      "LockerService/ImportLockers": { _ in throw Status(.internalError, "disk full") },
      "LockerService/GetImport": { _ in throw Status(.notFound, "no such import") },
    ])
    try await withFolder { folder in
      let path = "\(folder)/errors.csv"
      let outcome = await run(
        server, "name\na\n", "--import-id", "t1", "--maker", "a b", "-o", "table", "--errors", path)
      #expect(outcome.code == .callFailed)
      #expect(
        outcome.error.contains(
          "to go on: yizhan lockers import --file - --maker='a b' --output=table --errors=\(path) --resume t1"
        ))
      // An empty file of errors would say that there were none.
      #expect(!Files.exists(path))
    }
  }

  @Test(arguments: [
    ("nmae\na\n", "line 1 of - has an unknown column \"nmae\"; did you mean \"name\"?"),
    ("name,name\na,b\n", "has the column \"name\" twice"), ("", "- is empty"),
    ("name,\na,b\n", "no name for column 2"),
    ("name,shelf_count\na,x\n", "shelf_count  is a whole number"),
    ("name\na,b\n", "has 2 cells, the header 1"),
    ("name\n\"a\n", "has a quoted cell without an end"), ("name\n\"a\"b\n", "has text behind the quote"),
    ("name\na\"b\n", "has a quote in a cell"),
  ])
  func aBrokenFileIsRefusedBeforeAnythingIsSent(csv: String, expected: String) async throws {
    let server = try server()
    let outcome = await run(server, csv)
    #expect(outcome.code == .usage)
    #expect(outcome.error.contains(expected), "\(outcome.error)")
    #expect(server.calls.isEmpty)
  }

  /// 驿站 in GB 18030 is E6 E4 D5 BE (Python: "驿站".encode("gb18030").hex()).
  @Test func encodingsOtherThanUTF8AreNamed() throws {
    let gb: [UInt8] = Array("name\n".utf8) + [0xE6, 0xE4, 0xD5, 0xBE, 0x0A]
    #expect(TextEncoding.advice(gb, name: "a.csv")?.hint.contains("iconv -f GB18030 -t UTF-8 a.csv") == true)
    #expect(TextEncoding.advice([0xFF, 0xFE, 0x6E, 0x00], name: "a.csv")?.message.contains("UTF-16") == true)
    #expect(
      TextEncoding.advice([0x50, 0x4B, 0x03, 0x04, 0xFF], name: "a.xlsx")?.message.contains("xlsx") == true)
    #expect(TextEncoding.advice(Array("驿站".utf8), name: "a.csv") == nil)
    #expect(TextEncoding.advice([0x80, 0xFF], name: "a.csv")?.message == "a.csv is not UTF-8")
  }

  @Test func progressCountsRowsAndTime() {
    let start = ContinuousClock.now
    let bar = ProgressBar(console: MemoryConsole(), total: 100_000, first: 0, now: start)
    #expect(
      bar.text(done: 25_000, now: start.advanced(by: .seconds(5)))
        == "[######                  ]  25 %  25,000 of 100,000 rows  5,000 rows/s  15s left")
    #expect(ProgressBar.grouped(999) == "999" && ProgressBar.grouped(-1_234_567) == "-1,234,567")
  }
}

@Suite struct CSVTests {
  private func records(_ text: String) throws -> [[String]] {
    var reader = CSVReader(Array(text.utf8))
    var records: [[String]] = []
    while let record = try reader.next() { records.append(record.cells) }
    return records
  }

  /// The examples of RFC 4180, section 2.
  @Test func theStandardsExamplesAreRead() throws {
    let plain = [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]
    #expect(try records("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n") == plain)
    #expect(try records("aaa,bbb,ccc\r\nzzz,yyy,xxx") == plain)
    #expect(try records("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx") == plain)
    #expect(
      try records("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx") == [["aaa", "b\r\nbb", "ccc"], plain[1]])
    #expect(try records("\"aaa\",\"b\"\"bb\",\"ccc\"") == [["aaa", "b\"bb", "ccc"]])
  }

  @Test func emptyCellsAndLinesAreTold() throws {
    #expect(try records("a,,\n,\n\n\nb") == [["a", "", ""], ["", ""], ["b"]])
    #expect(try records("a,") == [["a", ""]])
    #expect(try records("").isEmpty)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let cells = ["plain", "with, comma", "with \"quotes\"", "two\nlines", "", "驿站"]
    #expect(try records(CSV.record(cells)) == [cells])
  }
}
