/// Follows the frames of a connection from outside nghttp2 and counts the ones that cost their sender nothing.
///
/// nghttp2 passes over some frames without telling anyone (unknown types, DATA on a closed stream), so the count
/// is taken from the bytes: nine bytes of header, then a payload that is skipped. RFC 9113, section 4.1.
struct FrameMeter {
  private static let headerBytes = 9

  /// Bytes to skip: the client's preface, then payloads.
  private var skipBytes: Int
  private var header: UInt64 = 0
  private var headerCount = 0
  private var bucket: TokenBucket

  /// Whether a header block has begun and not ended.
  private(set) var isInHeaderBlock = false
  /// Whether the last frame that began is a PING.
  private(set) var isPing = false
  /// The highest stream number of a HEADERS frame, on a server: HEADERS up to it count, since nghttp2 passes over
  /// the ones of a stream that is gone. Nil on a client, which is answered on the streams that it has opened.
  private var newestStream: UInt32?

  init(role: HTTP2Session.Role, limits: HTTP2Limits) {
    // Servers read the client's preface of 24 bytes first: RFC 9113, section 3.4.
    skipBytes = role == .server ? 24 : 0
    newestStream = role == .server ? 0 : nil
    bucket = TokenBucket(burst: limits.cheapFrameBurst, perSecond: limits.cheapFramesPerSecond)
  }

  /// How many frames have begun.
  private(set) var frameCount: UInt64 = 0
  private var isData = false

  /// Whether the last byte seen was inside a header block, or inside a frame other than DATA.
  var isInControlFrame: Bool { isInHeaderBlock || headerCount > 0 || (skipBytes > 0 && !isData) }

  /// A frame was sent that a reader may answer with WINDOW_UPDATE frames.
  mutating func earned() { bucket.give(4) }

  /// Looks at the next bytes; false once more cheap frames have come than the limits allow.
  mutating func accept(_ bytes: UnsafeRawBufferPointer, nowNanoseconds: UInt64) -> Bool {
    var offset = 0
    while offset < bytes.count {
      if skipBytes > 0 {
        let skipped = min(skipBytes, bytes.count - offset)
        skipBytes -= skipped
        offset += skipped
        continue
      }
      if headerCount == 0, bytes.count - offset >= Self.headerBytes {
        let start = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += Self.headerBytes
        guard accept(start, lastByte: bytes[offset - 1], nowNanoseconds) else { return false }
        continue
      }
      if headerCount < 8 { header = header << 8 | UInt64(bytes[offset]) }
      headerCount += 1
      offset += 1
      if headerCount == Self.headerBytes {
        headerCount = 0
        guard accept(header, lastByte: bytes[offset - 1], nowNanoseconds) else { return false }
      }
    }
    return true
  }

  /// Judges a frame by the first eight bytes of its header and the ninth.
  private mutating func accept(_ header: UInt64, lastByte: UInt8, _ now: UInt64) -> Bool {
    let length = Int(header >> 40)
    let flags = UInt8(truncatingIfNeeded: header >> 24)
    skipBytes = length
    frameCount += 1
    isData = header >> 32 & 0xFF == 0
    isPing = header >> 32 & 0xFF == 6
    switch UInt8(truncatingIfNeeded: header >> 32) {
    case 0:  // DATA; an empty one is of use only when it ends the stream.
      return length > 0 || flags & 0x1 != 0 || bucket.take(nowNanoseconds: now)
    case 1:  // HEADERS; trailers are among those that count, and a call's reply earns more than they cost.
      isInHeaderBlock = flags & 0x4 == 0
      guard let newest = newestStream else { return true }
      let stream = (UInt32(truncatingIfNeeded: header) << 8 | UInt32(lastByte)) & 0x7FFF_FFFF
      if stream <= newest { return bucket.take(nowNanoseconds: now) }
      newestStream = stream
      return true
    case 9:  // CONTINUATION has a limit of its own in nghttp2.
      isInHeaderBlock = flags & 0x4 == 0
      return true
    case 3, 7:  // RST_STREAM has a limit of its own in nghttp2; GOAWAY ends the connection.
      return true
    default:
      return bucket.take(nowNanoseconds: now)
    }
  }
}
