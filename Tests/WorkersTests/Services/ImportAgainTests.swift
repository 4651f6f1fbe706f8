import ModuleTesting
import RPC
import Testing
import Workers

/// An import identifier that is used again: for the same rows it has no further effect, and no other row is taken for
/// one of them.
@Suite struct ImportAgainTests {
  /// Rows of other people for each hundred.
  private func row(_ number: Int) -> WorkerRow {
    let digits = Array("零一二三四五六七八九")
    let name = "张" + String(String(number).compactMap { $0.wholeNumberValue }.map { digits[$0] })
    return WorkerRow(
      name: name, phone: "1380013\(1000 + number)", occupations: "快递员", areaCode: Register.district)
  }

  /// Sends rows in messages of a size, from a number on.
  private func send(
    _ rows: [WorkerRow], from firstRow: Int = 1, by size: Int = 500, as importID: String, _ register: Register
  ) async throws -> ImportSummary {
    let call = try await register.staff.importWorkers()
    for start in stride(from: 0, to: rows.count, by: size) {
      try await call.send(
        ImportWorkersRequest(
          importID: importID, firstRow: Int64(firstRow + start),
          rows: Array(rows[start..<min(start + size, rows.count)])))
    }
    return try #require(try await call.finish().summary)
  }

  /// Begins an import that is cut off behind its rows.
  private func cut(_ rows: [WorkerRow], as importID: String, _ register: Register) async throws {
    let call = try await register.staff.importWorkers()
    try await call.send(ImportWorkersRequest(importID: importID, firstRow: 1, rows: rows))
    var progress = ImportSummary()
    for _ in 0..<500 where progress.lastRow < Int64(rows.count) {
      progress = (try? await register.staff.getImport(GetImportRequest(importID: importID))) ?? progress
      try await Task.sleep(for: .milliseconds(10))
    }
    call.cancel()
    try #require(progress.lastRow == Int64(rows.count))
  }

  private func count(_ register: Register) async throws -> Int {
    try await register.staff.listWorkers(ListWorkersRequest(pageSize: 1000)).workers.count
  }

  @Test(arguments: TestHost.Way.allCases)
  func otherRowsAreNotTakenForThoseOfACompletedImport(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let rows = (0..<10).map { row($0) }
      let first = try await send(rows, as: "november", register)
      #expect(first.rowsCreated == 10)
      let others = (100..<110).map { row($0) }
      let refused = await status { try await send(others, as: "november", register) }
      #expect(refused?.code == .failedPrecondition)
      #expect(refused?.reason == "IMPORT_DIFFERS")
      #expect(refused?.metadata["row"] == "1")
      #expect(refused?.message.contains("import_id of its own") == true)
      #expect(refused?.messageChinese.contains("第 1 行") == true)
      // Nothing of a row is in the answer.
      #expect(refused?.message.contains("张") == false && refused?.messageChinese.contains("张") == false)

      let more = await status { try await send(rows + others, as: "november", register) }
      #expect(more?.reason == "IMPORT_COMPLETED")
      #expect(more?.metadata["last_row"] == "10")
      let behind = await status { try await send(others, from: 11, as: "november", register) }
      #expect(behind?.reason == "IMPORT_COMPLETED")
      let unsaid = try await register.staff.importWorkers()
      try await unsaid.send(ImportWorkersRequest(importID: "november", rows: others))
      #expect(await status { try await unsaid.finish() }?.reason == "IMPORT_COMPLETED")

      #expect(try await count(register) == 10)
      #expect(try await register.staff.getImport(GetImportRequest(importID: "november")) == first)
      #expect(try await send(rows, as: "november", register) == first)
      #expect(try await send(others, as: "december", register).rowsCreated == 10)
    }
  }

  @Test func aCutImportGoesOnWithItsOwnRowsAlone() async throws {
    try await Register.run { register in
      let rows = (0..<30).map { row($0) }
      try await cut(Array(rows[..<20]), as: "cut", register)
      var changed = rows
      changed[12].station = "旭升站"
      for start in [0, 7, 12] {
        let refused = await status {
          try await send(Array(changed[start...]), from: start + 1, by: 6, as: "cut", register)
        }
        #expect(refused?.reason == "IMPORT_DIFFERS")
        #expect(refused?.metadata["row"] == "13")
        #expect(refused?.message.contains("row 21 of the same file") == true)
      }
      // A row too few in front: each is another one.
      let shifted = await status { try await send(Array(rows[5...]), from: 5, as: "cut", register) }
      #expect(shifted?.metadata["row"] == "5")
      #expect(try await count(register) == 20)
      let summary = try await send(Array(changed[13...]), from: 14, by: 6, as: "cut", register)
      #expect(summary.state == .completed && summary.rowsCreated == 30)
    }
  }

  /// Rows are compared one by one, whatever messages they came in; rows with errors too.
  @Test func messagesMayBeCutOtherwise() async throws {
    try await Register.run { register in
      var rows = (0..<700).map { row($0) }
      rows[333].name = ""
      let first = try await send(rows, by: 1000, as: "a", register)
      #expect(first.rowsFailed == 1)
      #expect(try await send(rows, by: 77, as: "a", register) == first)
      #expect(try await send(Array(rows[650...]), from: 651, by: 1, as: "a", register) == first)
      _ = try await send(Array(rows[..<90]), by: 1, as: "b", register)
      #expect(try await send(Array(rows[..<90]), as: "b", register).lastRow == 90)
      var mended = rows
      mended[333].name = "张三三三"
      let refused = await status { try await send(mended, as: "a", register) }
      #expect(refused?.metadata["row"] == "334")
    }
  }

  @Test func rowsAreComparedForThirtyDays() async throws {
    try await Register.run { register in
      let rows = (0..<6).map { row($0) }
      _ = try await send(rows, as: "done", register)
      try await cut(rows, as: "cut", register)
      try await register.host.advance(by: .seconds(29 * 86_400))
      #expect(try await send(rows, as: "done", register).state == .completed)
      try await register.host.advance(by: .seconds(86_400))
      for importID in ["done", "cut"] {
        let refused = await status { try await send(rows, as: importID, register) }
        #expect(refused?.code == .failedPrecondition)
        #expect(refused?.reason == "IMPORT_ROWS_FORGOTTEN")
        #expect(refused?.messageChinese.contains("30 天") == true)
      }
      let more = (6..<9).map { row($0) }
      #expect(try await send(more, from: 7, as: "cut", register).lastRow == 9)
      // What came since is compared again.
      #expect(try await send(more, from: 7, as: "cut", register).lastRow == 9)
      let others = (20..<23).map { row($0) }
      #expect(
        await status { try await send(others, from: 7, as: "cut", register) }?.reason == "IMPORT_DIFFERS")
    }
  }

  /// The same figures in another system are another place.
  @Test func coordinatesAreComparedWithTheirSystem() async throws {
    try await Register.run { register async throws in
      func send(_ system: CoordinateSystem) async throws -> ImportAreasResponse {
        let call = try await register.areas.importAreas()
        try await call.send(
          ImportAreasRequest(
            importID: "places", firstRow: 1, coordinateSystem: system,
            rows: [
              AreaRow(code: "410304003", name: "北窑街道"),
              AreaRow(code: "410304004", name: "杨文街道", longitude: "112.4", latitude: "34.7"),
            ]))
        return try await call.finish()
      }
      for _ in 0..<2 {
        let reply = try await send(.gcj02)
        #expect(reply.summary?.rowsCreated == 2)
      }
      let refused = await status { try await send(.wgs84) }
      #expect(refused?.reason == "IMPORT_DIFFERS")
      #expect(refused?.metadata["row"] == "2")
    }
  }
}
