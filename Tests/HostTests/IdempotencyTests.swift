import ModuleTesting
import Testing

@testable import Host

@Suite struct IdempotencyTests {
  @Test(arguments: TestHost.Way.allCases)
  func repeatsTheFirstReply(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let echo = EchoClient(try await host.channel(as: .staff, name: "a"))
      let first = try await echo.reply("Put", "note", CallOptions(idempotencyKey: "k-1"))
      #expect(first.trailers["idempotent-replayed"] == nil)
      let again = try await echo.reply("Put", "note", CallOptions(idempotencyKey: "k-1"))
      #expect(again.text == first.text)
      #expect(again.trailers["idempotent-replayed"] == "true")
      try await host.restart()
      let other = EchoClient(try await host.channel(as: .staff, name: "a"))
      #expect(try await other.call("Put", "note", CallOptions(idempotencyKey: "k-1")) == first.text)
      #expect(try await other.call("Get", "count") == "1")
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func refusesAKeyForAnotherRequest(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let echo = EchoClient(try await host.channel(as: .staff, name: "a"))
      _ = try await echo.call("Put", "note", CallOptions(idempotencyKey: "k-1"))
      let status = await echo.failure("Put", "other", CallOptions(idempotencyKey: "k-1"))
      #expect(status.code == .failedPrecondition)
      #expect(status.reason == "IDEMPOTENCY_KEY_REUSED")
      // Another principal's keys are its own.
      let stranger = EchoClient(try await host.channel(as: .staff, name: "b"))
      #expect(try await stranger.call("Put", "other", CallOptions(idempotencyKey: "k-1")).count == 36)
    }
  }

  @Test(arguments: ["", "a b", "Schl\u{fc}ssel", String(repeating: "k", count: 129)])
  func refusesAKeyThatIsNone(key: String) async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      let status = await echo.failure("Put", "note", CallOptions(idempotencyKey: key))
      #expect(status.code == .invalidArgument)
      #expect(status.reason == "IDEMPOTENCY_KEY_INVALID")
    }
  }

  @Test func takesTheLongestKey() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      let key = String(repeating: "~", count: 128)
      let first = try await echo.call("Put", "note", CallOptions(idempotencyKey: key))
      #expect(try await echo.call("Put", "note", CallOptions(idempotencyKey: key)) == first)
    }
  }

  @Test func oneOfManyAtOnceHasTheEffect() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      let replies = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<64 {
          group.addTask { try await echo.call("Put", "note", CallOptions(idempotencyKey: "k")) }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(replies.count == 1)
      #expect(try await echo.call("Get", "count") == "1")
    }
  }
}
