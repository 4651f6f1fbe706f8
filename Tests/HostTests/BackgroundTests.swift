import ModuleTesting
import Testing

@testable import Host

@Suite struct BackgroundTests {
  @Test(arguments: TestHost.Way.allCases)
  func firesTimersAfterTheirTimeAndAcrossARestart(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      _ = try await echo.call("Put", "later a")
      try await host.advance(by: .seconds(3_599))
      #expect(try await echo.call("Get", "count") == "1")
      try await host.restart()
      try await host.advance(by: .seconds(2))
      let after = EchoClient(try await host.channel(as: .staff))
      #expect(try await after.call("Get", "count") == "2")
      try await host.advance(by: .seconds(86_400))
      #expect(try await after.call("Get", "count") == "2")
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func deliversEvents(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      for number in 0..<200 { _ = try await echo.call("Put", "emit \(number)") }
      try await host.settle()
      #expect(try await echo.call("Get", "count") == "400")
    }
  }

  @Test func reportsAConsumerThatFails() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      // The consumer's own note has this text, and texts are unique.
      _ = try await echo.call("Put", "heard x")
      _ = try await echo.call("Put", "emit x")
      await #expect(throws: TestHostError.self) { try await host.settle() }
    }
  }
}
