import CNghttp2

extension HTTP2Session {
  func submitSettings() {
    func entry(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
      nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: UInt32(clamping: value))
    }
    var entries = [
      entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, min(max(limits.streamWindowBytes, 1), Int(Int32.max))),
      entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.maxHeaderListBytes),
    ]
    switch role {
    case .server:
      entries.append(entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.maxConcurrentStreams))
      // Calls are equals; nghttp2 then keeps no tree of priorities. RFC 9218, section 2.1.
      entries.append(entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1))
    case .client: entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
    }
    check(nghttp2_submit_settings(native, 0, &entries, entries.count))
    let window = min(max(limits.connectionWindowBytes, 65_535), Int(Int32.max))
    check(nghttp2_session_set_local_window_size(native, 0, 0, Int32(window)))
  }

  /// Client: sends a request's headers. The stream is open from here on.
  /// - Parameter hasBody: whether data or an empty end of stream will follow; otherwise the headers end it.
  /// - Returns: false if the connection takes no more requests; the stream was not opened.
  public func request(_ stream: HTTP2Stream, _ headers: HTTP2Headers, hasBody: Bool) -> Bool {
    guard let native, failure == nil, role == .client else { return false }
    let context = Unmanaged.passUnretained(stream).toOpaque()
    let id = headers.withNative { fields, count in
      guard hasBody else { return nghttp2_submit_request(native, nil, fields, count, nil, context) }
      var provider = Self.provider(stream)
      return nghttp2_submit_request(native, nil, fields, count, &provider, context)
    }
    guard id > 0 else { return false }
    stream.number = id
    stream.flags.insert(.hasSubmittedHeaders)
    if !hasBody { stream.flags.insert(.hasFinished) }
    link(stream)
    return true
  }

  /// Server: sends a whole reply. The fast path: nothing but `body` is stored, nothing is copied twice.
  public func respond(
    _ stream: HTTP2Stream, _ headers: HTTP2FixedHeaders, _ body: consuming [UInt8],
    _ trailers: HTTP2FixedHeaders
  ) {
    guard let native = open(stream), !stream.flags.contains(.hasSubmittedHeaders) else { return }
    stream.output = OutputQueue(body)
    stream.outputTrailers = .fixed(trailers)
    stream.flags.insert(.hasSubmittedHeaders)
    stream.flags.insert(.hasFinished)
    var provider = Self.provider(stream)
    check(nghttp2_submit_response(native, stream.number, headers.fields, headers.count, &provider), stream)
  }

  /// Server: begins a reply; `enqueue` and `finish` follow.
  public func respond(_ stream: HTTP2Stream, _ headers: HTTP2FixedHeaders) {
    guard let native = open(stream), !stream.flags.contains(.hasSubmittedHeaders) else { return }
    stream.flags.insert(.hasSubmittedHeaders)
    var provider = Self.provider(stream)
    check(nghttp2_submit_response(native, stream.number, headers.fields, headers.count, &provider), stream)
  }

  /// Server: sends a reply that is headers alone, in one block that ends the stream.
  public func respondWithHeadersOnly(_ stream: HTTP2Stream, _ headers: HTTP2Headers) {
    guard let native = open(stream), !stream.flags.contains(.hasSubmittedHeaders) else { return }
    stream.flags.insert(.hasSubmittedHeaders)
    stream.flags.insert(.hasFinished)
    check(
      headers.withNative { nghttp2_submit_response(native, stream.number, $0, $1, nil) }, stream)
  }

  /// Queues a chunk of the body behind the others.
  public func enqueue(_ stream: HTTP2Stream, _ chunk: consuming [UInt8]) {
    guard open(stream) != nil, !stream.flags.contains(.hasFinished) else { return }
    stream.output.append(chunk)
    resume(stream)
  }

  /// Says that the body is complete; the stream ends with the last chunk.
  public func finish(_ stream: HTTP2Stream) { finish(stream, .none) }

  /// Says that the body is complete; the trailers follow the last chunk.
  public func finish(_ stream: HTTP2Stream, _ trailers: HTTP2FixedHeaders) {
    finish(stream, .fixed(trailers))
  }

  /// Says that the body is complete; the trailers follow the last chunk.
  public func finish(_ stream: HTTP2Stream, _ trailers: HTTP2Headers) { finish(stream, .fields(trailers)) }

  private func finish(_ stream: HTTP2Stream, _ trailers: HTTP2Stream.Trailers) {
    guard open(stream) != nil, !stream.flags.contains(.hasFinished) else { return }
    stream.flags.insert(.hasFinished)
    stream.outputTrailers = trailers
    resume(stream)
  }

  /// Server: drops what is queued and sends the trailers at once, whatever the client's window.
  public func abort(_ stream: HTTP2Stream, _ trailers: HTTP2Headers) {
    guard let native = open(stream), stream.flags.contains(.hasSubmittedHeaders) else { return }
    stream.output.removeAll()
    stream.flags.insert(.hasFinished)
    stream.outputTrailers = .none
    check(trailers.withNative { nghttp2_submit_trailer(native, stream.number, $0, $1) }, stream)
  }

  /// Ends the stream in both directions.
  public func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
    guard let native = open(stream) else { return }
    stream.flags.insert(.hasFinished)
    check(nghttp2_submit_rst_stream(native, 0, stream.number, code.rawValue))
  }

  /// Gives the peer back that much of the stream's window.
  public func consume(_ stream: HTTP2Stream, _ sizeBytes: Int) {
    guard sizeBytes > 0, let native = open(stream) else { return }
    nghttp2_session_consume_stream(native, stream.number, sizeBytes)
  }

  /// Asks whether the peer is there; the delegate hears of the answer.
  public func ping() {
    guard let native, failure == nil else { return }
    check(nghttp2_submit_ping(native, 0, nil))
  }

  /// Server: announces that the connection will end, while streams opened until then are still served: GOAWAY with
  /// 2³¹−1 (RFC 9113, 6.8).
  public func announceShutdown() {
    guard let native, failure == nil else { return }
    check(nghttp2_submit_shutdown_notice(native))
  }

  /// Sends a GOAWAY with the last stream that was opened. Open streams go on; newer ones are not looked at.
  public func goAway(_ code: HTTP2ErrorCode = .noError, reason: String = "") {
    guard let native, failure == nil else { return }
    let reason = Array(reason.utf8.prefix(200))
    let last = nghttp2_session_get_last_proc_stream_id(native)
    check(nghttp2_submit_goaway(native, 0, last, code.rawValue, reason, reason.count))
  }

  private func open(_ stream: HTTP2Stream) -> OpaquePointer? {
    failure == nil && !stream.flags.contains(.isClosed) ? native : nil
  }

  private func resume(_ stream: HTTP2Stream) {
    guard stream.flags.contains(.isDeferred), let native else { return }
    stream.flags.remove(.isDeferred)
    check(nghttp2_session_resume_data(native, stream.number))
  }

  /// nghttp2 says no to a submission when memory is out, which nothing survives, or when the stream is past it,
  /// which a peer can bring about at any time and which is no error here.
  private func check(_ result: Int32, _ stream: HTTP2Stream? = nil) {
    precondition(result != Int32(NGHTTP2_ERR_NOMEM.rawValue), "out of memory in nghttp2")
    if result < 0, let stream { reset(stream, .internalError) }
  }

  private static func provider(_ stream: HTTP2Stream) -> nghttp2_data_provider {
    var provider = nghttp2_data_provider()
    provider.source.ptr = Unmanaged.passUnretained(stream).toOpaque()
    provider.read_callback = { _, _, buffer, size, flags, source, context in
      // Both are held while nghttp2 calls back: see `with` and `withStream`.
      Unmanaged<HTTP2Session>.fromOpaque(context!)._withUnsafeGuaranteedRef { session in
        Unmanaged<HTTP2Stream>.fromOpaque(source!.pointee.ptr)._withUnsafeGuaranteedRef { stream in
          session.read(stream, into: buffer!, upTo: size, flags!)
        }
      }
    }
    return provider
  }

  /// Gives nghttp2 the next bytes of a body.
  private func read(
    _ stream: HTTP2Stream, into buffer: UnsafeMutablePointer<UInt8>, upTo limit: Int,
    _ flags: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let taken = stream.output.take(into: buffer, upTo: limit)
    if stream.output.sizeBytes == 0 {
      if stream.flags.contains(.hasFinished) {
        endBody(stream, flags)
      } else if taken == 0 {
        stream.flags.insert(.isDeferred)
        return Int(NGHTTP2_ERR_DEFERRED.rawValue)
      }
    }
    if taken > 0 { stream.outputTaken() }
    return taken
  }

  private func endBody(_ stream: HTTP2Stream, _ flags: UnsafeMutablePointer<UInt32>) {
    flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
    switch stream.outputTrailers {
    case .none: return
    case .fixed(let trailers):
      flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      check(nghttp2_submit_trailer(native, stream.number, trailers.fields, trailers.count))
    case .fields(let trailers):
      flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      check(trailers.withNative { nghttp2_submit_trailer(native, stream.number, $0, $1) })
    }
  }
}
