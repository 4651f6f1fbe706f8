import RPC
import RPCTransport
import Testing
import Wire

@Suite(.timeLimit(.minutes(10)))
struct UnaryTests {
  @Test func bytesComeBackAsTheyWereSent() async throws {
    try await LiveServer.withClient { (_, client) async throws in
      for size in [0, 1, 5, 16_383, 16_384, 65_536, 1_000_000] {
        let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try await client.call(.echo, message) == message)
        #expect(try await client.call(.echoElsewhere, message) == message)
      }
    }
  }

  @Test func manyCallsAtOnceShareAConnection() async throws {
    try await LiveServer.withClient { live, client in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<1_000 {
          group.addTask {
            let message = Array("\(index)".utf8)
            return try await client.call(index % 2 == 0 ? .echo : .echoElsewhere, message) == message
          }
        }
        for try await isEqual in group { #expect(isEqual) }
      }
      #expect(live.server.openConnectionCount == 1)
    }
  }

  @Test func aStatusArrivesWithItsDetails() async throws {
    try await LiveServer.withClient { _, client in
      let status = try await status { _ = try await client.call(.fail, [9]) }
      let expected = Status(
        .failedPrecondition, "failed as asked\n100% 不行 🚚", reason: "AS_ASKED", domain: "test.yizhan",
        metadata: ["code": "9"], messageChinese: "按要求失败",
        violations: [
          FieldViolation("rows[3].phone", "PHONE_INVALID", "not a phone number", "不是电话号码")
        ], retryDelay: .milliseconds(1_500))
      #expect(status == expected)
    }
  }

  @Test func aCallRefusedInAdmitNeverReachesTheHandler() async throws {
    try await LiveServer.withClient { _, client in
      let status = try await status { _ = try await client.call(.forbidden, [1, 2, 3]) }
      #expect(status?.code == .permissionDenied)
      #expect(status?.message == "not for you: 不行 100%")
      #expect(status?.reason == "FORBIDDEN")
    }
  }

  @Test func anUnknownPathIsUnimplemented() async throws {
    try await LiveServer.withClient { _, client in
      for path in ["/", "//svc/m", "/yizhan.test.v1.EchoService/", "/yizhan.test.v1.EchoService/Nope", "/x"] {
        let status = try await status { _ = try await client.unary(path, [], CallOptions()) }
        #expect(status?.code == .unimplemented, "\(path)")
      }
    }
  }

  @Test func metadataTravelsBothWaysInOrder() async throws {
    try await LiveServer.withClient { live, client in
      var metadata: Metadata = ["x-name": "one", "x-empty": "", "x-name": "two"]
      metadata.add("x-data-bin", binary: [0, 255, 10])
      metadata.add("x-data-bin", binary: [])
      let reply = try await client.unary(
        EchoHandler.path(.metadata), [7], CallOptions(metadata: metadata, idempotencyKey: "key-1"))
      #expect(reply.message == [7])
      #expect(reply.trailers.all("x-name") == ["one", "two"])
      #expect(reply.trailers.all("x-empty") == [""])
      #expect(reply.trailers.allBinary("x-data-bin") == [[0, 255, 10], []])
      let seen = try #require(live.handler.lastMetadata)
      #expect(seen["idempotency-key"] == "key-1")
      #expect(seen["user-agent"] == "yizhan-swift")
      #expect(seen["te"] == nil)
      #expect(seen["content-type"] == nil)
    }
  }

  @Test func aTokenIsSentWithEveryCallAndACallsOwnReplacesIt() async throws {
    try await LiveServer.withClient(client: { $0.metadata["authorization"] = "Bearer secret" }) {
      live, client in
      _ = try await client.call(.metadata)
      #expect(live.handler.lastMetadata?["authorization"] == "Bearer secret")
      _ = try await client.call(.metadata, [], CallOptions(metadata: ["authorization": "Bearer other"]))
      #expect(live.handler.lastMetadata?.all("authorization") == ["Bearer other"])
    }
  }

  @Test func metadataThatCannotBeSentIsRefusedBeforeTheCall() async throws {
    try await LiveServer.withClient { _, client in
      for metadata in [["grpc-x": "1"], ["x y": "1"], ["x": "不行"], ["": "1"]] as [Metadata] {
        let status = try await status {
          _ = try await client.call(.echo, [], CallOptions(metadata: metadata))
        }
        #expect(status?.code == .internalError)
      }
    }
  }

  @Test func aMessageOfExactlyTheLimitPassesAndOneMoreByteDoesNot() async throws {
    try await LiveServer.withClient(server: { $0.maxMessageBytes = 70_000 }) { _, client in
      #expect(try await client.call(.echo, [UInt8](repeating: 1, count: 70_000)).count == 70_000)
      let status = try await status { _ = try await client.call(.echo, [UInt8](repeating: 1, count: 70_001)) }
      #expect(status?.code == .resourceExhausted)
      #expect(try await client.call(.echo, [1]) == [1])
    }
  }

  @Test func aReplyOverTheClientsLimitFailsAlone() async throws {
    try await LiveServer.withClient(client: { $0.maxMessageBytes = 1_000 }) { _, client in
      let status = try await status { _ = try await client.call(.echo, [UInt8](repeating: 1, count: 1_001)) }
      #expect(status?.code == .resourceExhausted)
      #expect(try await client.call(.echo, [UInt8](repeating: 1, count: 1_000)).count == 1_000)
    }
  }

  @Test func metadataOverTheLimitIsRefused() async throws {
    try await LiveServer.withClient { _, client in
      let large = String(repeating: "x", count: 9_000)
      let status = try await status {
        _ = try await client.call(.echo, [], CallOptions(metadata: ["x-large": large]))
      }
      #expect(status?.code == .resourceExhausted)
      #expect(try await client.call(.echo, [1]) == [1])
    }
  }

  @Test func aDeadlineEndsTheCallAndTellsTheHandler() async throws {
    try await LiveServer.withClient { live, client in
      let start = ContinuousClock.now
      let status = try await status {
        _ = try await client.call(.hang, [], CallOptions(timeout: .seconds(5)))
      }
      #expect(status?.code == .deadlineExceeded)
      #expect(start.duration(to: .now) >= .seconds(5))
      #expect(try await eventually { live.handler.cancelledCount == 1 })
    }
  }

  @Test func aDeadlineOfNothingFailsAtOnce() async throws {
    try await LiveServer.withClient { _, client in
      let status = try await status { _ = try await client.call(.echo, [], CallOptions(timeout: .zero)) }
      #expect(status?.code == .deadlineExceeded)
    }
  }

  @Test func cancellingATaskGivesItsCallUp() async throws {
    try await LiveServer.withClient { live, client in
      let task = Task { try await client.call(.hang) }
      #expect(try await eventually { live.handler.hangCount == 1 })
      task.cancel()
      let status = try await status { _ = try await task.value }
      #expect(status?.code == .cancelled)
      #expect(try await eventually { live.handler.cancelledCount == 1 })
    }
  }

  @Test func theHandlerHearsOfTheEndOfABatch() async throws {
    try await LiveServer.withClient { live, client in
      _ = try await client.call(.echo)
      #expect(live.handler.batchCount > 0)
    }
  }

  @Test func severalLoopsServeOneServer() async throws {
    try await LiveServer.run({ $0.loopCount = 2 }) { live in
      for _ in 0..<4 {
        let client = GRPCClient(GRPCClientConfiguration(host: live.address.host, port: live.address.port))
        #expect(try await client.call(.echoElsewhere, [1]) == [1])
        let peer = String(decoding: try await client.call(.peer), as: UTF8.self)
        #expect(peer.hasPrefix("127.0.0.1:"))
        await client.close()
      }
    }
  }
}
