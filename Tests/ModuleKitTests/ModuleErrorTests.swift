import ModuleKit
import Testing

private struct LendingError: RefusalError {
  static let domain = "lending.yizhan"

  let refusal: Refusal

  init(_ refusal: Refusal) { self.refusal = refusal }

  static func notFound(_ id: String) -> Self {
    Self(
      Refusal(.notFound, "BICYCLE_NOT_FOUND", "there is no bicycle \(id)", "没有该车辆", metadata: ["id": id]))
  }
}

@Suite struct ModuleErrorTests {
  @Test func anErrorBecomesAStatusInTheModulesDomain() {
    let error: any StatusConvertible = LendingError.notFound("7")
    #expect(
      error.status
        == Status(
          .notFound, "there is no bicycle 7", reason: "BICYCLE_NOT_FOUND", domain: "lending.yizhan",
          metadata: ["id": "7"], messageChinese: "没有该车辆"))
  }

  @Test func whatEveryModuleRefusesIsInTheModulesDomain() throws {
    #expect(throws: Never.self) {
      try LendingError.requireETag("", is: "3", of: "bicycle")
      try LendingError.requireETag("3", is: "3", of: "bicycle")
    }
    let stale = #expect(throws: LendingError.self) {
      try LendingError.requireETag("2", is: "3", of: "bicycle")
    }
    let status = try #require(stale).status
    #expect(status.code == .aborted && status.reason == "ETAG_STALE" && status.domain == "lending.yizhan")
    #expect(status.metadata == ["resource": "bicycle", "current_etag": "3"])
    let foreign = LendingError.areaNotYours("410304")
    #expect(foreign.status.code == .permissionDenied && foreign.status.reason == "AREA_NOT_YOURS")
    #expect(foreign.status.metadata == ["area_code": "410304"])
    #expect(foreign.refusal.fields == ["area_code"])
  }

  @Test func fieldsAtFaultStandInTheMessageAndInTheDetails() {
    let violations = [
      FieldViolation("name", "REQUIRED", "must not be empty", "不能为空"),
      FieldViolation("rows[3].phone", "PHONE_INVALID", "must be a phone number", "须为电话号码"),
    ]
    #expect(
      LendingError.invalid(violations).status
        == Status(
          .invalidArgument, "name: must not be empty; rows[3].phone: must be a phone number",
          reason: "FIELDS_INVALID", domain: "lending.yizhan",
          messageChinese: "name:不能为空;rows[3].phone:须为电话号码", violations: violations))
  }
}
