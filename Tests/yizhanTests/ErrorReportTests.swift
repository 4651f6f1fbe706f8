import RPC
import Testing
import Wire

@testable import yizhan

@Suite struct ErrorReportTests {
  private func outcome(_ status: Status, environment: [String: String] = [:]) async throws -> Outcome {
    let server = try FakeServer(["LockerService/OpenLocker": { _ in throw status }])
    return await server.run("lockers", "open", "L1", "--duration", "5m", environment: environment)
  }

  @Test(arguments: [
    (Status.Code.invalidArgument, ExitCode.callFailed, "INVALID_ARGUMENT"),
    (.notFound, .callFailed, "NOT_FOUND"),
    (.unavailable, .unavailable, "UNAVAILABLE"), (.unauthenticated, .permission, "UNAUTHENTICATED"),
    (.permissionDenied, .permission, "PERMISSION_DENIED"), (.internalError, .callFailed, "INTERNAL"),
    (.deadlineExceeded, .callFailed, "DEADLINE_EXCEEDED"),
  ])
  func statusesBecomeExitCodes(code: Status.Code, exit: ExitCode, name: String) async throws {
    let outcome = try await outcome(Status(code, "because"))
    #expect(outcome.code == exit)
    #expect(outcome.error.hasPrefix("yizhan: \(name): because\n"))
  }

  @Test func violationsNameTheOptions() async throws {
    let violation = FieldViolation("contact_phone", "PHONE_FORMAT", "is not a phone number", "不是电话号码")
    let status = Status(
      .invalidArgument, "1 field is wrong", reason: "FIELDS_INVALID", domain: "lockers.yizhan",
      metadata: ["state": "FREE"],
      messageChinese: "有 1 个字段不对", violations: [violation])
    #expect(
      try await outcome(status).error == """
        yizhan: INVALID_ARGUMENT: 1 field is wrong
          reason: FIELDS_INVALID (lockers.yizhan)
          state: FREE
          --contact-phone: is not a phone number [PHONE_FORMAT]

        """)
    #expect(
      try await outcome(status, environment: ["LANG": "zh_CN.UTF-8"]).error == """
        yizhan: INVALID_ARGUMENT: 有 1 个字段不对
          原因代码：FIELDS_INVALID (lockers.yizhan)
          state: FREE
          --contact-phone: 不是电话号码 [PHONE_FORMAT]

        """)
    // LC_ALL wins over LANG (POSIX, "Internationalization Variables").
    let english = try await outcome(status, environment: ["LANG": "zh_CN.UTF-8", "LC_ALL": "C"])
    #expect(english.error.contains("1 field is wrong"))
  }

  @Test func errorsSayWhatToDo() async throws {
    #expect(
      try await outcome(Status(.unauthenticated, "")).error.contains(
        "Log in with \"yizhan login --server 127.0.0.1:7040\""))
    let refused = try await outcome(Status(.unauthenticated, ""), environment: ["YIZHAN_TOKEN": "x"])
    #expect(refused.error.contains("The server refuses this token"))
    #expect(
      try await outcome(Status(.unavailable, "")).error.contains("Is a server running at 127.0.0.1:7040?"))
    #expect(
      try await outcome(Status(.permissionDenied, "", reason: "ROLE_MISSING")).error.contains(
        "one of the roles STAFF, PARTNER, or ADMINISTRATOR"))
    #expect(try await outcome(Status(.aborted, "")).error.contains("--etag"))
  }

  /// Who has the role and is refused for something else must not be sent for the role.
  @Test(arguments: ["PURPOSE_NOT_ALLOWED", "ORGANISATION_NEEDED", "AREA_BOUND", ""])
  func rolesAreNamedOnlyWhereOneIsMissing(reason: String) async throws {
    let error = try await outcome(Status(.permissionDenied, "because", reason: reason)).error
    #expect(error.hasPrefix("yizhan: PERMISSION_DENIED: because\n"))
    #expect(!error.contains("STAFF"))
  }

  @Test func aHostileMessageCannotMoveTheCursor() async throws {
    #expect(try await outcome(Status(.notFound, "a\u{1B}[2Jb")).error.contains("a\u{FFFD}[2Jb"))
  }
}
