/// What one HTTP/2 connection may cost. The defaults suit a server on the open internet.
///
/// nghttp2 bounds by itself: CONTINUATION frames (8 for one HEADERS frame), entries of a SETTINGS frame (32),
/// acknowledgements that wait to be sent (1,000).
public struct HTTP2Limits: Sendable, Equatable {
  /// Streams that a peer may have open at once; announced in SETTINGS.
  public var maxConcurrentStreams = 256
  /// Largest header list of a request or reply: name + value + 32 bytes for each field (RFC 9113, 6.5.2).
  /// A larger one is marked `isHeaderListTooLarge` and not kept.
  public var maxHeaderListBytes = 8 << 10
  /// Header bytes after decompression, counted likewise, at which a single header block costs the connection.
  /// Without it 16 KiB of HPACK become tens of megabytes.
  public var maxHeaderBlockBytes = 128 << 10
  /// Flow-control window of each stream: how much a peer may send that nobody has consumed.
  public var streamWindowBytes = 256 << 10
  /// Flow-control window of the connection. Bytes count as consumed when they arrive, so that a stalled stream
  /// does not hold up the others; streams are bounded by their own windows.
  public var connectionWindowBytes = 1 << 20
  /// Frames that cost the peer nothing (empty DATA, PRIORITY, PING, SETTINGS, WINDOW_UPDATE, unknown types, and
  /// HEADERS that open no stream) that may come in a burst.
  public var cheapFrameBurst = 2_000
  /// Such frames that may come each second over a longer time. Every DATA and HEADERS frame that we send allows
  /// four more, since a reader answers them with WINDOW_UPDATE.
  public var cheapFramesPerSecond = 200
  /// Streams that a peer may make us reset for an error of its own in a burst.
  public var faultBurst = 100
  /// Such streams each second over a longer time.
  public var faultsPerSecond = 10
  /// RST_STREAM frames that a peer may send in a burst.
  public var resetBurst = 1_000
  /// RST_STREAM frames each second over a longer time.
  public var resetsPerSecond = 33

  /// How many consumed bytes may be collected before they are given back with `HTTP2Session.consume`: a quarter of
  /// the stream's window.
  public var creditBytes: Int { max(streamWindowBytes / 4, 1) }

  /// Creates the default limits.
  public init() {}
}
