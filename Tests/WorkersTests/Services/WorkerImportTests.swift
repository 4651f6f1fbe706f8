import ModuleTesting
import RPC
import Testing
import Workers

@Suite struct WorkerImportTests {
  private func row(_ number: Int, name: String? = nil, phone: String? = nil) -> WorkerRow {
    let digits = Array("零一二三四五六七八九")
    let generated = "张" + String(String(number).compactMap { $0.wholeNumberValue }.map { digits[$0] })
    return WorkerRow(
      name: name ?? generated, phone: phone ?? "1380013\(1000 + number)", occupations: "快递员",
      areaCode: Register.district, organisation: "顺丰速运", station: "旭升站", startDate: "2025-05-01")
  }

  @Test(arguments: TestHost.Way.allCases) func rowsBecomeWorkers(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let rows = (0..<700).map { row($0) }
      let reply = try await rows.imported(by: register.staff, as: "first")
      #expect(reply.summary?.rowsCreated == 700)
      #expect(reply.summary?.state == .completed)
      let found = try await register.staff.findWorker(FindWorkerRequest(phone: "13800131699"))
      #expect(found.name == "张六九九")
      #expect(found.source == .import)
      #expect(found.employments.map(\.station) == ["旭升站"])
      #expect(found.employments.map(\.startDate) == ["2025-05-01"])
      // The file again under another name: all of it is known.
      let again = try await rows.imported(by: register.staff, as: "second")
      #expect(again.summary?.rowsUnchanged == 700)
      // The same import again: nothing is counted twice.
      let repeated = try await rows.imported(by: register.staff, as: "first")
      #expect(repeated.summary?.rowsCreated == 700 && repeated.summary?.rowsReceived == 700)
    }
  }

  /// Ten flaws, each named by row, column and reason; nothing of such a row is applied.
  @Test func flawsAreNamed() async throws {
    try await Register.run { register in
      var rows = [row(0)]
      func broken(_ change: (inout WorkerRow) -> Void) {
        var bad = row(rows.count)
        change(&bad)
        rows.append(bad)
      }
      broken { $0.name = " " }
      broken { $0.name = "12306" }
      broken { $0.identityNumber = "41030419900101123" }
      broken { $0.identityNumber = "410304199002301238" }
      broken { $0.identityNumber = "410304199001011239" }
      broken { $0.phone = "1380013100" }
      broken { $0.areaCode = "999999" }
      broken { $0.occupations = "宇航员" }
      broken { $0.organisation = "没有的公司" }
      broken { $0.startDate = "2025-02-30" }
      broken {
        $0.phone = "13800131000"
        $0.name = "李四"
      }
      broken { $0.isUnionMember = "也许" }
      broken {
        $0.occupations = ""
        $0.areaCode = "x"
      }
      let reply = try await rows.imported(by: register.staff, as: "flawed")
      #expect(
        reply.errors.map { "\($0.row) \($0.column) \($0.reason)" } == [
          "2 name REQUIRED", "3 name NOT_A_NAME", "4 identity_number IDENTITY_NUMBER_SHAPE",
          "5 identity_number IDENTITY_NUMBER_BIRTH_DATE", "6 identity_number IDENTITY_NUMBER_CHECK",
          "7 phone NOT_A_PHONE_NUMBER", "8 area_code AREA_NOT_FOUND", "9 occupations OCCUPATION_UNKNOWN",
          "10 organisation ORGANISATION_NOT_FOUND", "11 start_date NOT_A_DATE", "12 name WORKER_CONFLICT",
          "13 is_union_member NOT_YES_OR_NO", "14 area_code NOT_AN_AREA_CODE", "14 occupations REQUIRED",
        ])
      #expect(reply.summary?.rowsCreated == 1)
      #expect(reply.summary?.rowsFailed == 13)
      #expect(reply.errors.allSatisfy { !$0.description.isEmpty && !$0.descriptionZh.isEmpty })
      // Personal values are masked in the errors that are kept.
      #expect(reply.errors[2].value == "410**************")
      #expect(reply.errors[5].value == "13****3100")
      #expect(try await register.staff.listWorkers(ListWorkersRequest()).workers.count == 1)
      let listed = try await register.staff.listImportErrors(ListImportErrorsRequest(importID: "flawed"))
      #expect(listed.errors == reply.errors)
    }
  }

  @Test(arguments: TestHost.Way.allCases) func aCutImportResumes(way: TestHost.Way) async throws {
    try await Register.run(way) { register in
      let rows = (0..<1000).map { $0 == 420 ? row($0, name: "") : row($0) }
      let cut = try await register.staff.importWorkers()
      try await cut.send(ImportWorkersRequest(importID: "cut", firstRow: 1, rows: Array(rows[0..<400])))
      try await cut.send(ImportWorkersRequest(importID: "cut", rows: Array(rows[400..<600])))
      // The client dies once its rows are committed.
      var progress = ImportSummary()
      for _ in 0..<500 where progress.lastRow < 600 {
        progress = (try? await register.staff.getImport(GetImportRequest(importID: "cut"))) ?? progress
        try await Task.sleep(for: .milliseconds(10))
      }
      cut.cancel()
      #expect(progress.lastRow == 600)
      #expect(progress.state == .running)
      #expect(progress.rowsCreated == 599 && progress.rowsFailed == 1)

      let gap = try await register.staff.importWorkers()
      try await gap.send(ImportWorkersRequest(importID: "cut", firstRow: 602, rows: [rows[601]]))
      let refused = await status { try await gap.finish() }
      #expect(refused?.reason == "IMPORT_GAP")
      #expect(refused?.metadata["last_row"] == "600")
      let unsaid = try await register.staff.importWorkers()
      try await unsaid.send(ImportWorkersRequest(importID: "cut", rows: rows))
      #expect(await status { try await unsaid.finish() }?.violations.first?.field == "first_row")

      // It goes on, with some rows sent once more.
      let rest = try await register.staff.importWorkers()
      try await rest.send(ImportWorkersRequest(importID: "cut", firstRow: 551, rows: Array(rows[550...])))
      let summary = try #require(try await rest.finish().summary)
      #expect(summary.state == .completed)
      #expect(summary.lastRow == 1000 && summary.rowsReceived == 1000)
      #expect(summary.rowsCreated == 999 && summary.rowsFailed == 1 && summary.rowsUnchanged == 0)
      let errors = try await register.staff.listImportErrors(ListImportErrorsRequest(importID: "cut")).errors
      #expect(errors.map(\.row) == [421])
    }
  }

  @Test func aHostThatStopsInBetweenKeepsWhatIsCommitted() async throws {
    try await Register.run(.live) { register in
      let rows = (0..<500).map { row($0) }
      let call = try await register.staff.importWorkers()
      try await call.send(ImportWorkersRequest(importID: "stopped", firstRow: 1, rows: rows))
      for _ in 0..<500 {
        if let progress = try? await register.staff.getImport(GetImportRequest(importID: "stopped")),
          progress.lastRow == 500
        {
          break
        }
        try await Task.sleep(for: .milliseconds(10))
      }
      call.cancel()
      try await register.host.restart()
      let staff = WorkerServiceClient(try await register.host.channel(as: .staff, purpose: "register"))
      #expect(try await staff.getImport(GetImportRequest(importID: "stopped")).lastRow == 500)
      let reply = try await rows.imported(by: staff, as: "stopped")
      #expect(reply.summary?.rowsCreated == 500 && reply.summary?.rowsReceived == 500)
    }
  }

  @Test func aDryRunShowsTheDifferenceAndChangesNothing() async throws {
    try await Register.run { register in
      _ = try await [row(0), row(1)].imported(by: register.staff, as: "before")
      let before = try await register.staff.listWorkers(ListWorkersRequest()).workers
      var other = row(1)
      other.organisation = "饿了么"
      other.occupations = "骑手"
      let rows = [
        row(0), other, row(2), row(2), row(3, name: "李四", phone: "13800131002"),
        WorkerRow(
          name: "张二", identityNumber: Register.number, phone: "13800131002", occupations: "COURIER",
          areaCode: "410304001"),
      ]
      let dry = try await rows.imported(by: register.staff, as: "dry", isDryRun: true)
      let summary = try #require(dry.summary)
      #expect(summary.dryRun && summary.rowsReceived == 6)
      #expect(summary.rowsCreated == 1 && summary.rowsUpdated == 2 && summary.rowsUnchanged == 2)
      #expect(dry.errors.map(\.reason) == ["WORKER_CONFLICT"])
      #expect(
        summary.differences == [
          FieldDifference(field: "area_code", rowCount: 1), FieldDifference(field: "employment", rowCount: 1),
          FieldDifference(field: "identity_number", rowCount: 1),
          FieldDifference(field: "occupations", rowCount: 1),
        ])
      #expect(try await register.staff.listWorkers(ListWorkersRequest()).workers == before)
      #expect(
        await status { try await register.staff.getImport(GetImportRequest(importID: "dry")) }?.code
          == .notFound)
      // The real run does what the dry run showed.
      var real = try #require(try await rows.imported(by: register.staff, as: "real").summary)
      var shown = summary
      for path in [\ImportSummary.createTime, \ImportSummary.updateTime] {
        real[keyPath: path] = nil
        shown[keyPath: path] = nil
      }
      shown.importID = "real"
      shown.dryRun = false
      #expect(real == shown)
    }
  }

  /// Each would be added to, and overflow, if it were let through.
  @Test(arguments: [Int64.max, Int64.max - 1, 1_000_000_000_001, -1, Int64.min], [true, false])
  func rowsThatNoFileHasAreRefused(firstRow: Int64, isDryRun: Bool) async throws {
    try await Register.run { register in
      let far = try await register.staff.importWorkers()
      try await far.send(
        ImportWorkersRequest(importID: "far", dryRun: isDryRun, firstRow: firstRow, rows: [row(0), row(1)]))
      #expect(await status { try await far.finish() }?.violations.map(\.field) == ["first_row"])
      let areas = try await register.areas.importAreas()
      try await areas.send(
        ImportAreasRequest(
          importID: "far", dryRun: isDryRun, firstRow: firstRow, rows: [AreaRow(code: "1", name: "x")]))
      #expect(await status { try await areas.finish() }?.violations.map(\.field) == ["first_row"])
    }
  }

  /// The highest row that there can be, and one message more.
  @Test func aDryRunEndsAtTheHighestRow() async throws {
    try await Register.run { register in
      let last = try await register.staff.importWorkers()
      try await last.send(
        ImportWorkersRequest(importID: "last", dryRun: true, firstRow: 1_000_000_000_000, rows: [row(0)]))
      #expect(try await last.finish().summary?.lastRow == 1_000_000_000_000)
      let beyond = try await register.staff.importWorkers()
      try await beyond.send(
        ImportWorkersRequest(importID: "last", dryRun: true, firstRow: 1_000_000_000_000, rows: [row(0)]))
      try await beyond.send(ImportWorkersRequest(importID: "last", dryRun: true, rows: [row(1)]))
      #expect(await status { try await beyond.finish() }?.violations.map(\.reason) == ["NOT_A_ROW"])
    }
  }

  @Test func platformsImportTheirOwnWorkers() async throws {
    try await Register.run { register in
      let platform = try await register.platform(register.deliveryPlatform)
      var own = row(0)
      own.organisation = ""
      var member = row(2)
      member.organisation = ""
      member.partyMembership = "党员"
      let reply = try await [own, row(1), member].imported(by: platform, as: "mine")
      #expect(reply.summary?.rowsCreated == 1)
      #expect(reply.errors.map(\.reason) == ["ORGANISATION_NOT_YOURS", "FIELDS_NOT_YOURS"])
      #expect(try await platform.listWorkers(ListWorkersRequest()).workers.count == 1)
      // An import is its caller's own.
      #expect(
        await status { try await register.staff.getImport(GetImportRequest(importID: "mine")) }?.code
          == .notFound)
    }
  }

  @Test func streamsThatAreNoImport() async throws {
    try await Register.run { register in
      let empty = try await register.staff.importWorkers()
      #expect(await status { try await empty.finish() }?.reason == "IMPORT_EMPTY")
      let mixed = try await register.staff.importWorkers()
      try await mixed.send(ImportWorkersRequest(importID: "a", firstRow: 1, rows: [row(0)]))
      try await mixed.send(ImportWorkersRequest(importID: "b", rows: [row(1)]))
      #expect(await status { try await mixed.finish() }?.reason == "IMPORT_MIXED")
      let unnamed = try await register.staff.importWorkers()
      try await unnamed.send(ImportWorkersRequest(rows: [row(0)]))
      #expect(await status { try await unnamed.finish() }?.violations.first?.field == "import_id")
    }
  }
}

extension [WorkerRow] {
  /// Imports the rows, 500 in a message.
  func imported(by workers: WorkerServiceClient, as importID: String, isDryRun: Bool = false) async throws
    -> ImportWorkersResponse
  {
    let call = try await workers.importWorkers()
    for start in stride(from: 0, to: count, by: 500) {
      try await call.send(
        ImportWorkersRequest(
          importID: importID, dryRun: isDryRun, firstRow: Int64(start) + 1,
          rows: Array(self[start..<Swift.min(start + 500, count)])))
    }
    return try await call.finish()
  }
}
