@testable import HTTP2

/// A client and a server session with nothing but arrays between them, and a record of what each was told.
final class Pair {
  let server: Side
  let client: Side

  init(serverLimits: HTTP2Limits = HTTP2Limits(), clientLimits: HTTP2Limits = HTTP2Limits()) {
    server = Side(.server, serverLimits)
    client = Side(.client, clientLimits)
  }

  /// Carries bytes to and fro until neither side has any.
  func exchange() {
    for _ in 0..<10_000 {
      let toServer = client.output()
      let toClient = server.output()
      if toServer.isEmpty && toClient.isEmpty { return }
      server.input(toServer)
      client.input(toClient)
    }
    preconditionFailure("the two sides never came to rest")
  }

  /// Opens a stream from the client.
  func request(_ path: String = "/a/b", hasBody: Bool = true, extra: [(String, String)] = []) -> TestStream {
    let stream = TestStream(id: 0)
    stream.side = client
    let fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x")] + extra
    precondition(client.session.request(stream, HTTP2Headers(fields), hasBody: hasBody))
    return stream
  }

  /// The server's stream of that number.
  func accepted(_ stream: TestStream) -> TestStream? { server.streams.first { $0.id == stream.id } }

  deinit {
    server.session.close()
    client.session.close()
  }
}

/// A stream that remembers.
final class TestStream: HTTP2Stream {
  weak var side: Side?
  var body: [UInt8] = []
  var hasHeaders = false
  var hasEnded = false
  var closedWith: HTTP2ErrorCode?

  override func headersReceived() {
    hasHeaders = true
    side?.onHeaders(self)
  }

  override func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    body.append(contentsOf: bytes)
    if let side, side.isConsuming { side.session.consume(self, bytes.count) }
  }

  override func endReceived() {
    hasEnded = true
    side?.onEnd(self)
  }

  override func closed(_ code: HTTP2ErrorCode) {
    closedWith = code
    side?.streams.removeAll { $0 === self }
  }
}

/// One side and what happened to it.
final class Side: HTTP2SessionDelegate {
  private(set) var session: HTTP2Session!
  let memory = HTTP2Memory()
  var streams: [TestStream] = []
  var goAways: [(last: Int32, code: HTTP2ErrorCode, reason: String)] = []
  var pingCount = 0
  var now: UInt64 = 1
  /// Whether data counts as consumed as it comes.
  var isConsuming = true
  var onHeaders: (TestStream) -> Void = { _ in }
  var onEnd: (TestStream) -> Void = { _ in }

  init(_ role: HTTP2Session.Role, _ limits: HTTP2Limits) {
    // Servers have an allocator of their own, as they do in the host; clients use the system's.
    session = HTTP2Session(
      role: role, limits: limits, memory: role == .server ? memory : nil, delegate: self)
  }

  @discardableResult
  func input(_ bytes: [UInt8]) -> HTTP2Error? {
    guard !bytes.isEmpty else { return nil }
    do throws(HTTP2Error) {
      let (session, now) = (session!, now)
      try bytes.withUnsafeBufferPointer { bytes throws(HTTP2Error) in
        try session.receive(UnsafeRawBufferPointer(bytes), nowNanoseconds: now)
      }
      return nil
    } catch {
      return error
    }
  }

  func output() -> [UInt8] {
    var bytes: [UInt8] = []
    session.send {
      bytes.append(contentsOf: $0)
      return true
    }
    return bytes
  }

  func makeStream(id: Int32) -> HTTP2Stream {
    let stream = TestStream(id: id)
    stream.side = self
    streams.append(stream)
    return stream
  }

  func goAwayReceived(lastStreamID: Int32, errorCode: HTTP2ErrorCode, reason: String) {
    goAways.append((lastStreamID, errorCode, reason))
  }

  func pingAcknowledged() { pingCount += 1 }
}

/// Frames written by hand, for what a well-behaved client never sends. RFC 9113, section 4.1.
enum Frame {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  static func make(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    let length = UInt32(payload.count)
    return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
      + withUnsafeBytes(of: stream.bigEndian, Array.init) + payload
  }

  static let settings = make(4)
  static let start = preface + settings

  /// A header block of a POST with literal fields that are not indexed. RFC 7541, 6.2.2.
  static func headers(stream: UInt32, flags: UInt8 = 0x4, _ extra: [(String, String)] = []) -> [UInt8] {
    let fields = [(":method", "POST"), (":scheme", "http"), (":path", "/a/b"), (":authority", "x")] + extra
    return make(1, flags: flags, stream: stream, fields.flatMap { literal($0.0, $0.1) })
  }

  static func literal(_ name: String, _ value: String) -> [UInt8] {
    [0] + string(name) + string(value)
  }

  private static func string(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    if bytes.count < 127 { return [UInt8(bytes.count)] + bytes }
    var rest = bytes.count - 127
    var length: [UInt8] = [127]
    while rest >= 128 {
      length.append(UInt8(rest & 127 | 128))
      rest >>= 7
    }
    return length + [UInt8(rest)] + bytes
  }

  /// The types and flags of the frames in a server's output.
  static func parse(_ bytes: [UInt8]) -> [(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])] {
    var frames: [(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])] = []
    var offset = 0
    while offset + 9 <= bytes.count {
      let length = Int(bytes[offset]) << 16 | Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2])
      let stream = bytes[(offset + 5)..<(offset + 9)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let end = min(offset + 9 + length, bytes.count)
      frames.append((bytes[offset + 3], bytes[offset + 4], stream, Array(bytes[(offset + 9)..<end])))
      offset += 9 + length
    }
    return frames
  }
}
