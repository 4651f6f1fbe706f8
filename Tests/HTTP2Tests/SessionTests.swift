import Testing

@testable import HTTP2

struct SessionTests {
  private static let begin = HTTP2FixedHeaders([(":status", "200"), ("content-type", "application/grpc")])
  private static let ok = HTTP2FixedHeaders([("grpc-status", "0")])

  @Test func aRequestIsAnsweredWithBodyAndTrailers() throws {
    let pair = Pair()
    let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    pair.server.onEnd = { pair.server.session.respond($0, Self.begin, body, Self.ok) }
    let stream = pair.request(extra: [("x-a", "1"), ("x-a", "2")])
    pair.client.session.enqueue(stream, [1, 2])
    pair.client.session.enqueue(stream, [3])
    pair.client.session.finish(stream)
    var seen: TestStream?
    pair.server.onHeaders = { seen = $0 }
    pair.exchange()
    #expect(seen?.headers.text(of: ":path") == "/a/b")
    #expect(seen?.body == [1, 2, 3])
    #expect(stream.headers.text(of: ":status") == "200")
    #expect(stream.trailers.text(of: "grpc-status") == "0")
    #expect(stream.body == body)
    #expect(stream.hasEnded && stream.closedWith == .noError && seen?.closedWith == .noError)
    #expect(pair.server.session.openStreamCount == 0 && pair.client.session.openStreamCount == 0)
  }

  @Test func headersKeepOrderAndDuplicates() {
    var headers = HTTP2Headers([("a", "1"), ("b", ""), ("a", "2")])
    headers.append("c", [0, 255])
    var seen: [String] = []
    headers.forEach { name, value in
      seen.append("\(String(decoding: name, as: UTF8.self))=\(Array(value))")
      return true
    }
    #expect(seen == ["a=[49]", "b=[]", "a=[50]", "c=[0, 255]"])
    #expect(headers.text(of: "a") == "1")
    #expect(headers.text(of: "d") == nil)
    #expect(headers.count == 4)
  }

  @Test func aReplyOfHeadersAloneIsOneBlock() throws {
    let server = Side(.server, HTTP2Limits())
    server.onHeaders = {
      server.session.respondWithHeadersOnly($0, HTTP2Headers([(":status", "200"), ("grpc-status", "5")]))
    }
    server.input(Frame.start + Frame.headers(stream: 1, flags: 0x5))
    let frames = Frame.parse(server.output()).filter { $0.stream == 1 }
    #expect(frames.map(\.type) == [1])
    #expect(frames.first?.flags == 0x5)
    server.session.close()
  }

  @Test func anEarlyReplyIsFollowedByAResetWithoutError() {
    let server = Side(.server, HTTP2Limits())
    server.onHeaders = {
      server.session.respondWithHeadersOnly($0, HTTP2Headers([(":status", "200"), ("grpc-status", "5")]))
    }
    server.input(Frame.start + Frame.headers(stream: 1))
    let frames = Frame.parse(server.output()).filter { $0.stream == 1 }
    #expect(frames.map(\.type) == [1, 3])
    #expect(frames.last?.payload == [0, 0, 0, 0])
    // What the client had sent by then is no fault.
    #expect(server.input(Frame.make(0, flags: 1, stream: 1, [1, 2, 3])) == nil)
    #expect(server.session.isLive)
    server.session.close()
  }

  @Test func aBodyMayBeQueuedBitByBit() {
    let pair = Pair()
    let stream = pair.request(hasBody: false)
    pair.exchange()
    let accepted = pair.accepted(stream)!
    pair.server.session.respond(accepted, Self.begin)
    pair.exchange()
    #expect(stream.hasHeaders && stream.body.isEmpty)
    for index in 0..<100 {
      pair.server.session.enqueue(accepted, [UInt8](repeating: UInt8(index), count: 3))
      if index % 10 == 0 { pair.exchange() }
    }
    pair.exchange()
    #expect(stream.body == (0..<100).flatMap { [UInt8](repeating: UInt8($0), count: 3) })
    #expect(!stream.hasEnded)
    pair.server.session.finish(accepted, HTTP2Headers([("grpc-status", "10")]))
    pair.exchange()
    #expect(stream.hasEnded && stream.trailers.text(of: "grpc-status") == "10")
  }

  @Test func outputStopsAtTheWindowAndGoesOnWithConsumption() {
    var limits = HTTP2Limits()
    limits.streamWindowBytes = 1_000
    let pair = Pair(clientLimits: limits)
    pair.client.isConsuming = false
    let stream = pair.request(hasBody: false)
    pair.server.onEnd = {
      pair.server.session.respond($0, Self.begin, [UInt8](repeating: 1, count: 2_500), Self.ok)
    }
    pair.exchange()
    #expect(stream.body.count == 1_000)
    #expect(pair.accepted(stream)?.queuedBytes == 1_500)
    pair.client.session.consume(stream, 1_000)
    pair.exchange()
    #expect(stream.body.count == 2_000 && !stream.hasEnded)
    pair.client.session.consume(stream, 1_000)
    pair.exchange()
    #expect(stream.body.count == 2_500 && stream.hasEnded)
  }

  @Test func anAbortOvertakesBlockedOutput() {
    var limits = HTTP2Limits()
    limits.streamWindowBytes = 10
    let pair = Pair(clientLimits: limits)
    pair.client.isConsuming = false
    let stream = pair.request()
    pair.exchange()
    let accepted = pair.accepted(stream)!
    pair.server.session.respond(accepted, Self.begin)
    pair.server.session.enqueue(accepted, [UInt8](repeating: 1, count: 100))
    pair.exchange()
    #expect(stream.body.count == 10)
    pair.server.session.abort(accepted, HTTP2Headers([("grpc-status", "4")]))
    pair.exchange()
    #expect(stream.hasEnded && stream.trailers.text(of: "grpc-status") == "4")
    #expect(accepted.isClosed && pair.server.session.openStreamCount == 0)
  }

  @Test func aFullStreamLeavesTheConnectionToTheOthers() {
    let pair = Pair()
    pair.server.isConsuming = false
    let stalled = (0..<8).map { _ in pair.request() }
    for stream in stalled { pair.client.session.enqueue(stream, [UInt8](repeating: 1, count: 1 << 20)) }
    pair.exchange()
    for stream in stalled { #expect(pair.accepted(stream)?.body.count == 256 << 10) }
    let other = pair.request()
    pair.client.session.enqueue(other, [UInt8](repeating: 1, count: 200_000))
    pair.exchange()
    #expect(pair.accepted(other)?.body.count == 200_000)
  }

  @Test func resetsReachTheOtherSide() {
    let pair = Pair()
    let stream = pair.request()
    pair.exchange()
    let accepted = pair.accepted(stream)!
    pair.client.session.reset(stream, .cancel)
    pair.exchange()
    #expect(accepted.closedWith == .cancel && accepted.isClosed)
    // Whatever is submitted for a closed stream goes nowhere.
    pair.server.session.respond(accepted, Self.begin, [1], Self.ok)
    pair.server.session.enqueue(accepted, [1])
    pair.server.session.reset(accepted, .cancel)
    pair.server.session.abort(accepted, HTTP2Headers())
    #expect(pair.server.output().isEmpty)
  }

  @Test func closingReportsEveryOpenStream() {
    let pair = Pair()
    let streams = (0..<5).map { _ in pair.request() }
    pair.exchange()
    pair.client.session.close()
    #expect(streams.allSatisfy { $0.closedWith == .cancel })
    #expect(!pair.client.session.isLive)
    pair.client.session.close()
  }

  @Test func shutdownAnnouncesThenNamesTheLastStream() {
    let pair = Pair()
    let stream = pair.request()
    pair.exchange()
    pair.server.session.announceShutdown()
    pair.server.session.ping()
    pair.exchange()
    #expect(pair.client.goAways.map(\.last) == [Int32.max])
    #expect(pair.server.pingCount == 1)
    pair.server.session.goAway()
    pair.exchange()
    #expect(pair.client.goAways.map(\.last) == [Int32.max, stream.id])
    pair.server.session.respond(pair.accepted(stream)!, Self.begin, [5], Self.ok)
    pair.client.session.finish(stream)
    pair.exchange()
    #expect(stream.body == [5] && stream.closedWith == .noError)
    #expect(!pair.server.session.isLive)
  }

  @Test func settingsAreAcknowledged() {
    let pair = Pair()
    #expect(!pair.server.session.isSettingsAcknowledged)
    pair.exchange()
    #expect(pair.server.session.isSettingsAcknowledged && pair.client.session.isSettingsAcknowledged)
  }
}
