/// What a session tells its owner. The same rule holds as for the events of `HTTP2Stream`: submit, but do not call
/// `receive`, `send` or `close`.
public protocol HTTP2SessionDelegate: AnyObject {
  /// Server: a client opens a stream; the object made here stands for it and hears what happens to it.
  func makeStream(id: Int32) -> HTTP2Stream
  /// The peer takes no new streams; those above `lastStreamID` were not looked at.
  func goAwayReceived(lastStreamID: Int32, errorCode: HTTP2ErrorCode, reason: String)
  /// The peer has answered our PING.
  func pingAcknowledged()
}

/// The error codes of RFC 9113, section 7.
public struct HTTP2ErrorCode: RawRepresentable, Sendable, Equatable {
  /// The number on the wire.
  public let rawValue: UInt32
  /// Creates a code, known or not.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Orderly end.
  public static let noError = HTTP2ErrorCode(rawValue: 0)
  /// The peer broke the protocol.
  public static let protocolError = HTTP2ErrorCode(rawValue: 1)
  /// We failed.
  public static let internalError = HTTP2ErrorCode(rawValue: 2)
  /// The stream was refused before any work.
  public static let refusedStream = HTTP2ErrorCode(rawValue: 7)
  /// No longer wanted.
  public static let cancel = HTTP2ErrorCode(rawValue: 8)
  /// The peer asks for too much.
  public static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 11)
  /// The transport is not secure enough: no TLS where it is wanted, for one.
  public static let inadequateSecurity = HTTP2ErrorCode(rawValue: 12)
}

/// Why a connection is over.
public enum HTTP2Error: Error, Sendable, Equatable, CustomStringConvertible {
  /// The first bytes are not HTTP/2.
  case notHTTP2
  /// The peer broke the protocol; nghttp2's words.
  case protocolViolation(String)
  /// The peer sent more frames of no use, or caused more failed streams, than `HTTP2Limits` allows.
  case tooManyFrames
  /// The same, and the frame that was one too many is a PING.
  case tooManyPings
  /// A header block grew past `HTTP2Limits.maxHeaderBlockBytes`.
  case headerBlockTooLarge
  /// The session has been closed.
  case closed

  /// One line for the log.
  public var description: String {
    switch self {
    case .notHTTP2: "the peer does not speak HTTP/2"
    case .protocolViolation(let text): "the peer broke HTTP/2: \(text)"
    case .tooManyFrames: "the peer sent too many frames of no use or caused too many failed streams"
    case .tooManyPings: "the peer sent too many PING frames"
    case .headerBlockTooLarge: "a header block of the peer was too large once decompressed"
    case .closed: "the connection is closed"
    }
  }
}
