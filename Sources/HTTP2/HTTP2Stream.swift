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
  /// The stream's number on its connection.
  public final internal(set) var id: Int32
  /// The request's headers (server) or the reply's (client). Complete when `headersReceived` is called.
  public final internal(set) var headers = HTTP2Headers()
  /// The reply's trailers (client). Empty for a reply whose headers end the stream.
  public final internal(set) var trailers = HTTP2Headers()
  /// Whether the peer's header list was over `HTTP2Limits.maxHeaderListBytes`; `headers` is incomplete then.
  public final internal(set) var isHeaderListTooLarge = false
  /// Whether the peer has sent all it had to send.
  public final internal(set) var hasRemoteEnded = false
  /// Whether our headers have been handed to nghttp2.
  public final internal(set) var hasSubmittedHeaders = false
  /// Whether nothing more can be queued: our last byte or our trailers are known.
  public final internal(set) var hasFinished = false
  /// Whether the stream is gone.
  public final internal(set) var isClosed = false

  final var hasReceivedHeaders = false
  final var output = OutputQueue()
  final var outputTrailers = Trailers.none
  final var isDeferred = false
  final var next: HTTP2Stream?
  final unowned(unsafe) var previous: HTTP2Stream?

  /// Creates a stream. A server's `makeStream` passes on the number it is given; a client passes 0.
  public init(id: Int32) { self.id = id }

  /// Bytes queued that nghttp2 has not taken yet.
  public final var queuedBytes: Int { output.sizeBytes }

  enum Trailers {
    case none
    case fixed(HTTP2FixedHeaders)
    case fields(HTTP2Headers)
  }
}

/// Chunks that wait for the peer's window, first in first out.
struct OutputQueue {
  private var first: [UInt8] = []
  private var offset = 0
  private var rest: [[UInt8]] = []
  private var restStart = 0
  private(set) var sizeBytes = 0

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
