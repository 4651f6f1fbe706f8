import Logging
import ModuleKit
import Synchronization
import Testing

@testable import Host

@Suite struct DrainTests {
  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
  }

  @Test func givesUpWhenTheTimeIsOver() async throws {
    try await Scratch.with { directory in
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let configuration = try HostConfiguration(testing: ["drain-milliseconds": "100"], directory: directory)
      let host = try await RunningHost.start(
        modules: [EchoModule()], configuration: configuration, logger: logger)
      let channel = TestChannel(host.address, token: try #require(host.firstToken))
      EchoGate.other.close()
      async let status = EchoClient(channel).failure("Put", "hang")
      while !EchoGate.other.isReached { try await Task.sleep(for: .milliseconds(5)) }
      let start = ContinuousClock.now
      async let isDrained = host.stop()
      #expect(await status.code == .unavailable)
      #expect(ContinuousClock.now - start < .seconds(60))
      // The writer is still at it; the database waits for it, whoever has gone meanwhile.
      try await Task.sleep(for: .milliseconds(1_500))
      EchoGate.other.open()
      #expect(await isDrained == false)
      await channel.close()
    }
  }

  /// SIGTERM in the middle of a thousand calls: each has either taken effect and been answered with success, or has
  /// had no effect.
  @Test func losesNoAcceptedCall() async throws {
    try await Scratch.with { directory in
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let configuration = try HostConfiguration(testing: [:], directory: directory)
      let host = try await RunningHost.start(
        modules: [EchoModule()], configuration: configuration, logger: logger)
      let token = try #require(host.firstToken)
      let channels = (0..<8).map { _ in TestChannel(host.address, token: token) }
      // Connections stand before the calls, so that the stop below meets calls and not greetings.
      for channel in channels { _ = try await EchoClient(channel).call("Get", "x") }

      let begun = Counter()
      let stopping = Task {
        while begun.value < 500 { await Task.yield() }
        return await host.stop()
      }
      let outcomes = await withTaskGroup(of: Status.Code.self) { group in
        for number in 0..<1_000 {
          let echo = EchoClient(channels[number % channels.count])
          group.addTask {
            begun.add()
            return await echo.failure("Put", "note \(number)").code
          }
        }
        return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
      }
      #expect(await stopping.value)
      for channel in channels { await channel.close() }
      #expect(Set(outcomes.keys).isSubset(of: [.ok, .unavailable]), "\(outcomes)")

      let again = try await RunningHost.start(
        modules: [EchoModule()], configuration: configuration, logger: logger)
      let channel = TestChannel(again.address, token: token)
      #expect(try await EchoClient(channel).call("Get", "count") == "\(outcomes[.ok] ?? 0)")
      await channel.close()
      #expect(await again.stop())
    }
  }
}
