import CNghttp2

/// One HTTP/2 connection as a state machine: bytes in, events to the delegate, bytes out. It has no socket and no
/// clock, and belongs to one thread.
///
/// Invariants:
/// 1. nghttp2 is never entered from one of its own callbacks: `receive` and `send` are refused while `isBusy`,
///    and what a callback asks for that needs more (ending the connection) is kept until it has returned.
/// 2. `failure` is set once; afterwards nothing is read, and what is left to send ends with a GOAWAY.
/// 3. Every open stream is in the list that begins at `firstStream`; `close` empties it.
public final class HTTP2Session {
  /// Which side of the connection this is.
  public enum Role: Sendable {
    case server
    case client
  }

  /// Which side this is.
  public let role: Role
  /// The limits that hold.
  public let limits: HTTP2Limits
  /// How many streams are open.
  public internal(set) var openStreamCount = 0
  /// Whether the peer has acknowledged our SETTINGS.
  public internal(set) var isSettingsAcknowledged = false
  /// Why the connection is over, once it is.
  public internal(set) var failure: HTTP2Error?

  /// Whether nghttp2 is at work and may call back.
  public internal(set) var isBusy = false

  /// The delegate owns the session and closes it in its own clean-up, so it outlives every callback.
  unowned(unsafe) let delegate: any HTTP2SessionDelegate
  /// Where nghttp2 allocates; the system's allocator if nil.
  let memory: HTTP2Memory?
  var native: OpaquePointer?
  var meter: FrameMeter
  var faults: TokenBucket
  var nowNanoseconds: UInt64 = 0
  var lastPeerStreamID: Int32 = 0
  var firstStream: Unmanaged<HTTP2Stream>?
  /// The fields of the header block that is arriving, as `HTTP2Headers.write` puts them.
  let headerScratch: UnsafeMutableRawPointer
  var headerScratchBytes = 0
  var headerFieldCount = 0
  var headerMarks: UInt64 = 0
  var headerBlockBytes = 0
  var isHeaderListTooLarge = false
  /// Body bytes of the batch at hand, given back to the connection's window at its end.
  var receivedBodyBytes = 0
  var isGoAwayByHandDue = false

  /// Creates a session and queues our SETTINGS (and a client's preface).
  /// - Parameters:
  ///   - memory: what nghttp2 allocates from, shared by sessions of one thread; nil for the system's allocator.
  ///   - delegate: kept without a reference; it must outlive the session or `close` it.
  public init(
    role: Role, limits: HTTP2Limits, memory: HTTP2Memory? = nil, delegate: any HTTP2SessionDelegate
  ) {
    self.role = role
    self.limits = limits
    self.memory = memory
    self.delegate = delegate
    meter = FrameMeter(role: role, limits: limits)
    // Eight bytes go with each field here, and 32 count towards the limit.
    headerScratch = .allocate(byteCount: max(limits.maxHeaderListBytes, 64), alignment: 8)
    faults = TokenBucket(burst: limits.faultBurst, perSecond: limits.faultsPerSecond)
    native = makeNative()
    submitSettings()
  }

  deinit {
    while let stream = firstStream {
      firstStream = stream._withUnsafeGuaranteedRef { $0.next }
      stream.release()
    }
    headerScratch.deallocate()
    if let native { nghttp2_session_del(native) }
  }

  /// Whether bytes are expected or waiting; false when the connection can be closed.
  public var isLive: Bool {
    guard let native, failure == nil else { return false }
    return nghttp2_session_want_read(native) != 0 || nghttp2_session_want_write(native) != 0
  }

  /// Whether a header block or a frame other than DATA has arrived in part.
  public var isInControlFrame: Bool { meter.isInControlFrame }

  /// How many frames have begun to arrive.
  public var receivedFrameCount: UInt64 { meter.frameCount }

  /// Hands over each open stream. `body` may submit, but not close the session.
  public func forEachStream(_ body: (HTTP2Stream) -> Void) {
    var stream = firstStream
    while let current = stream?.takeUnretainedValue() {
      stream = current.next
      body(current)
    }
  }

  /// Takes bytes from the peer and works through the frames in them.
  /// - Parameter nowNanoseconds: a monotonic time, for the rate limits.
  /// - Throws: `HTTP2Error`; the connection is over, and `send` has what the peer should still get.
  public func receive(_ bytes: UnsafeRawBufferPointer, nowNanoseconds: UInt64) throws(HTTP2Error) {
    guard let native, failure == nil else { throw failure ?? .closed }
    precondition(!isBusy, "receive was called from a callback of the session")
    self.nowNanoseconds = nowNanoseconds
    guard meter.accept(bytes, nowNanoseconds: nowNanoseconds) else {
      throw fail(meter.isPing ? .tooManyPings : .tooManyFrames)
    }
    isBusy = true
    let taken = nghttp2_session_mem_recv(
      native, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
    isBusy = false
    if let failure { throw failure }
    if receivedBodyBytes > 0 {
      nghttp2_session_consume_connection(native, receivedBodyBytes)
      receivedBodyBytes = 0
    }
    if taken < 0 {
      if taken == Int(NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue) { throw fail(.notHTTP2) }
      throw fail(.protocolViolation(String(cString: nghttp2_strerror(Int32(taken)))))
    }
  }

  /// Hands over what is to be sent, in pieces of up to 16 KiB, until there is no more or `write` returns false.
  /// The bytes are valid inside `write` only.
  public func send(_ write: (UnsafeRawBufferPointer) -> Bool) {
    guard let native else { return }
    precondition(!isBusy, "send was called from a callback of the session")
    if failure != nil { return sendLast(native, write) }
    while true {
      var bytes: UnsafePointer<UInt8>?
      isBusy = true
      let size = nghttp2_session_mem_send(native, &bytes)
      isBusy = false
      if failure != nil { return sendLast(native, write) }
      if size < 0 {
        _ = fail(.protocolViolation(String(cString: nghttp2_strerror(Int32(size)))))
        return sendLast(native, write)
      }
      if size == 0 { return }
      if !write(UnsafeRawBufferPointer(start: bytes, count: size)) { return }
    }
  }

  /// Ends everything at once: every open stream is reported closed, and nghttp2's memory is freed. May be called
  /// more than once, not from a callback.
  public func close() {
    precondition(!isBusy, "close was called from a callback of the session")
    guard let native else { return }
    if failure == nil { failure = .closed }
    self.native = nil
    while let stream = firstStream?.takeUnretainedValue() {
      unlink(stream)
      stream.flags.insert(.isClosed)
      stream.output.removeAll()
      stream.closed(.cancel)
    }
    nghttp2_session_del(native)
  }

  /// Notes that the connection is over and what the peer is told about it.
  func fail(_ error: HTTP2Error) -> HTTP2Error {
    if let failure { return failure }
    failure = error
    isGoAwayByHandDue = error != .notHTTP2
    return error
  }

  /// After a failure nghttp2 may not be used any more, so the last GOAWAY is put together here: RFC 9113, 6.8.
  private func sendLast(_ native: OpaquePointer, _ write: (UnsafeRawBufferPointer) -> Bool) {
    guard isGoAwayByHandDue else { return }
    isGoAwayByHandDue = false
    let (code, reason): (HTTP2ErrorCode, String) =
      switch failure {
      // gRPC, proposal A8: a client that is told this very text asks less often from then on.
      case .tooManyPings: (.enhanceYourCalm, "too_many_pings")
      case .tooManyFrames, .headerBlockTooLarge: (.enhanceYourCalm, "\(failure?.description ?? "")")
      default: (.protocolError, "\(failure?.description ?? "")")
      }
    var frame: [UInt8] = [0, 0, UInt8(8 + reason.utf8.count), 7, 0, 0, 0, 0, 0]
    for value in [UInt32(bitPattern: lastPeerStreamID), code.rawValue] {
      withUnsafeBytes(of: value.bigEndian) { frame.append(contentsOf: $0) }
    }
    frame.append(contentsOf: reason.utf8)
    frame.withUnsafeBytes { _ = write($0) }
  }
}
