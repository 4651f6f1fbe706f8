/// One request and its reply on a connection. A user of the package subclasses it to hang its own state on it, so
/// that a call costs one object.
///
/// Confined to the thread of its session, like everything here.
///
/// Invariants:
/// 1. While a stream is open, the session's list holds one reference to it, and nghttp2 its address.
/// 2. `isClosed` turns true exactly once; nothing is submitted for the stream afterwards.
/// 3. Output is sent in order: headers, the queue's chunks, the trailers.
open class HTTP2Stream {
  // What a session writes is internal and what others read goes through accessors: that spares the hot path the
  // checks of exclusive access that public stored properties carry.
  final var number: Int32
  final var receivedHeaders = HTTP2Headers()
  final var receivedTrailers = HTTP2Headers()
  final var flags: Flags = []
  final var output = OutputQueue()
  final var outputTrailers = Trailers.none
  final var next: Unmanaged<HTTP2Stream>?
  final var previous: Unmanaged<HTTP2Stream>?

  struct Flags: OptionSet {
    let rawValue: UInt8
    static let hasReceivedHeaders = Flags(rawValue: 1)
    static let isHeaderListTooLarge = Flags(rawValue: 2)
    static let hasRemoteEnded = Flags(rawValue: 4)
    static let hasSubmittedHeaders = Flags(rawValue: 8)
    static let hasFinished = Flags(rawValue: 16)
    static let isDeferred = Flags(rawValue: 32)
    static let isClosed = Flags(rawValue: 64)
  }

  enum Trailers {
    case none
    case fixed(HTTP2FixedHeaders)
    case fields(HTTP2Headers)
  }

  /// Creates a stream. A server's `makeStream` passes on the number it is given; a client passes 0.
  public init(id: Int32) { number = id }

  /// The stream's number on its connection; 0 for a client's that is not open yet.
  public final var id: Int32 { number }
  /// The request's headers (server) or the reply's (client). Complete when `headersReceived` is called.
  public final var headers: HTTP2Headers { receivedHeaders }
  /// Lets go of `headers`, which nobody needs any more: the next request then finds their memory while it is at hand.
  public final func dropHeaders() { receivedHeaders = HTTP2Headers() }
  /// The reply's trailers (client). Empty for a reply whose headers end the stream.
  public final var trailers: HTTP2Headers { receivedTrailers }
  /// Whether the peer's header list was over `HTTP2Limits.maxHeaderListBytes`; `headers` is incomplete then.
  public final var isHeaderListTooLarge: Bool { flags.contains(.isHeaderListTooLarge) }
  /// Whether the peer has sent all it had to send.
  public final var hasRemoteEnded: Bool { flags.contains(.hasRemoteEnded) }
  /// Whether our headers have been handed to nghttp2.
  public final var hasSubmittedHeaders: Bool { flags.contains(.hasSubmittedHeaders) }
  /// Whether nothing more can be queued: our last byte or our trailers are known.
  public final var hasFinished: Bool { flags.contains(.hasFinished) }
  /// Whether the stream is gone.
  public final var isClosed: Bool { flags.contains(.isClosed) }
  /// Bytes queued that nghttp2 has not taken yet.
  public final var queuedBytes: Int { output.sizeBytes }

  // What follows is called on the session's thread, from inside `receive` and `send`: an override may submit
  // (respond, enqueue, finish, reset, consume) but must not call `receive`, `send` or `close`.

  /// The request's headers, or the final headers of a reply, are complete.
  open func headersReceived() {}
  /// Part of a body. The bytes are valid during the call only and count as consumed for the connection; the
  /// stream's share is given back with `HTTP2Session.consume`.
  open func dataReceived(_ bytes: UnsafeRawBufferPointer) {}
  /// The peer has sent everything, trailers included.
  open func endReceived() {}
  /// nghttp2 has taken queued output; `queuedBytes` are left.
  open func outputTaken() {}
  /// The stream is gone; `code` is `noError` if both sides had ended it.
  open func closed(_ code: HTTP2ErrorCode) {}
}

/// Chunks that wait for the peer's window, first in first out.
struct OutputQueue {
  private var first: [UInt8] = []
  private var offset = 0
  private var rest: [[UInt8]] = []
  private var restStart = 0
  private(set) var sizeBytes = 0

  init() {}

  /// A queue with one chunk.
  init(_ chunk: consuming [UInt8]) {
    sizeBytes = chunk.count
    first = chunk
  }

  /// Appends a chunk.
  mutating func append(_ chunk: consuming [UInt8]) {
    if chunk.isEmpty { return }
    let wasEmpty = sizeBytes == 0
    sizeBytes += chunk.count
    if wasEmpty {
      first = chunk
      offset = 0
    } else {
      rest.append(chunk)
    }
  }

  /// Drops everything.
  mutating func removeAll() { self = OutputQueue() }

  /// Moves up to that many bytes out and returns how many.
  mutating func take(into target: UnsafeMutablePointer<UInt8>, upTo limit: Int) -> Int {
    var taken = 0
    while taken < limit && sizeBytes > 0 {
      let size = min(limit - taken, first.count - offset)
      first.withUnsafeBufferPointer { source in
        (target + taken).update(from: source.baseAddress! + offset, count: size)
      }
      taken += size
      offset += size
      sizeBytes -= size
      if offset == first.count { advance() }
    }
    return taken
  }

  private mutating func advance() {
    offset = 0
    guard restStart < rest.count else {
      first = []
      return
    }
    first = []
    swap(&first, &rest[restStart])
    restStart += 1
    if restStart == rest.count {
      rest.removeAll(keepingCapacity: true)
      restStart = 0
    } else if restStart >= 64 {
      rest.removeFirst(restStart)
      restStart = 0
    }
  }
}
