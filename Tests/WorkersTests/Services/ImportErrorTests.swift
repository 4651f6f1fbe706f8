import ModuleTesting
import Testing
import Workers

/// What the errors of rows say, and how long.
@Suite struct ImportErrorTests {
  /// A file whose columns stand one place too far to the right, as a sheet with a serial number gives it.
  @Test func aShiftedFileLeavesNothingPersonalInItsErrors() async throws {
    try await Register.run { register in
      let shifted = WorkerRow(
        name: "1", identityNumber: "苟建国", phone: Register.number, occupations: "13911112222",
        areaCode: "快递员", organisation: Register.district, station: "顺丰速运", staffNumber: "旭升站",
        startDate: "A-17")
      let old = WorkerRow(name: "张三", phone: "13800138001", occupations: "快递员", areaCode: "410304900101123")
      let reply = try await [shifted, old].imported(by: register.staff, as: "shifted")
      #expect(reply.summary?.rowsFailed == 2)
      let listed = try await register.staff.listImportErrors(ListImportErrorsRequest(importID: "shifted"))
      #expect(listed.errors == reply.errors && reply.errors.count >= 6)
      let text = reply.errors.map { "\($0)" }.joined()
      for personal in ["苟建国", "13911112222", "19900101", "900101"] { #expect(!text.contains(personal)) }
    }
  }

  /// Nothing that a row says of an employment is dropped because the row does not say whose it is.
  @Test func anEmploymentNeedsItsOrganisation() async throws {
    try await Register.run { register in
      func row(_ number: Int, _ change: (inout WorkerRow) -> Void = { _ in }) -> WorkerRow {
        var row = WorkerRow(
          name: "张三", phone: "1380013800\(number)", occupations: "快递员", areaCode: Register.district)
        change(&row)
        return row
      }
      let rows = [
        row(1) { $0.station = "旭升站" }, row(2) { $0.staffNumber = "B1" },
        row(3) { $0.startDate = "2025-05-01" }, row(4),
      ]
      for isDryRun in [true, false] {
        let name = isDryRun ? "dry" : "real"
        let reply = try await rows.imported(by: register.staff, as: name, isDryRun: isDryRun)
        #expect(
          reply.errors.map { "\($0.row) \($0.column) \($0.reason)" } == [
            "1 organisation REQUIRED", "2 organisation REQUIRED", "3 organisation REQUIRED",
          ])
        #expect(reply.summary?.rowsCreated == 1)
      }
      // A platform's rows are its own without saying so.
      let platform = try await register.platform(register.courierPlatform)
      let own = try await Array(rows.prefix(3)).imported(by: platform, as: "own")
      #expect(own.summary?.rowsCreated == 3)
    }
  }

  @Test func rowErrorsGoAfter30Days() async throws {
    try await Register.run { register in
      // More than are deleted at once.
      let rows = (0..<1_001).map { WorkerRow(name: "张三", phone: "x\($0)", areaCode: Register.district) }
      _ = try await rows.imported(by: register.staff, as: "bad")
      let request = ListImportErrorsRequest(importID: "bad")
      try await register.host.advance(by: .seconds(29 * 86_400))
      #expect(try await register.staff.listImportErrors(request).errors.count == 50)
      try await register.host.advance(by: .seconds(86_400))
      #expect(try await register.staff.listImportErrors(request).errors == [])
      #expect(try await register.staff.getImport(GetImportRequest(importID: "bad")).rowsFailed == 1_001)
    }
  }
}
