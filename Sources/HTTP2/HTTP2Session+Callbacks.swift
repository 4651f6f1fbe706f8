import CNghttp2

extension HTTP2Session {
  /// The callbacks of both roles; made once, never changed, and copied by nghttp2 into each session.
  nonisolated(unsafe) private static let callbacks = makeCallbacks()

  private static func makeCallbacks() -> OpaquePointer {
    var created: OpaquePointer?
    precondition(nghttp2_session_callbacks_new(&created) == 0, "no memory for the callbacks of nghttp2")
    guard let callbacks = created else { preconditionFailure("nghttp2 made no callbacks") }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, context in
      HTTP2Session.with(context) { $0.headersBegan(frame!) }
      return 0
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, _, name, nameSize, value, valueSize, _, context in
      HTTP2Session.with(context) {
        $0.headerReceived(
          UnsafeBufferPointer(start: name, count: nameSize),
          UnsafeBufferPointer(start: value, count: valueSize))
      }
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      native, _, streamID, bytes, size, context in
      HTTP2Session.with(context) { $0.receivedBodyBytes += size }
      HTTP2Session.withStream(native, streamID) {
        $0.dataReceived(UnsafeRawBufferPointer(start: bytes, count: size))
      }
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
      HTTP2Session.with(context) { $0.frameReceived(frame!) }
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { native, frame, context in
      HTTP2Session.with(context) { $0.frameSent(native!, frame!) }
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { native, streamID, code, context in
      HTTP2Session.with(context) { $0.streamClosed(native!, streamID, code) }
      return 0
    }
    return callbacks
  }

  func makeNative() -> OpaquePointer {
    var options: OpaquePointer?
    precondition(nghttp2_option_new(&options) == 0, "no memory for the options of nghttp2")
    nghttp2_option_set_no_auto_window_update(options, 1)
    nghttp2_option_set_no_closed_streams(options, 1)
    nghttp2_option_set_stream_reset_rate_limit(
      options, UInt64(max(limits.resetBurst, 1)), UInt64(max(limits.resetsPerSecond, 1)))
    var created: OpaquePointer?
    let context = Unmanaged.passUnretained(self).toOpaque()
    func make(_ memory: UnsafeMutablePointer<nghttp2_mem>?) -> Int32 {
      role == .server
        ? nghttp2_session_server_new3(&created, Self.callbacks, context, options, memory)
        : nghttp2_session_client_new3(&created, Self.callbacks, context, options, memory)
    }
    var functions = memory?.functions
    let result = functions == nil ? make(nil) : withUnsafeMutablePointer(to: &functions!) { make($0) }
    nghttp2_option_del(options)
    guard result == 0, let native = created else { preconditionFailure("no memory for a session of nghttp2") }
    return native
  }

  /// The session of a callback. nghttp2 calls back only from inside a call that the session makes, so the session
  /// is held by its caller and no reference need be counted here.
  @inline(__always)
  private static func with<Result>(
    _ context: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Result
  ) -> Result {
    Unmanaged<HTTP2Session>.fromOpaque(context!)._withUnsafeGuaranteedRef(body)
  }

  /// The stream of a callback, held by the session's list until `streamClosed` has returned.
  @inline(__always)
  private static func withStream(_ native: OpaquePointer?, _ id: Int32, _ body: (HTTP2Stream) -> Void) {
    guard let address = nghttp2_session_get_stream_user_data(native, id) else { return }
    Unmanaged<HTTP2Stream>.fromOpaque(address)._withUnsafeGuaranteedRef(body)
  }

  private func headersBegan(_ frame: UnsafePointer<nghttp2_frame>) {
    headerBlockBytes = 0
    headerScratchBytes = 0
    headerFieldCount = 0
    headerMarks = 0
    isHeaderListTooLarge = false
    guard role == .server, frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST,
      UInt32(frame.pointee.hd.type) == NGHTTP2_HEADERS.rawValue
    else { return }
    let id = frame.pointee.hd.stream_id
    let stream = delegate.makeStream(id: id)
    lastPeerStreamID = id
    link(stream)
    nghttp2_session_set_stream_user_data(native, id, Unmanaged.passUnretained(stream).toOpaque())
  }

  private func headerReceived(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>)
    -> Int32
  {
    headerBlockBytes += name.count + value.count + 32
    if headerBlockBytes > limits.maxHeaderListBytes {
      isHeaderListTooLarge = true
      guard headerBlockBytes > limits.maxHeaderBlockBytes else { return 0 }
      _ = fail(.headerBlockTooLarge)
      return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }
    headerScratchBytes += HTTP2Headers.write(name: name, value: value, to: headerScratch + headerScratchBytes)
    headerFieldCount += 1
    headerMarks |= HTTP2Headers.mark(of: name)
    return 0
  }

  private func frameReceived(_ frame: UnsafePointer<nghttp2_frame>) {
    let header = frame.pointee.hd
    switch UInt32(header.type) {
    case NGHTTP2_DATA.rawValue:
      guard header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 else { return }
      Self.withStream(native, header.stream_id) { ended($0) }
    case NGHTTP2_HEADERS.rawValue:
      Self.withStream(native, header.stream_id) {
        headersReceived($0, isEnd: header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0)
      }
    case NGHTTP2_SETTINGS.rawValue:
      if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 { isSettingsAcknowledged = true }
    case NGHTTP2_PING.rawValue:
      if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 { delegate.pingAcknowledged() }
    case NGHTTP2_GOAWAY.rawValue:
      let goAway = frame.pointee.goaway
      let reason = UnsafeBufferPointer(start: goAway.opaque_data, count: min(goAway.opaque_data_len, 256))
      delegate.goAwayReceived(
        lastStreamID: goAway.last_stream_id, errorCode: HTTP2ErrorCode(rawValue: goAway.error_code),
        reason: String(decoding: reason, as: UTF8.self))
    default: return
    }
  }

  private func headersReceived(_ stream: HTTP2Stream, isEnd: Bool) {
    let fields = HTTP2Headers(
      written: UnsafeRawBufferPointer(start: headerScratch, count: headerScratchBytes),
      count: headerFieldCount, marks: headerMarks)
    if isHeaderListTooLarge { stream.flags.insert(.isHeaderListTooLarge) }
    if stream.flags.contains(.hasReceivedHeaders) {
      stream.receivedTrailers = fields
    } else if role == .server || !Self.isInterim(fields) {
      stream.receivedHeaders = fields
      stream.flags.insert(.hasReceivedHeaders)
      if isEnd { stream.flags.insert(.hasRemoteEnded) }
      stream.headersReceived()
    }
    if isEnd { ended(stream) }
  }

  private func ended(_ stream: HTTP2Stream) {
    stream.flags.insert(.hasRemoteEnded)
    if !stream.flags.contains(.isClosed) { stream.endReceived() }
  }

  /// Interim replies (100 to 199) come before the final headers and are passed over.
  private static func isInterim(_ headers: HTTP2Headers) -> Bool {
    headers.withValue(of: ":status") { $0?.first == UInt8(ascii: "1") }
  }

  private func frameSent(_ native: OpaquePointer, _ frame: UnsafePointer<nghttp2_frame>) {
    let header = frame.pointee.hd
    switch UInt32(header.type) {
    case NGHTTP2_DATA.rawValue:
      meter.earned()
    case NGHTTP2_HEADERS.rawValue:
      meter.earned()
      guard role == .server, header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 else { return }
      // A reply that ends before its request tells the client to stop sending: RFC 9113, 8.1.
      Self.withStream(native, header.stream_id) { stream in
        guard !stream.flags.contains(.hasRemoteEnded) else { return }
        nghttp2_submit_rst_stream(native, 0, header.stream_id, HTTP2ErrorCode.noError.rawValue)
      }
    case NGHTTP2_RST_STREAM.rawValue:
      switch HTTP2ErrorCode(rawValue: frame.pointee.rst_stream.error_code) {
      case .noError, .cancel, .refusedStream: return
      default:
        if role == .server, !faults.take(nowNanoseconds: nowNanoseconds) { _ = fail(.tooManyFrames) }
      }
    default: return
    }
  }

  private func streamClosed(_ native: OpaquePointer, _ id: Int32, _ code: UInt32) {
    guard let address = nghttp2_session_get_stream_user_data(native, id) else { return }
    nghttp2_session_set_stream_user_data(native, id, nil)
    let stream = Unmanaged<HTTP2Stream>.fromOpaque(address).takeUnretainedValue()
    unlink(stream)
    stream.flags.insert(.isClosed)
    stream.output.removeAll()
    stream.closed(HTTP2ErrorCode(rawValue: code))
  }

  /// Puts a stream into the list, which holds a reference to it.
  func link(_ stream: HTTP2Stream) {
    let linked = Unmanaged.passRetained(stream)
    stream.next = firstStream
    stream.previous = nil
    firstStream?._withUnsafeGuaranteedRef { $0.previous = linked }
    firstStream = linked
    openStreamCount += 1
  }

  /// Takes a stream out of the list.
  func unlink(_ stream: HTTP2Stream) {
    if let previous = stream.previous {
      previous._withUnsafeGuaranteedRef { $0.next = stream.next }
    } else {
      firstStream = stream.next
    }
    stream.next?._withUnsafeGuaranteedRef { $0.previous = stream.previous }
    stream.next = nil
    stream.previous = nil
    openStreamCount -= 1
    Unmanaged.passUnretained(stream).release()
  }
}
