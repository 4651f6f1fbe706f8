import HTTP2
import Testing

/// Whatever a peer sends, a session answers, fails or waits; it does not crash, and it can be closed.
struct FuzzTests {
  @Test(arguments: 0..<8)
  func randomBytes(seed: UInt64) {
    var random = Random(state: seed &+ 1)
    for _ in 0..<500 {
      let side = answering()
      side.input(Frame.start)
      for _ in 0..<20 {
        let bytes = (0..<Int.random(in: 1...200, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        if side.input(bytes) != nil { break }
        _ = side.output()
      }
      side.session.close()
    }
  }

  @Test(arguments: 0..<8)
  func mutatedFrames(seed: UInt64) {
    var random = Random(state: seed &+ 100)
    let frames = Self.frames()
    for _ in 0..<2_000 {
      let side = answering()
      side.input(Frame.start)
      for _ in 0..<15 {
        var frame = frames.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...3, using: &random) where !frame.isEmpty {
          let index = frame.indices.randomElement(using: &random) ?? 0
          frame[index] = UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) { frame.removeLast(frame.count / 3) }
        if side.input(frame) != nil { break }
        _ = side.output()
      }
      side.session.close()
    }
  }

  @Test(arguments: 0..<4)
  func mutatedReplies(seed: UInt64) {
    var random = Random(state: seed &+ 1_000)
    for _ in 0..<500 {
      let pair = Pair()
      pair.server.onEnd = { [unowned pair] in
        pair.server.session.respond($0, Self.begin, [UInt8](repeating: 1, count: 50), Self.ok)
      }
      for _ in 0..<5 { _ = pair.request(hasBody: false) }
      for _ in 0..<6 {
        pair.server.input(pair.client.output())
        var reply = pair.server.output()
        for _ in 0..<Int.random(in: 0...4, using: &random) where !reply.isEmpty {
          reply[Int.random(in: 0..<reply.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        pair.client.input(reply)
      }
    }
  }

  @Test func everyCutOfAConversationIsWaitedFor() {
    let bytes = Frame.start + Self.frames().joined()
    for cut in 0..<bytes.count {
      let side = answering()
      side.input(Array(bytes[..<cut]))
      _ = side.output()
      side.input(Array(bytes[cut...]))
      _ = side.output()
      side.session.close()
    }
  }

  private static let begin = HTTP2FixedHeaders([(":status", "200")])
  private static let ok = HTTP2FixedHeaders([("grpc-status", "0")])

  /// A server that answers some calls at once, some at their end, and resets some.
  private func answering() -> Side {
    let side = Side(.server, HTTP2Limits())
    side.onHeaders = { [unowned side] stream in
      switch stream.id % 8 {
      case 1:
        side.session.respondWithHeadersOnly(stream, HTTP2Headers([(":status", "200"), ("grpc-status", "5")]))
      case 3: side.session.respond(stream, Self.begin)
      case 5: side.session.reset(stream, .cancel)
      default: break
      }
    }
    side.onEnd = { [unowned side] stream in
      side.session.respond(stream, Self.begin, stream.body, Self.ok)
      side.session.enqueue(stream, [1])
      side.session.finish(stream, Self.ok)
    }
    return side
  }

  /// One of each frame that a client may send.
  private static func frames() -> [[UInt8]] {
    [
      Frame.headers(stream: 1), Frame.headers(stream: 3, flags: 0x5), Frame.headers(stream: 5),
      Frame.headers(stream: 7, flags: 0x0), Frame.make(9, flags: 0x4, stream: 7, Frame.literal("a", "b")),
      Frame.make(0, stream: 1, [0, 0, 0, 0, 3, 1, 2, 3]), Frame.make(0, flags: 0x1, stream: 1, [1, 2]),
      Frame.make(0, flags: 0x9, stream: 7, [2, 1, 0, 0]), Frame.make(2, stream: 1, [0, 0, 0, 3, 1]),
      Frame.make(3, stream: 5, [0, 0, 0, 8]), Frame.make(4, [0, 4, 0, 0, 0, 0, 0, 5, 0, 0, 64, 0]),
      Frame.make(4, flags: 1), Frame.make(6, [1, 2, 3, 4, 5, 6, 7, 8]),
      Frame.make(8, stream: 1, [0x7F, 0xFF, 0xFF, 0xFF]), Frame.make(8, [0, 0, 1, 0]),
      Frame.make(0x42, [1, 2]),
      Frame.make(1, flags: 0x5, stream: 1, Frame.literal("x-trailer", "1")),
      Frame.make(5, flags: 0x4, stream: 1, [0, 0, 0, 2]), Frame.make(7, [0, 0, 0, 0, 0, 0, 0, 0]),
    ]
  }
}

/// A small generator with a seed, so that a failure can be had again. Source: Steele, Lea and Flood, SplitMix64.
struct Random: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
