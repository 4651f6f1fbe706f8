import RPC
import Testing
import Wire

struct StatusTests {
  /// Examples by the rule of gRPC over HTTP/2, "Status-Message": space to tilde as they are, but for the percent sign.
  @Test(arguments: [
    ("", ""), ("plain ~ text", "plain ~ text"), ("100%", "100%25"), ("a\r\nb", "a%0D%0Ab"),
    ("不", "%E4%B8%8D"),
    ("🚚", "%F0%9F%9A%9A"), ("\u{0}\u{7F}", "%00%7F"),
  ])
  func messagesAreEscaped(message: String, expected: String) {
    let encoded = StatusMessage.encode(message)
    #expect(String(decoding: encoded, as: UTF8.self) == expected)
    #expect(encoded.withUnsafeBufferPointer { StatusMessage.decode($0) } == message)
  }

  @Test(arguments: [
    ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("a%20b%", "a b%"), ("%e4%b8%8d", "不"), ("%FF", "\u{FFFD}"),
  ])
  func faultyEscapesAreKept(text: String, expected: String) {
    #expect(Array(text.utf8).withUnsafeBufferPointer { StatusMessage.decode($0) } == expected)
  }

  @Test func aLongMessageIsCutAfterAWholeCharacter() {
    let encoded = StatusMessage.encode(String(repeating: "不", count: 1_000))
    #expect(encoded.count == 2_043)
    #expect(
      encoded.withUnsafeBufferPointer { StatusMessage.decode($0) } == String(repeating: "不", count: 227))
  }

  /// Made with Python's protobuf from google.rpc.Status, ErrorInfo, BadRequest, RetryInfo and LocalizedMessage.
  private static let fromPython = """
    CAkSEWNsYWltZWQg5bey6K6k6aKGGlgKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5FcnJvckluZm8SLAoPQUxSRUFEWV9DTEFJ\
    TUVEEg13aXNoZXMueWl6aGFuGgoKBHdpc2gSAjQyGlgKKXR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5CYWRSZXF1ZXN0EisKKQoN\
    cm93c1szXS5waG9uZRIDYmFkGgVQSE9ORSIMCgV6aC1DThID5Z2PGjYKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUlu\
    Zm8SCgoICAEQgMq17gEaSAovdHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLkxvY2FsaXplZE1lc3NhZ2USFQoFemgtQ04SDOW3suii\
    q+iupOmihg==
    """

  private static let claimed = Status(
    .failedPrecondition, "claimed 已认领", reason: "ALREADY_CLAIMED", domain: "wishes.yizhan",
    metadata: ["wish": "42"], messageChinese: "已被认领",
    violations: [
      FieldViolation("rows[3].phone", "PHONE", "bad", "坏")
    ], retryDelay: .milliseconds(1_500))

  @Test func detailsAreThoseOfGoogleRPC() {
    let encoded = Self.claimed.encodedDetails().map { String(decoding: $0, as: UTF8.self) }
    #expect(encoded == String(Self.fromPython.dropLast(2)))
    #expect(received("9", "claimed 已认领", Self.fromPython) == Self.claimed)
  }

  @Test func detailsThatCannotBeReadDoNotCostTheStatus() {
    #expect(received("5", "gone", "!!!") == Status(.notFound, "gone"))
    #expect(received("5", "gone", "Zm9vYmFy") == Status(.notFound, "gone"))
  }

  @Test(arguments: [
    ("0", Status.Code.ok), ("16", .unauthenticated), ("17", .unknown), ("-1", .unknown), ("x", .unknown),
  ])
  func codesAreNumbers(text: String, expected: Status.Code) {
    #expect(received(text, nil, nil).code == expected)
  }

  @Test func statusesWithoutDetailsSendNone() {
    #expect(Status(.notFound, "gone").encodedDetails() == nil)
    #expect(Status(.ok, "", reason: "X").encodedDetails() == nil)
  }

  @Test func detailsFitIntoTrailersThatClientsAccept() throws {
    var status = Self.claimed
    status.violations = (0..<1_000).map {
      FieldViolation("rows[\($0)].phone", "PHONE", "bad", "坏")
    }
    let encoded = try #require(status.encodedDetails())
    #expect(encoded.count <= 6_000)
    let back = received("9", nil, String(decoding: encoded, as: UTF8.self))
    #expect(back.reason == "ALREADY_CLAIMED")
    #expect(back.violations.first?.field == "rows[0].phone" && back.violations.count > 10)
    status.metadata = ["large": String(repeating: "x", count: 10_000)]
    #expect(status.encodedDetails() == nil)
  }

  private func received(_ code: String, _ message: String?, _ details: String?) -> Status {
    Array(code.utf8).withUnsafeBufferPointer { code in
      StatusMessage.encode(message ?? "").withUnsafeBufferPointer { text in
        Array((details ?? "").utf8).withUnsafeBufferPointer { bytes in
          Status(received: code, message: message == nil ? nil : text, details: details == nil ? nil : bytes)
        }
      }
    }
  }
}
