import ModuleTesting
import Testing

@testable import Host

@Suite struct CallTests {
  @Test(arguments: TestHost.Way.allCases)
  func runsEachKindForItsCaller(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let echo = EchoClient(
        try await host.channel(as: .staff, name: "wang.fang", organisationID: "org-1", areaCode: "440305"))
      #expect(try await echo.call("Get", "x") == "read x")
      #expect(try await echo.call("Report", "y") == "read y")
      #expect(try await echo.call("Get", "caller") == "wang.fang org-1 440305")
      #expect(try await echo.call("Put", "z").count == 36)
      #expect(try await echo.call("Get", "count") == "1")
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func streamsBothWays(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let channel = try await host.channel(as: .staff, name: "streamer")
      let collect = try await channel.open(EchoModule.path("Collect"), CallOptions())
      for text in ["a", "b", "c"] { try await collect.send(ProtoStringValue(value: text).encoded()) }
      try await collect.finishSending()
      let reply = try await collect.next()
      #expect(try reply.map { try ProtoStringValue(decoding: $0).value } == "a,b,c;0;streamer")
      #expect(try await collect.next() == nil)

      let (texts, end) = try await Self.replies(channel, "again")
      #expect(texts == (0..<5).map { "again-\($0)" })
      #expect(end == nil)
      let (before, failure) = try await Self.replies(channel, "fail")
      #expect(before.count == 5)
      #expect(failure?.reason == "ASKED")
    }
  }

  private static func replies(_ channel: any ClientChannel, _ text: String) async throws -> (
    [String], Status?
  ) {
    let stream = try await channel.open(EchoModule.path("Repeat"), CallOptions())
    try await stream.send(ProtoStringValue(value: text).encoded())
    try await stream.finishSending()
    var texts: [String] = []
    do {
      while let message = try await stream.next() {
        texts.append(try ProtoStringValue(decoding: message).value)
      }
      return (texts, nil)
    } catch let status as Status {
      return (texts, status)
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func mapsErrorsAndLeaksNothing(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      for method in ["Get", "Report"] {
        let asked = await echo.failure(method, "asked")
        #expect(asked.code == .failedPrecondition)
        #expect(asked.reason == "ASKED")
        #expect(asked.domain == "echo.yizhan")
        #expect(asked.messageChinese == "如您所求")
        #expect(asked.metadata["request_id"]?.isEmpty == false)
      }
      for method in ["Get", "Report", "Put"] {
        let surprise = await echo.failure(method, "surprise")
        #expect(surprise.code == .internalError)
        #expect(surprise.reason == "INTERNAL")
        #expect(!surprise.message.contains("13800000000"))
        #expect(!surprise.message.contains("Surprise"))
        #expect(surprise.metadata["request_id"].map { surprise.message.contains($0) } == true)
      }
      _ = try await echo.call("Put", "once")
      #expect(await echo.failure("Put", "once").code == .alreadyExists)
      let malformed = await #expect(throws: Status.self) {
        _ = try await echo.channel.unary(EchoModule.path("Get"), [0x0a, 0x7f], CallOptions())
      }
      #expect(malformed?.reason == "MESSAGE_MALFORMED")
      let unknown = await #expect(throws: Status.self) {
        _ = try await echo.channel.unary("/test.echo.v1.EchoService/Nothing", [], CallOptions())
      }
      #expect(unknown?.code == .unimplemented)
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func stopsReadsAtTheirDeadline(way: TestHost.Way) async throws {
    // The host's own limits apply when the caller has none.
    let settings = ["read-deadline-milliseconds": "100", "report-deadline-milliseconds": "100"]
    try await TestHost.run([EchoModule.self], way: way, settings: settings) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      for method in ["Get", "Report"] {
        let start = ContinuousClock.now
        #expect(await echo.failure(method, "slow").code == .deadlineExceeded)
        #expect(ContinuousClock.now - start < .seconds(60))
      }
      #expect(try await echo.call("Get", "x") == "read x")
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func stopsReadsAtTheCallersDeadline(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      let start = ContinuousClock.now
      let status = await echo.failure("Report", "slow", CallOptions(timeout: .milliseconds(100)))
      #expect(status.code == .deadlineExceeded)
      #expect(ContinuousClock.now - start < .seconds(60))
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func namesRequests(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      let named = try await echo.reply(
        "Get", "request", CallOptions(metadata: ["x-request-id": "order-4711"]))
      #expect(named.text == "order-4711")
      #expect(named.trailers["x-request-id"] == "order-4711")
      let failure = await echo.failure("Get", "asked", CallOptions(metadata: ["x-request-id": "order-4712"]))
      #expect(failure.metadata["request_id"] == "order-4712")

      let made = try await echo.reply("Get", "request")
      #expect(made.text.count == 13)
      #expect(made.trailers["x-request-id"] == nil)
      #expect(try await echo.call("Get", "request") != made.text)
      let long = String(repeating: "x", count: 65)
      #expect(
        try await echo.call("Get", "request", CallOptions(metadata: ["x-request-id": long])).count == 13)
    }
  }
}
