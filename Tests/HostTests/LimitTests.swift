import ModuleTesting
import Testing

@testable import Host

/// Limits as callers meet them, in memory and over HTTP/2.
@Suite struct LimitTests {
  /// Calls until one is refused, at most so often.
  private func refusal(_ echo: EchoClient, _ method: String, within count: Int) async -> Status? {
    for number in 0..<count {
      let status = await echo.failure(method, "call \(number)")
      if status.code != .ok { return status }
    }
    return nil
  }

  @Test(arguments: TestHost.Way.allCases)
  func refusesCallsBeyondTheRateAndSaysWhenToRetry(way: TestHost.Way) async throws {
    let settings = ["limit-overrides": "noisy: reads=1 reports=1 writes=1", "limit-burst-seconds": "5"]
    try await TestHost.run([EchoModule.self], way: way, settings: settings) { host in
      let noisy = EchoClient(try await host.channel(as: .staff, name: "noisy"))
      let quiet = EchoClient(try await host.channel(as: .staff, name: "quiet"))
      for (method, limit) in [("Get", "reads"), ("Report", "reports"), ("Put", "writes")] {
        for number in 0..<5 { _ = try await noisy.call(method, "\(method) \(number)") }
        let refused = try #require(await refusal(noisy, method, within: 50))
        #expect(refused.code == .resourceExhausted)
        #expect(refused.reason == "RATE_LIMITED")
        #expect(refused.metadata["limit"] == "\(limit)_per_second")
        #expect(refused.metadata["allowed"] == "1")
        #expect(refused.metadata["request_id"]?.isEmpty == false)
        #expect(refused.messageChinese.contains("重试"))
        let delay = try #require(refused.retryDelay)
        #expect(delay > .zero && delay <= .seconds(1))
        #expect(try await quiet.call(method, "quiet").isEmpty == false)
        try await Task.sleep(for: delay)
        #expect(await noisy.failure(method, "again \(method)").code == .ok)
      }
      let page = try host.metricsPage()
      #expect(page.contains(#"yizhan_limits_refused_total{limit="reads_per_second",reason="RATE_LIMITED"} "#))
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func countsAllTokensOfAPrincipalTogether(way: TestHost.Way) async throws {
    let settings = ["limit-reads-per-second": "1", "limit-burst-seconds": "10"]
    try await TestHost.run([EchoModule.self], way: way, settings: settings) { host in
      let first = EchoClient(try await host.channel(as: .staff, name: "platform"))
      let second = EchoClient(try await host.channel(as: .staff, name: "platform"))
      for _ in 0..<5 {
        _ = try await first.call("Get", "x")
        _ = try await second.call("Get", "x")
      }
      let refused = try #require(await refusal(second, "Get", within: 50))
      #expect(refused.reason == "RATE_LIMITED")
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func holdsBackWhoGuessesTokens(way: TestHost.Way) async throws {
    let settings = ["limit-failed-authentications-per-second": "1", "limit-burst-seconds": "10"]
    try await TestHost.run([EchoModule.self], way: way, settings: settings) { host in
      let known = EchoClient(try await host.channel(as: .staff, name: "known"))
      _ = try await known.call("Get", "x")
      let guess = String(repeating: "A", count: 43)
      let guesser = EchoClient(try await host.anonymousChannel(token: "yz_\(guess)"))
      for _ in 0..<10 { #expect(await guesser.failure("Get", "x").code == .unauthenticated) }
      var refused = Status(.ok, "")
      for _ in 0..<50 where refused.code != .resourceExhausted { refused = await guesser.failure("Get", "x") }
      #expect(refused.reason == "RATE_LIMITED")
      #expect(refused.metadata["limit"] == "failed_authentications_per_second")
      // A token that was valid lately still is, from the same address and although it is looked up again; one that
      // nobody has seen yet waits.
      #expect(try await known.call("Get", "x") == "read x")
      try await host.advance(by: .zero)
      #expect(try await known.call("Get", "x") == "read x")
      var reasons: [String] = []
      for number in 0..<10 where !reasons.contains("RATE_LIMITED") {
        let fresh = EchoClient(try await host.channel(as: .staff, name: "fresh \(number)"))
        for _ in 0..<20 { _ = await guesser.failure("Get", "x") }
        reasons.append(await fresh.failure("Get", "x").reason)
      }
      #expect(reasons.last == "RATE_LIMITED")
    }
  }

  /// Who has nothing but a certificate is not held back by who guesses beside it, and covers no guesses.
  @Test func holdsBackNoCertificateThatIsKnown() async throws {
    let settings = ["limit-failed-authentications-per-second": "1", "limit-burst-seconds": "10"]
    try await TestHost.run([EchoModule.self], settings: settings) { host in
      let access = AccessServiceClient(try await host.channel())
      let made = try await access.createToken(CreateTokenRequest(principalName: "gateway", roles: [.staff]))
      let bound = PeerIdentity(publicKeyHash: Array(0..<32))
      let unbound = PeerIdentity(publicKeyHash: Array(32..<64))
      _ = try await access.bindCertificate(
        BindCertificateRequest(
          principalID: try #require(made.token).principalID, publicKeySha256: bound.publicKeyHashText,
          label: "gateway"))
      let alone = EchoClient(try await host.anonymousChannel(identity: bound))
      #expect(try await alone.call("Get", "x") == "read x")
      // That the key is bound to nobody is remembered too.
      let nobody = EchoClient(try await host.anonymousChannel(identity: unbound))
      #expect(await nobody.failure("Get", "x").reason == "CERTIFICATE_UNKNOWN")
      let guess = "yz_" + String(repeating: "A", count: 43)
      func isHeldBack(_ echo: EchoClient) async -> Bool {
        for _ in 0..<50 {
          if await echo.failure("Get", "x").reason == "RATE_LIMITED" { return true }
        }
        return false
      }
      for identity in [unbound, bound] {
        let guesser = EchoClient(try await host.anonymousChannel(token: guess, identity: identity))
        #expect(await isHeldBack(guesser))
        #expect(await isHeldBack(nobody))
        #expect(try await alone.call("Get", "x") == "read x")
      }
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func boundsOpenStreams(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way, settings: ["limit-open-streams": "2"]) { host in
      let channel = try await host.channel(as: .staff, name: "watcher")
      let open = [
        try await channel.open(EchoModule.path("Collect"), CallOptions()),
        try await channel.open(EchoModule.path("Collect"), CallOptions()),
      ]
      for stream in open { try await stream.send(ProtoStringValue(value: "a").encoded()) }
      // Both are at work once their first message was counted.
      let limits = LimitsServiceClient(channel)
      try await eventually { try await limits.getUsage(GetUsageRequest()).usage?.rowsReceived == 2 }
      let third = try await channel.open(EchoModule.path("Collect"), CallOptions())
      let refused = await #expect(throws: Status.self) { _ = try await third.next() }
      #expect(refused?.reason == "CONCURRENCY_LIMITED")
      #expect(refused?.metadata["limit"] == "open_streams")
      try await open[0].finishSending()
      _ = try await open[0].next()
      #expect(try await open[0].next() == nil)
      let fourth = try await channel.open(EchoModule.path("Collect"), CallOptions())
      try await fourth.finishSending()
      #expect(try await fourth.next() != nil)
      open[1].cancel()
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func endsTheDayWithTheQuota(way: TestHost.Way) async throws {
    let settings = ["limit-overrides": "scraper: rows-returned=3"]
    try await TestHost.run([EchoModule.self], way: way, settings: settings) { host in
      // 09:00 in China: fifteen hours until midnight.
      let scraper = EchoClient(try await host.channel(as: .staff, name: "scraper"))
      for _ in 0..<2 { _ = try await scraper.call("Get", "x") }
      _ = try await scraper.call("Report", "x")
      let refused = await scraper.failure("Get", "x")
      #expect(refused.code == .resourceExhausted)
      #expect(refused.reason == "QUOTA_EXHAUSTED")
      #expect(refused.metadata["limit"] == "rows_returned_per_day")
      #expect(refused.retryDelay == .seconds(15 * 3_600))
      #expect(
        await EchoClient(try await host.channel(as: .staff, name: "other")).failure("Get", "x").code == .ok)

      // What was used is known after a restart.
      try await host.restart()
      let again = EchoClient(try await host.channel(as: .staff, name: "scraper"))
      #expect(await again.failure("Get", "x").reason == "QUOTA_EXHAUSTED")
      try await host.advance(by: .seconds(15 * 3_600 - 1))
      #expect(await again.failure("Get", "x").reason == "QUOTA_EXHAUSTED")
      try await host.advance(by: .seconds(1))
      #expect(try await again.call("Get", "x") == "read x")
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func endsAStreamWithTheQuota(way: TestHost.Way) async throws {
    let settings = ["limit-overrides": "importer: rows-received=3; reader: rows-returned=2"]
    try await TestHost.run([EchoModule.self], way: way, settings: settings) { host in
      let importer = try await host.channel(as: .staff, name: "importer")
      let stream = try await importer.open(EchoModule.path("Collect"), CallOptions())
      for _ in 0..<4 { try? await stream.send(ProtoStringValue(value: "x").encoded()) }
      try? await stream.finishSending()
      let refused = await #expect(throws: Status.self) { _ = try await stream.next() }
      #expect(refused?.reason == "QUOTA_EXHAUSTED")
      #expect(refused?.metadata["limit"] == "rows_received_per_day")

      let reader = try await host.channel(as: .staff, name: "reader")
      let replies = try await reader.open(EchoModule.path("Repeat"), CallOptions())
      try await replies.send(ProtoStringValue(value: "x").encoded())
      try await replies.finishSending()
      for _ in 0..<2 { #expect(try await replies.next() != nil) }
      let ended = await #expect(throws: Status.self) { _ = try await replies.next() }
      #expect(ended?.metadata["limit"] == "rows_returned_per_day")
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func showsUseAndLimits(way: TestHost.Way) async throws {
    let settings = ["limit-overrides": "caller: reads=500 bytes-sent=1000000"]
    try await TestHost.run([EchoModule.self], way: way, settings: settings) { host in
      let channel = try await host.channel(as: [.staff, .auditor], name: "caller")
      let echo = EchoClient(channel)
      _ = try await echo.call("Get", "x")
      _ = try await echo.call("Put", "y")
      let service = LimitsServiceClient(channel)
      let own = try await service.getUsage(GetUsageRequest())
      let usage = try #require(own.usage)
      #expect(usage.principalName == "caller")
      #expect(usage.date == "2026-01-05")
      #expect(usage.calls == 3)
      #expect(usage.rowsReturned == 1)
      #expect(usage.rowsReceived == 1)
      // A StringValue of one letter has three bytes; GetUsageRequest has none.
      #expect(usage.bytesReceived == 6)
      // "read x" is 5 + 2 + 6 bytes with its prefix, an identifier 5 + 2 + 36.
      #expect(usage.bytesSent == 13 + 43)
      #expect(own.limits?.readsPerSecond == 500)
      #expect(own.limits?.bytesSentPerDay == 1_000_000)

      // The day's use is written down when the host stops.
      try await host.restart()
      let auditor = LimitsServiceClient(try await host.channel(as: .auditor, name: "auditor"))
      let listed = try await auditor.listUsage(ListUsageRequest(pageSize: 1))
      #expect(listed.usage.map(\.principalName) == ["caller"])
      #expect(listed.usage.first?.calls == 3)
      #expect(try await auditor.listUsage(ListUsageRequest(date: "2026-01-04")).usage.isEmpty)
    }
  }

  @Test func refusesWritesThatCannotBeDoneInTime() async throws {
    // The queue takes 16, and one write more may be on its way to it.
    let settings = ["write-queue": "16"]
    try await TestHost.run([EchoModule.self], settings: settings) { host in
      EchoGate.limits.close()
      defer { EchoGate.limits.open() }
      let first = EchoClient(try await host.channel(as: .staff, name: "first"))
      _ = try await first.call("Get", "x")
      await withTaskGroup(of: Status.self) { group in
        group.addTask { await first.failure("Put", "hold") }
        while !EchoGate.limits.isReached { await Task.yield() }
        for number in 0..<40 { group.addTask { await first.failure("Put", "row \(number)") } }
        var refused: [Status] = []
        while refused.count < 24, let status = await group.next() { refused.append(status) }
        #expect(refused.allSatisfy { $0.code == .resourceExhausted })
        #expect(refused.allSatisfy { $0.retryDelay != nil })
        EchoGate.limits.open()
        for await status in group { #expect(status.code == .ok || status.code == .resourceExhausted) }
      }
      #expect(await first.failure("Put", "afterwards").code == .ok)
      let page = try host.metricsPage()
      #expect(page.contains(#"yizhan_limits_under_way{kind="WRITE"} 0"#))
    }
  }

  /// Waits until something holds, ten seconds at most.
  private func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<1_000 {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it did not come about in ten seconds")
  }
}
