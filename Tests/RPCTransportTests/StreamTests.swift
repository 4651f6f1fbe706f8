import HTTP2
import RPC
import RPCTransport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct StreamTests {
  @Test func messagesComeBackOneByOne() async throws {
    try await LiveServer.withClient { _, client in
      let stream = try await client.open(.bidirectional)
      for size in [0, 1, 70_000, 300_000, 3] {
        let message = [UInt8](repeating: UInt8(truncatingIfNeeded: size), count: size)
        try await stream.send(message)
        #expect(try await stream.next() == message)
      }
      try await stream.finishSending()
      #expect(try await stream.next() == nil)
      #expect(try await stream.next() == nil)
    }
  }

  @Test func aClientStreamIsTakenWhole() async throws {
    try await LiveServer.withClient { _, client in
      let stream = try await client.open(.collect)
      // Each message waits once for a turn among all tests that run beside this one, so there are not too many.
      for _ in 0..<2_000 { try await stream.send([UInt8](repeating: 1, count: 5_000)) }
      try await stream.finishSending()
      #expect(try await stream.next() == Array("2000 10000000".utf8))
      #expect(try await stream.next() == nil)
    }
  }

  @Test func aServerStreamFlowsAtTheReadersPace() async throws {
    try await LiveServer.withClient { _, client in
      let stream = try await client.open(.produce)
      try await stream.send(Array("2000 10000".utf8))
      try await stream.finishSending()
      var count = 0
      while let message = try await stream.next() {
        #expect(message.count == 10_000 && message[0] == UInt8(truncatingIfNeeded: count))
        count += 1
        if count % 500 == 0 { try await Task.sleep(for: .milliseconds(20)) }
      }
      #expect(count == 2_000)
    }
  }

  @Test func messagesLargerThanTheWindowPass() async throws {
    func small(_ configuration: inout GRPCServerConfiguration) {
      configuration.limits.streamWindowBytes = 1_000
    }
    try await LiveServer.withClient(server: small, client: { $0.limits.streamWindowBytes = 1 }) { _, client in
      let stream = try await client.open(.bidirectional)
      let message = [UInt8](repeating: 7, count: 3_000)
      try await stream.send(message)
      #expect(try await stream.next() == message)
      try await stream.finishSending()
      #expect(try await stream.next() == nil)
      #expect(try await client.call(.echo, [1, 2, 3]) == [1, 2, 3])
    }
  }

  @Test func aStalledStreamDoesNotHoldUpTheOthers() async throws {
    try await LiveServer.withClient { _, client in
      var stalled: [any ClientStream] = []
      for _ in 0..<20 {
        let stream = try await client.open(.produce)
        try await stream.send(Array("1000 100000".utf8))
        stalled.append(stream)
      }
      try await Task.sleep(for: .milliseconds(200))
      #expect(try await client.call(.echo, [1]) == [1])
      for stream in stalled { stream.cancel() }
    }
  }

  @Test func writersWaitForAServerThatDoesNotRead() async throws {
    try await LiveServer.withClient { _, client in
      // The handler waits and never takes a message, so the window and the queue fill up.
      let stream = try await client.open(.hangStream, CallOptions(timeout: .milliseconds(700)))
      var sentBytes = 0
      let status = try await status {
        while true {
          try await stream.send([UInt8](repeating: 1, count: 10_000))
          sentBytes += 10_000
        }
      }
      #expect(status?.code == .deadlineExceeded)
      #expect(sentBytes < 2 << 20)
    }
  }

  @Test func aStatusFollowsTheMessagesSentBeforeIt() async throws {
    try await LiveServer.withClient { _, client in
      let stream = try await client.open(.failLate)
      #expect(try await stream.next() == [1, 2, 3])
      let status = try await status { _ = try await stream.next() }
      #expect(status?.code == .aborted)
      #expect(status?.message == "after one message")
    }
  }

  @Test func cancellingAStreamCancelsItsHandler() async throws {
    try await LiveServer.withClient { live, client in
      let stream = try await client.open(.hangStream)
      #expect(try await stream.next() == [1])
      stream.cancel()
      let status = try await status { _ = try await stream.next() }
      #expect(status?.code == .cancelled)
      #expect(try await eventually { live.handler.cancelledCount == 1 })
    }
  }

  @Test func aDeadlineCancelsTheHandlerOfAStream() async throws {
    try await LiveServer.withClient { live, client in
      let stream = try await client.open(.hangStream, CallOptions(timeout: .seconds(5)))
      #expect(try await stream.next() == [1])
      let status = try await status { _ = try await stream.next() }
      #expect(status?.code == .deadlineExceeded)
      #expect(try await eventually { live.handler.cancelledCount == 1 })
    }
  }

  @Test func aLostConnectionCancelsTheHandler() async throws {
    try await LiveServer.run { live in
      let client = GRPCClient(GRPCClientConfiguration(host: live.address.host, port: live.address.port))
      let stream = try await client.open(.hangStream)
      #expect(try await stream.next() == [1])
      await client.close()
      let status = try await status { _ = try await stream.next() }
      #expect(status?.code == .unavailable)
      #expect(try await eventually { live.handler.cancelledCount == 1 })
    }
  }

  @Test func aCancelledReaderLeavesTheStreamReadable() async throws {
    try await LiveServer.withClient { _, client in
      let stream = try await client.open(.bidirectional)
      let reader = Task { try await stream.next() }
      try await Task.sleep(for: .milliseconds(50))
      reader.cancel()
      await #expect(throws: CancellationError.self) { _ = try await reader.value }
      try await stream.send([5])
      #expect(try await stream.next() == [5])
    }
  }
}
