import CNghttp2

extension HTTP2Session {
  /// The callbacks of both roles; made once, never changed, and copied by nghttp2 into each session.
  nonisolated(unsafe) private static let callbacks = makeCallbacks()

  private static func makeCallbacks() -> OpaquePointer {
    var created: OpaquePointer?
    precondition(nghttp2_session_callbacks_new(&created) == 0, "no memory for the callbacks of nghttp2")
    guard let callbacks = created else { preconditionFailure("nghttp2 made no callbacks") }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, context in
      HTTP2Session.from(context).headersBegan(frame!.pointee)
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks) {
      _, _, name, nameSize, value, valueSize, _, context in
      HTTP2Session.from(context).headerReceived(
        UnsafeBufferPointer(start: name, count: nameSize), UnsafeBufferPointer(start: value, count: valueSize)
      )
    }
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
      native, _, streamID, bytes, size, context in
      HTTP2Session.from(context).chunkReceived(
        native!, streamID, UnsafeRawBufferPointer(start: bytes, count: size))
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { native, frame, context in
      HTTP2Session.from(context).frameReceived(native!, frame!.pointee)
      return 0
    }
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { native, frame, context in
      HTTP2Session.from(context).frameSent(native!, frame!.pointee)
      return 0
    }
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { native, streamID, code, context in
      HTTP2Session.from(context).streamClosed(native!, streamID, code)
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
    let result =
      role == .server
      ? nghttp2_session_server_new2(&created, Self.callbacks, context, options)
      : nghttp2_session_client_new2(&created, Self.callbacks, context, options)
    nghttp2_option_del(options)
    guard result == 0, let native = created else { preconditionFailure("no memory for a session of nghttp2") }
    return native
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> HTTP2Session {
    Unmanaged<HTTP2Session>.fromOpaque(context!).takeUnretainedValue()
  }

  private func stream(_ native: OpaquePointer, _ id: Int32) -> HTTP2Stream? {
    nghttp2_session_get_stream_user_data(native, id).map {
      Unmanaged<HTTP2Stream>.fromOpaque($0).takeUnretainedValue()
    }
  }

  private func headersBegan(_ frame: nghttp2_frame) -> Int32 {
    headerBlockBytes = 0
    guard frame.hd.type == UInt8(NGHTTP2_HEADERS.rawValue) else {
      headerStream = nil
      return 0
    }
    let id = frame.hd.stream_id
    guard role == .server, frame.headers.cat == NGHTTP2_HCAT_REQUEST else {
      headerStream = stream(native!, id)
      return 0
    }
    let stream = delegate.makeStream(id: id)
    stream.headers.reserveCapacity(512)
    lastPeerStreamID = id
    link(stream)
    nghttp2_session_set_stream_user_data(native, id, Unmanaged.passUnretained(stream).toOpaque())
    headerStream = stream
    return 0
  }

  private func headerReceived(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>)
    -> Int32
  {
    headerBlockBytes += name.count + value.count + 32
    if headerBlockBytes > limits.maxHeaderBlockBytes {
      _ = fail(.headerBlockTooLarge)
      return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }
    guard let stream = headerStream else { return 0 }
    if headerBlockBytes > limits.maxHeaderListBytes {
      stream.isHeaderListTooLarge = true
    } else if stream.hasReceivedHeaders {
      stream.trailers.append(name: name, value: value)
    } else {
      stream.headers.append(name: name, value: value)
    }
    return 0
  }

  private func chunkReceived(_ native: OpaquePointer, _ id: Int32, _ bytes: UnsafeRawBufferPointer) {
    nghttp2_session_consume_connection(native, bytes.count)
    guard let stream = stream(native, id) else { return }
    delegate.dataReceived(stream, bytes)
  }

  private func frameReceived(_ native: OpaquePointer, _ frame: nghttp2_frame) {
    switch UInt32(frame.hd.type) {
    case NGHTTP2_DATA.rawValue:
      guard frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 else { return }
      if let stream = stream(native, frame.hd.stream_id) { ended(stream) }
    case NGHTTP2_HEADERS.rawValue:
      guard let stream = headerStream else { return }
      headerStream = nil
      if !stream.hasReceivedHeaders && !isInterim(stream) {
        stream.hasReceivedHeaders = true
        if frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { stream.hasRemoteEnded = true }
        delegate.headersReceived(stream)
      }
      if frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { ended(stream) }
    case NGHTTP2_SETTINGS.rawValue:
      if frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 { isSettingsAcknowledged = true }
    case NGHTTP2_PING.rawValue:
      if frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 { delegate.pingAcknowledged() }
    case NGHTTP2_GOAWAY.rawValue:
      let goAway = frame.goaway
      let reason = UnsafeBufferPointer(start: goAway.opaque_data, count: min(goAway.opaque_data_len, 256))
      delegate.goAwayReceived(
        lastStreamID: goAway.last_stream_id, errorCode: HTTP2ErrorCode(rawValue: goAway.error_code),
        reason: String(decoding: reason, as: UTF8.self))
    default: return
    }
  }

  private func ended(_ stream: HTTP2Stream) {
    stream.hasRemoteEnded = true
    if !stream.isClosed { delegate.endReceived(stream) }
  }

  /// A client passes over interim replies (100 to 199), which come before the final headers.
  private func isInterim(_ stream: HTTP2Stream) -> Bool {
    guard role == .client else { return false }
    let isInterim = stream.headers.withValue(of: ":status") { $0?.first == UInt8(ascii: "1") }
    if isInterim { stream.headers.removeAll() }
    return isInterim
  }

  private func frameSent(_ native: OpaquePointer, _ frame: nghttp2_frame) {
    switch UInt32(frame.hd.type) {
    case NGHTTP2_DATA.rawValue:
      meter.earned()
    case NGHTTP2_HEADERS.rawValue:
      meter.earned()
      // A reply that ends before its request tells the client to stop sending: RFC 9113, 8.1.
      guard role == .server, frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0,
        let stream = stream(native, frame.hd.stream_id), !stream.hasRemoteEnded
      else { return }
      nghttp2_submit_rst_stream(native, 0, frame.hd.stream_id, HTTP2ErrorCode.noError.rawValue)
    case NGHTTP2_RST_STREAM.rawValue:
      switch HTTP2ErrorCode(rawValue: frame.rst_stream.error_code) {
      case .noError, .cancel, .refusedStream: return
      default:
        if role == .server, !faults.take(nowNanoseconds: nowNanoseconds) { _ = fail(.tooManyFrames) }
      }
    default: return
    }
  }

  private func streamClosed(_ native: OpaquePointer, _ id: Int32, _ code: UInt32) {
    guard let stream = stream(native, id) else { return }
    nghttp2_session_set_stream_user_data(native, id, nil)
    if headerStream === stream { headerStream = nil }
    unlink(stream)
    stream.isClosed = true
    stream.output.removeAll()
    delegate.streamClosed(stream, errorCode: HTTP2ErrorCode(rawValue: code))
  }

  func link(_ stream: HTTP2Stream) {
    stream.next = firstStream
    stream.previous = nil
    firstStream?.previous = stream
    firstStream = stream
    openStreamCount += 1
  }

  func unlink(_ stream: HTTP2Stream) {
    if let previous = stream.previous {
      previous.next = stream.next
    } else {
      firstStream = stream.next
    }
    stream.next?.previous = stream.previous
    stream.next = nil
    stream.previous = nil
    openStreamCount -= 1
  }
}
