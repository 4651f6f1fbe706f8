import RPC
import RPCTransport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct LifecycleTests {
  @Test func aPortInUseIsNamed() async throws {
    try await LiveServer.run { live in
      let handler = try EchoHandler()
      let second = GRPCServer(
        GRPCServerConfiguration(host: "127.0.0.1", port: live.address.port), handler: handler)
      await #expect(throws: GRPCServerError.portInUse(host: "127.0.0.1", port: live.address.port)) {
        _ = try await second.start()
      }
      await second.shutdown(grace: .zero)
    }
  }

  @Test func anAddressOfAnotherMachineIsNamed() async throws {
    let server = GRPCServer(GRPCServerConfiguration(host: "203.0.113.1", port: 0), handler: try EchoHandler())
    do {
      _ = try await server.start()
      Issue.record("a server listens on an address that this machine does not have")
    } catch let error as GRPCServerError {
      guard case .addressUnavailable(host: "203.0.113.1", _) = error else { throw error }
    }
    await server.shutdown(grace: .zero)
  }

  @Test func anUnreachableServerIsUnavailableWithTheReason() async throws {
    let reserved = try ReservedPort()
    let port = reserved.port
    let client = GRPCClient(GRPCClientConfiguration(host: "127.0.0.1", port: port))
    let status = try await status { _ = try await client.call(.echo) }
    #expect(status?.code == .unavailable)
    #expect(
      status?.message == "cannot reach 127.0.0.1:\(port): connection refused; is the server running there?")
    await client.close()
    reserved.close()
  }

  @Test func aClosedClientSaysSo() async throws {
    try await LiveServer.run { live in
      let client = GRPCClient(GRPCClientConfiguration(host: live.address.host, port: live.address.port))
      _ = try await client.call(.echo)
      await client.close()
      let status = try await status { _ = try await client.call(.echo) }
      #expect(status?.message == "the client has been closed")
    }
  }

  @Test func aClientComesBackAfterTheServerRestarted() async throws {
    let reserved = try ReservedPort()
    let port = reserved.port
    let first = GRPCServer(
      GRPCServerConfiguration(host: "127.0.0.1", port: port), handler: try EchoHandler())
    _ = try await first.start()
    let client = GRPCClient(GRPCClientConfiguration(host: "127.0.0.1", port: port))
    #expect(try await client.call(.echo, [1]) == [1])
    await first.shutdown(grace: .seconds(2))
    let status = try await status { _ = try await client.call(.echo) }
    #expect(status?.code == .unavailable)
    let second = GRPCServer(
      GRPCServerConfiguration(host: "127.0.0.1", port: port), handler: try EchoHandler())
    _ = try await second.start()
    #expect(try await client.call(.echo, [2]) == [2])
    await client.close()
    await second.shutdown(grace: .seconds(2))
    reserved.close()
  }

  @Test func shutdownLetsAcceptedCallsFinish() async throws {
    let server = GRPCServer(GRPCServerConfiguration(), handler: try EchoHandler())
    let address = try await server.start()
    let client = GRPCClient(GRPCClientConfiguration(host: address.host, port: address.port))
    _ = try await client.call(.echo)
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for index in 0..<100 { group.addTask { try await client.call(.slow, [UInt8(index)]) } }
      try await Task.sleep(for: .milliseconds(100))
      await server.shutdown(grace: .seconds(5))
      var count = 0
      for try await reply in group { count += reply.count }
      #expect(count == 100)
    }
    #expect(server.openConnectionCount == 0)
    await client.close()
  }

  @Test func shutdownEndsWhatOutlivesTheGrace() async throws {
    let handler = try EchoHandler()
    let server = GRPCServer(GRPCServerConfiguration(), handler: handler)
    let address = try await server.start()
    let client = GRPCClient(GRPCClientConfiguration(host: address.host, port: address.port))
    let unary = Task { try await client.call(.hang) }
    let stream = try await client.open(.hangStream)
    #expect(try await stream.next() == [1])
    let start = ContinuousClock.now
    await server.shutdown(grace: .milliseconds(300))
    #expect(start.duration(to: .now) < .seconds(60))
    #expect(try await status { _ = try await unary.value }?.code == .unavailable)
    #expect(try await status { _ = try await stream.next() }?.code == .unavailable)
    #expect(handler.cancelledCount >= 1)
    await client.close()
  }

  @Test func anIdleConnectionIsClosedAndMadeAgain() async throws {
    func impatient(_ configuration: inout GRPCServerConfiguration) {
      configuration.idleTimeout = .milliseconds(200)
      configuration.timeoutCheckInterval = .milliseconds(20)
    }
    try await LiveServer.withClient(server: impatient) { (live, client) async throws in
      #expect(try await client.call(.echo, [1]) == [1])
      #expect(try await eventually { live.server.openConnectionCount == 0 })
      #expect(try await client.call(.echo, [2]) == [2])
    }
  }

  @Test func anOldConnectionIsReplacedWithoutLosingACall() async throws {
    func shortLived(_ configuration: inout GRPCServerConfiguration) {
      configuration.maxConnectionAge = .milliseconds(100)
      configuration.timeoutCheckInterval = .milliseconds(10)
    }
    try await LiveServer.withClient(server: shortLived) { (_, client) async throws in
      let end = ContinuousClock.now.advanced(by: .seconds(1))
      var count = 0
      while ContinuousClock.now < end || count <= 10 {
        #expect(try await client.call(.echoElsewhere, [3]) == [3])
        count += 1
      }
    }
  }

  @Test func oneConnectionTooManyIsClosed() async throws {
    try await LiveServer.run({ $0.maxConnections = 1 }) { live in
      let configuration = GRPCClientConfiguration(host: live.address.host, port: live.address.port)
      let first = GRPCClient(configuration)
      let second = GRPCClient(configuration)
      _ = try await first.call(.echo)
      #expect(try await status { _ = try await second.call(.echo) }?.code == .unavailable)
      await first.close()
      #expect(try await eventually { live.server.openConnectionCount == 0 })
      _ = try await second.call(.echo)
      await second.close()
    }
  }
}
