import RPC
import Synchronization
import Testing
import Wire

@testable import yizhan

@Suite struct CallTests {
  private static func lockers(_ range: ClosedRange<Int>, next: String = "") -> JSONValue {
    let rows = range.map { number in
      JSONValue.object([
        .init("id", .string("L\(number)")), .init("name", .string("东门\(number)号")),
        .init("state", .string("STATE_FREE")),
        .init("open_time", .string("2026-01-31T09:30:00Z")),
      ])
    }
    return .object([.init("lockers", .array(rows)), .init("next_page_token", .string(next))])
  }

  @Test func optionsBecomeTheRequest() async throws {
    let server = try FakeServer(["LockerService/OpenLocker": { _ in [.object([.init("id", .string("7"))])] }])
    let outcome = await server.run(
      "lockers", "open", "L7", "--duration", "1h30m", "--contact-phone=13800138000", "--parcels",
      "code=A,grams=5",
      "--parcels", #"{"code": "B"}"#, "--labels", "floor=2", "--labels", "side=east=west", "--photo", "aGk=",
      "--shelf", "3",
      "--silent", "--wanted", "free,BROKEN", "--wanted", "STATE_TAKEN", "--mask", "name,openTime",
      "--request.token", "t")
    #expect(outcome.code == .ok, "\(outcome.error)")
    let expected = #"""
      {"lockerId":"L7","duration":"5400s","contactPhone":"13800138000","parcels":[{"code":"A","grams":5},{"code":"B"}],
       "labels":{"floor":"2","side":"east=west"},"photo":"aGk=","shelf":3,"silent":true,
       "wanted":["STATE_FREE","STATE_BROKEN","STATE_TAKEN"],"mask":"name,openTime","token":"t"}
      """#
    #expect(try server.calls.first?.requests.first?.json() == JSONValue(parsing: expected))
  }

  @Test func aWholeRequestIsTakenAndOptionsChangeIt() async throws {
    let server = try FakeServer(["LockerService/ListLockers": { _ in [.object([])] }])
    let json = #"{"filter": {"state": "STATE_FREE", "area_code": "330106"}, "pageSize": 5}"#
    let outcome = await server.run(
      "lockers", "list", "--request", "-", "--filter.area-code", "110105", "--filter.opened-after",
      "2026-01-31 17:30",
      console: MemoryConsole(input: json))
    #expect(outcome.code == .ok, "\(outcome.error)")
    #expect(
      try server.calls[0].requests[0].json().text()
        == #"{"filter":{"state":"STATE_FREE","openedAfter":"2026-01-31T09:30:00Z","areaCode":"110105"},"pageSize":5}"#
    )
  }

  @Test func watchingShowsWhatHasChanged() async throws {
    let asked = Mutex(0)
    let server = try FakeServer([
      "LockerService/ListLockers": { _ in
        let count = asked.withLock { asked in
          asked += 1
          return asked
        }
        // The end of a watch is an interrupt or, as here, an answer that is none.
        if count > 4 { throw Status(.failedPrecondition, "enough") }
        return [Self.lockers(1...(count < 3 ? 1 : 2))]
      }
    ])
    let outcome = await server.run("lockers", "list", "--watch", "--interval", "100ms", "-o", "csv")
    #expect(outcome.code != .ok)
    #expect(outcome.error.contains("enough"))
    #expect(asked.withLock { $0 } == 5)
    // One heading, the first answer once, and the second, which differs, once.
    let rows = outcome.output.split(separator: "\r\n").map { $0.prefix { $0 != "," } }
    #expect(rows == ["id", "L1", "L1", "L2"])
    let hasty = await server.run("lockers", "list", "--watch", "--interval", "1ms")
    #expect(hasty.error.contains("at least 100ms"))
  }

  @Test func watchingSaysWhatItDoesNotShow() async throws {
    let asked = Mutex(0)
    let server = try FakeServer([
      "LockerService/ListLockers": { _ in
        let count = asked.withLock { asked in
          asked += 1
          return asked
        }
        if count > 2 { throw Status(.failedPrecondition, "enough") }
        return [Self.lockers(1...2, next: "p2")]
      }
    ])
    let cut = await server.run("lockers", "list", "--watch", "--interval", "100ms", "-o", "table")
    #expect(cut.error.hasPrefix("(2 shown, there are more: --page-size, or --page-token p2)\n"))
    let calls = server.calls.count
    let all = await server.run("lockers", "list", "--watch", "--all")
    #expect(all.code == .usage && all.error.contains("--watch shows one page"), "\(all.error)")
    #expect(server.calls.count == calls)
  }

  /// Beginnings that OWASP names under "CSV Injection".
  @Test(arguments: ["=1+1", "+8613800138000", "-2+3", "@SUM(A1)", "\tx", "＝1", "'=1"])
  func noTextIsAFormulaInASpreadsheet(text: String) async throws {
    let server = try FakeServer([
      "LockerService/ListLockers": { _ in
        [.object([.init("lockers", .array([.object([.init("name", .string(text))])]))])]
      }
    ])
    let outcome = await server.run("lockers", "list", "--columns", "name", "-o", "csv")
    #expect(outcome.output == "name\r\n'\(text)\r\n")
    #expect(CSV.unguarded("'" + text) == text)
    let json = await server.run("lockers", "list", "--columns", "name", "-o", "jsonl")
    #expect(try JSONValue(parsing: json.output)["name"]?.string == text)
  }

  @Test func numbersAndOtherTextsStayAsTheyAre() async throws {
    let server = try FakeServer([
      "LockerService/ListLockers": { _ in
        [
          try JSONValue(
            parsing: #"{"lockers": [{"name": "a=1", "description": "'tis", "limit": "-7200s"}]}"#)
        ]
      }
    ])
    let outcome = await server.run("lockers", "list", "--columns", "name,description,limit", "-o", "csv")
    #expect(outcome.output == "name,description,limit\r\na=1,'tis,\(DurationValue.text(.seconds(-7200)))\r\n")
    let schema = server.schema
    let parcel = try #require(schema.message("yizhan.lockers.v1.Parcel"))
    let json = try JSONValue(parsing: #"{"code": "-5", "grams": -5}"#)
    let row = try DynamicMessage(json: json, as: parcel, in: schema)
    let cells = Column.all(parcel, in: schema, nested: true).map { $0.csv(row, ValueText(schema: schema)) }
    #expect(cells == ["'-5", "-5"])
    #expect(CSV.unguarded("'tis") == "'tis" && CSV.unguarded("'") == "'" && CSV.unguarded("=1") == "=1")
  }

  @Test func switchesCanBeSwitchedOff() async throws {
    let server = try FakeServer(["LockerService/OpenLocker": { _ in [.object([])] }])
    _ = await server.run("lockers", "open", "L7", "--duration", "5m", "--silent=yes")
    _ = await server.run(
      "lockers", "open", "L7", "--duration", "5m", "--request", #"{"silent": true}"#, "--no-silent")
    #expect(server.calls[0].requests[0]["silent"] == .bool(true))
    #expect(server.calls[1].requests[0]["silent"] == nil)
  }

  @Test func writesCarryAKeyThatStaysOverRetries() async throws {
    let attempts = Mutex(0)
    let server = try FakeServer([
      "LockerService/OpenLocker": { _ in
        if attempts.withLock({
          $0 += 1; return $0
        }) < 3 {
          throw Status(.unavailable, "restarting")
        }
        return [.object([.init("id", .string("7"))])]
      }
    ])
    // The time to wait is not what is tried here, and a busy machine may need more than the usual.
    let outcome = await server.run("lockers", "open", "L7", "--duration", "5m", "--timeout", "10m")
    #expect(outcome.code == .ok)
    let keys = server.calls.map(\.options.idempotencyKey)
    #expect(keys.count == 3 && Set(keys).count == 1 && (keys[0]?.count ?? 0) >= 20)
    _ = await server.run("lockers", "open", "L7", "--duration", "5m", "--idempotency-key", "mine")
    #expect(server.calls.last?.options.idempotencyKey == "mine")
  }

  @Test func onlyWhatCanPassIsTriedAgain() async throws {
    #expect(Server.retryDelay(after: Status(.internalError, ""), attempt: 1) == nil)
    #expect(
      Server.retryDelay(after: Status(.aborted, "", retryDelay: .seconds(3)), attempt: 1) == .seconds(3))
    for attempt in 1...4 {
      let delay = try #require(Server.retryDelay(after: Status(.unavailable, ""), attempt: attempt))
      #expect(delay >= .milliseconds(50 << (attempt - 1)) && delay <= .milliseconds(100 << (attempt - 1)))
    }
    let server = try FakeServer(["LockerService/GetLocker": { _ in throw Status(.unavailable, "down") }])
    #expect(await server.run("lockers", "get", "1", "--timeout", "10m").code == .unavailable)
    #expect(server.calls.count == Server.attemptsLimit)
  }

  @Test func aListIsATableOnATerminal() async throws {
    let server = try FakeServer(["LockerService/ListLockers": { _ in [Self.lockers(9...10, next: "more")] }])
    let outcome = await server.run(
      "lockers", "list", console: MemoryConsole(columns: 80), environment: ["NO_COLOR": "1"])
    #expect(
      outcome.output == """
        ID   NAME      STATE  OPEN TIME
        L9   东门9号   FREE   2026-01-31 17:30:00
        L10  东门10号  FREE   2026-01-31 17:30:00

        """)
    #expect(outcome.error == "(2 shown, there are more: --all, or --page-token more)\n")
  }

  @Test func allPagesAreFollowed() async throws {
    let server = try FakeServer([
      "LockerService/ListLockers": { call in
        let token = call.requests[0]["page_token"]
        return [token == nil ? Self.lockers(1...2, next: "p2") : Self.lockers(3...3)]
      }
    ])
    let outcome = await server.run("lockers", "list", "--all", "--columns", "id,open_time", "-o", "csv")
    #expect(
      outcome.output
        == "id,open_time\r\nL1,2026-01-31 17:30:00\r\nL2,2026-01-31 17:30:00\r\nL3,2026-01-31 17:30:00\r\n")
    let json = await server.run("lockers", "list", "--all")
    let lockers = try JSONValue(parsing: json.output)["lockers"]
    guard case .array(let rows)? = lockers else { throw UsageError("no rows in \(json.output)") }
    #expect(rows.map { $0["id"]?.string } == ["L1", "L2", "L3"])
    #expect(await server.run("lockers", "list", "--all", "-o", "jsonl").outputLines.count == 4)
  }

  @Test func aThingIsShownFieldByField() async throws {
    let server = try FakeServer([
      "LockerService/GetLocker": { _ in
        [
          try JSONValue(
            parsing: #"""
              {"id": "L1", "name": "东门", "state": "STATE_TAKEN", "openTime": "2026-01-31T09:30:00Z", "limit": "5400s",
               "site": {"areaCode": "330106", "address": "文三路\n1号"}, "tags": ["a", "b"], "labels": {"k": "v"},
               "parcels": [{"code": "P1", "grams": 250}, {"code": "P22"}], "heated": true}
              """#)
        ]
      }
    ])
    let outcome = await server.run("lockers", "get", "L1", "-o", "table")
    #expect(
      outcome.output == """
        id         L1
        name       东门
        state      TAKEN
        open time  2026-01-31 17:30:00
        limit      1h 30m
        tags       a, b
        labels     k=v
        heated     yes
        site
          area code  330106
          address    文三路
                     1号
        parcels
          CODE  GRAMS
          P1    250
          P22

        """)
  }

  @Test func escapeSequencesDoNotReachTheTerminal() async throws {
    let server = try FakeServer([
      "LockerService/GetLocker": { _ in [.object([.init("name", .string("a\u{1B}[2Jb\u{202E}c\u{7}"))])] }
    ])
    let outcome = await server.run("lockers", "get", "L1", "-o", "table")
    #expect(outcome.output == "name  a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}\n")
  }

  @Test func aStreamIsShownMessageByMessage() async throws {
    let server = try FakeServer([
      "LockerService/WatchLockers": { _ in
        [.object([.init("id", .string("1"))]), .object([.init("id", .string("2"))])]
      }
    ])
    #expect(await server.run("lockers", "watch").output == "{\"id\":\"1\"}\n{\"id\":\"2\"}\n")
  }

  @Test func whatCannotBeUndoneIsAskedFor() async throws {
    let server = try FakeServer(["LockerService/DeleteLocker": { _ in [.object([])] }])
    #expect(await server.run("lockers", "delete", "L1").code == .usage)
    #expect(
      await server.run("lockers", "delete", "L1", console: MemoryConsole(columns: 80, answers: ["n"])).code
        == .usage)
    #expect(server.calls.isEmpty)
    #expect(
      await server.run("lockers", "delete", "L1", console: MemoryConsole(columns: 80, answers: ["y"])).code
        == .ok)
    #expect(await server.run("lockers", "delete", "L1", "--yes").code == .ok)
    #expect(server.calls.count == 2)
  }

  @Test func theTokenIsSent() async throws {
    let server = try FakeServer(["LockerService/GetLocker": { _ in [.object([])] }])
    _ = await server.run("lockers", "get", "1", environment: ["YIZHAN_TOKEN": "yz_env"])
    _ = await server.run("lockers", "get", "1", "--token", "yz_flag", environment: ["YIZHAN_TOKEN": "yz_env"])
    _ = await server.run("lockers", "get", "1")
    #expect(
      server.calls.map { $0.options.metadata["authorization"] } == ["Bearer yz_env", "Bearer yz_flag", nil])
  }
}
