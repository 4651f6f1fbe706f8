import ModuleKit
import Testing

@testable import Host

@Suite struct ErrorMappingTests {
  /// What storage refuses, and what a caller is told.
  static let cases: [(StorageError, Status.Code, String)] = [
    (
      StorageError.constraint(.init(kind: .unique, table: "t", columns: ["c"])), Status.Code.alreadyExists,
      "ALREADY_EXISTS"
    ),
    (.constraint(.init(kind: .foreignKey, table: "", columns: [])), .failedPrecondition, "REFERENCE_BROKEN"),
    (.constraint(.init(kind: .check, table: "t", columns: [])), .failedPrecondition, "CONSTRAINT_BROKEN"),
    (.deadlineExceeded, .deadlineExceeded, "DEADLINE_EXCEEDED"),
    (.cancelled, .cancelled, "CANCELLED"),
    (.overloaded(retryAfter: .milliseconds(200)), .resourceExhausted, "HOST_OVERLOADED"),
    (.busy, .unavailable, "DATABASE_BUSY"),
    (.diskFull, .unavailable, "DISK_FULL"),
    (.outOfMemory, .resourceExhausted, "OUT_OF_MEMORY"),
    (.idempotencyMismatch(key: "k"), .failedPrecondition, "IDEMPOTENCY_KEY_REUSED"),
    (.limitExceeded(what: "a list", limit: 1, actual: 2), .invalidArgument, "LIMIT_EXCEEDED"),
    (.closed, .unavailable, "HOST_STOPPING"),
    (.forbiddenTable(module: "a", table: "b_c"), .internalError, "INTERNAL"),
    (.invalidStatement(module: "a", message: "syntax"), .internalError, "INTERNAL"),
    (.corrupt(message: "page 7"), .internalError, "INTERNAL"),
  ]

  @Test(arguments: cases)
  func mapsStorageErrors(error: StorageError, code: Status.Code, reason: String) {
    let outcome = ErrorMapping.outcome(error, requestID: "R1")
    #expect(outcome.status.code == code)
    #expect(outcome.status.reason == reason)
    #expect(outcome.status.domain == "yizhan")
    #expect(outcome.status.metadata["request_id"] == "R1")
    #expect((outcome.unexpected != nil) == (code == .internalError))
    if code == .internalError {
      #expect(outcome.status.message.contains("R1"))
      #expect(!outcome.status.message.contains("page 7"))
    }
    // Whoever may simply try again is told when.
    let retries: Set<String> = [
      "HOST_OVERLOADED", "DATABASE_BUSY", "DISK_FULL", "OUT_OF_MEMORY", "HOST_STOPPING",
    ]
    #expect((outcome.status.retryDelay != nil) == retries.contains(reason))
  }

  @Test func keepsAModulesOwnStatus() {
    let status = ErrorMapping.outcome(EchoError.asked, requestID: "R2").status
    #expect(status.reason == "ASKED")
    #expect(status.domain == "echo.yizhan")
    let bare = ErrorMapping.outcome(Status(.notFound, "no such wish"), requestID: "R3").status
    #expect(bare.reason == "NOT_FOUND")
    #expect(bare.domain == "yizhan")
  }

  @Test func logsATypeAndNeverAValue() {
    let outcome = ErrorMapping.outcome(Surprise.secret("13800000000"), requestID: "R4")
    #expect(outcome.unexpected?.hasSuffix("Surprise.secret") == true)
    struct Details: Error { let phone = "13800000000" }
    #expect(ErrorMapping.outcome(Details(), requestID: "R5").unexpected?.contains("138") == false)
    #expect(ErrorMapping.outcome(CancellationError(), requestID: "R6").status.code == .cancelled)
  }
}
