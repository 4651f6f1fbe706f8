import Testing

@testable import HTTP2

struct LimitTests {
  private func server(_ configure: (inout HTTP2Limits) -> Void = { _ in }) -> Side {
    var limits = HTTP2Limits()
    configure(&limits)
    let side = Side(.server, limits)
    #expect(side.input(Frame.start) == nil)
    _ = side.output()
    return side
  }

  @Test func aLargeHeaderListIsMarkedAndNotKept() {
    let side = server()
    // 4 fields of 117 name and value bytes and 32 each come to 8 KiB at 55 fields.
    let extra = (0..<56).map { ("x-\($0 + 10)", String(repeating: "v", count: 113)) }
    #expect(side.input(Frame.headers(stream: 1, extra)) == nil)
    #expect(side.streams.first?.isHeaderListTooLarge == true)
    #expect(side.input(Frame.headers(stream: 3, Array(extra[..<50]))) == nil)
    #expect(side.streams.last?.isHeaderListTooLarge == false)
    #expect(side.streams.last?.headers.count == 54)
    side.session.close()
  }

  @Test func aHeaderBombCostsTheConnection() {
    let side = server()
    // One field of 4,000 bytes put into the dynamic table, then named again with one byte each time.
    let value = [UInt8](repeating: 0x61, count: 4_000)
    var block: [UInt8] = [0x40, 1, 0x78, 127] + [0xA1, 0x1E] + value
    block += [UInt8](repeating: 0x80 | 62, count: 12_000)
    let error = side.input(Frame.make(1, flags: 0x4, stream: 1, block))
    #expect(error == .headerBlockTooLarge)
    let frames = Frame.parse(side.output())
    #expect(frames.map(\.type) == [7])
    #expect(frames.first.map { Array($0.payload[4..<8]) } == [0, 0, 0, 11])
    #expect(!side.session.isLive)
    side.session.close()
  }

  @Test(arguments: [
    ("empty DATA", Frame.make(0, stream: 1)), ("PRIORITY", Frame.make(2, stream: 1, [0, 0, 0, 3, 1])),
    ("PING", Frame.make(6, [1, 2, 3, 4, 5, 6, 7, 8])), ("SETTINGS", Frame.settings),
    ("WINDOW_UPDATE", Frame.make(8, [0, 0, 0, 1])), ("unknown", Frame.make(0x77, [1])),
    ("PRIORITY_UPDATE", Frame.make(0x10, [0, 0, 0, 1])),
    ("HEADERS of a past stream", Frame.headers(stream: 1)),
    ("HEADERS of a stream passed over", Frame.headers(stream: 3)),
  ])
  func framesOfNoUseAreLimited(name: String, frame: [UInt8]) throws {
    let side = server()
    #expect(side.input(Frame.headers(stream: 1) + Frame.headers(stream: 5)) == nil)
    var count = 0
    var error: HTTP2Error?
    while error == nil && count < 10_000 {
      error = side.input(frame)
      // Answers are read, so that nothing piles up.
      if error == nil { _ = side.output() }
      count += 1
    }
    // The connection's own SETTINGS took one of 2,000.
    #expect(error == (name == "PING" ? .tooManyPings : .tooManyFrames) && count == 2_000, "\(name): \(count)")
    let goAway = try #require(Frame.parse(side.output()).last)
    #expect(goAway.type == 7 && Array(goAway.payload[4..<8]) == [0, 0, 0, 11])
    // gRPC, proposal A8: the text that makes a client ask less often.
    if name == "PING" { #expect(Array(goAway.payload[8...]) == Array("too_many_pings".utf8)) }
    side.session.close()
  }

  /// However the bytes of a frame's header are cut, its stream's number is read.
  @Test func headersOfPastStreamsCountByteByByte() {
    let side = server { $0.cheapFrameBurst = 5 }
    for index in 0..<100 {
      for byte in Frame.headers(stream: UInt32(index * 2 + 1) * 131) { #expect(side.input([byte]) == nil) }
    }
    var error: HTTP2Error?
    var count = 0
    while error == nil && count < 100 {
      for byte in Frame.headers(stream: 199 * 131 - 2) where error == nil { error = side.input([byte]) }
      count += 1
    }
    #expect(error == .tooManyFrames && count == 5)
    side.session.close()
  }

  @Test func trailersOfCallsThatAreAnsweredCostNothing() {
    let side = server()
    let reply = HTTP2Headers([(":status", "200")])
    for index in 0..<5_000 {
      let id = UInt32(index * 2 + 1)
      let trailers = Frame.make(1, flags: 0x5, stream: id, Frame.literal("x-checksum", "1"))
      #expect(side.input(Frame.headers(stream: id) + Frame.make(0, stream: id, [1]) + trailers) == nil)
      side.session.respondWithHeadersOnly(side.streams[0], reply)
      _ = side.output()
    }
    #expect(side.streams.isEmpty && side.session.isLive)
    side.session.close()
  }

  @Test func framesOfNoUseAreForgivenOverTime() {
    let side = server()
    for second in 1...100 {
      side.now = UInt64(second) * 1_000_000_000
      for _ in 0..<150 { #expect(side.input(Frame.make(6, [1, 2, 3, 4, 5, 6, 7, 8])) == nil) }
      _ = side.output()
    }
    #expect(side.session.isLive)
    side.session.close()
  }

  @Test func aReaderMayAnswerEveryFrameWithWindowUpdates() {
    let side = server()
    let begin = HTTP2FixedHeaders([(":status", "200")])
    #expect(side.input(Frame.headers(stream: 1)) == nil)
    side.session.respond(side.streams[0], begin)
    for _ in 0..<5_000 {
      side.session.enqueue(side.streams[0], [UInt8](repeating: 1, count: 1_000))
      _ = side.output()
      let update = Frame.make(8, [0, 0, 3, 232]) + Frame.make(8, stream: 1, [0, 0, 3, 232])
      #expect(side.input(update) == nil)
    }
    side.session.close()
  }

  @Test func streamsThatFailByThePeersFaultAreLimited() {
    let side = server()
    var count: UInt32 = 0
    while side.session.isLive && count < 5_000 {
      // A field name in upper case is malformed: RFC 9113, 8.2.
      side.input(Frame.headers(stream: count * 2 + 1, [("Upper", "1")]))
      _ = side.output()
      count += 1
    }
    #expect(count == 101)
    #expect(side.session.failure == .tooManyFrames)
    side.session.close()
  }

  @Test func oneStreamTooManyIsNotTaken() {
    let side = server { $0.maxConcurrentStreams = 10 }
    // The limit holds from the client's acknowledgement on.
    side.input(Frame.make(4, flags: 1))
    for index in 0..<11 { side.input(Frame.headers(stream: UInt32(index * 2 + 1))) }
    #expect(side.streams.count <= 10)
    side.session.close()
  }

  @Test func aRapidResetEndsTheConnection() {
    let side = server()
    var count: UInt32 = 0
    while side.session.isLive && count < 5_000 {
      side.input(Frame.headers(stream: count * 2 + 1) + Frame.make(3, stream: count * 2 + 1, [0, 0, 0, 8]))
      _ = side.output()
      count += 1
    }
    #expect(count < 1_100)
    side.session.close()
  }

  @Test func onlyHTTP2IsSpoken() {
    let side = Side(.server, HTTP2Limits())
    #expect(side.input(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)) == .notHTTP2)
    #expect(!side.session.isLive)
    side.session.close()
  }

  @Test func partOfAFrameIsNoticed() {
    let side = server()
    #expect(!side.session.isInControlFrame)
    side.input([0, 0, 8, 6, 0, 0, 0])
    #expect(side.session.isInControlFrame)
    side.input([0, 0, 1, 2, 3, 4, 5, 6, 7])
    #expect(side.session.isInControlFrame)
    side.input([8])
    #expect(!side.session.isInControlFrame)
    side.input(Frame.headers(stream: 1, flags: 0))
    #expect(side.session.isInControlFrame)
    side.input(Frame.make(9, flags: 4, stream: 1))
    #expect(!side.session.isInControlFrame)
    side.session.close()
  }
}
