import Logging
import ModuleKit
import Synchronization
import Testing

@testable import Host

@Suite struct JournalTests {
  private final class Lines: Sendable {
    private let all = Mutex<[String]>([])
    var lines: [String] { all.withLock { $0 } }
    func add(_ line: String) { all.withLock { $0.append(line) } }
  }

  /// Runs calls against a host that logs everything, and returns its lines.
  private func lines(
    _ settings: [String: String], _ body: (EchoClient) async throws -> Void
  ) async throws -> (lines: [String], token: String) {
    let log = Lines()
    let token = try await Scratch.with { directory in
      let configuration = try HostConfiguration(testing: settings, directory: directory)
      let logger = Logger(label: "test") { _ in LineLogHandler(level: configuration.logLevel) { log.add($0) }
      }
      let host = try await RunningHost.start(
        modules: [EchoModule()], configuration: configuration, logger: logger)
      let token = try #require(host.firstToken)
      let channel = TestChannel(host.address, token: token)
      try await body(EchoClient(channel))
      await channel.close()
      _ = await host.stop()
      return token
    }
    return (log.lines, token)
  }

  @Test func namesCallsAndHoldsNoContents() async throws {
    let (lines, token) = try await lines(["log-level": "trace"]) { echo in
      let options = CallOptions(metadata: ["x-request-id": "R-77"], idempotencyKey: "key-4711")
      _ = try await echo.call("Put", "canary-13800000000", options)
      _ = await echo.failure("Put", "surprise")
      _ = try await echo.call("Report", "canary-13800000000")
    }
    let put = try #require(lines.first { $0.contains("request=R-77") })
    #expect(put.contains(" debug call "))
    #expect(put.contains("method=test.echo.v1.EchoService/Put"))
    #expect(put.contains("status=ok"))
    let failure = try #require(lines.first { $0.contains("failed unexpectedly") })
    #expect(failure.contains(" error "))
    #expect(failure.contains("Surprise.secret"))
    for secret in ["13800000000", token, String(token.suffix(20)), "key-4711", "administrator", "Bearer"] {
      #expect(!lines.contains { $0.contains(secret) }, "the log holds \(secret)")
    }
  }

  @Test func saysNothingOfQuickCallsAndWarnsOfSlowOnes() async throws {
    let settings = ["slow-call-milliseconds": "2000", "read-deadline-milliseconds": "3000"]
    let (lines, _) = try await lines(settings) { echo in
      _ = try await echo.call("Get", "x")
      _ = await echo.failure("Get", "slow")
    }
    let calls = lines.filter { $0.contains("method=") }
    #expect(calls.count == 1)
    #expect(calls.first?.contains(" warning slow call ") == true)
    #expect(calls.first?.contains("status=deadlineExceeded") == true)
  }
}
