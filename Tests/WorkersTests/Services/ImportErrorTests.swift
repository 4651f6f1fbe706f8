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
