import NIOSSL

/// What the other end's TLS, or ours, says when it does not come about, in words.
enum TLSFailure {
  /// One sentence for a log.
  static func text(_ error: any Error) -> String {
    guard case NIOSSLError.handshakeFailed(let cause)? = error as? NIOSSLError else {
      if case NIOSSLError.uncleanShutdown? = error as? NIOSSLError { return "it broke the connection off" }
      return String("\(error)".prefix(limit))
    }
    let codes = "\(cause)"
    for (code, words) in known where codes.contains(code) { return words }
    return String("the TLS handshake failed: \(codes)".prefix(limit))
  }

  private static let limit = 400

  /// Names of BoringSSL's errors.
  private static let known: [(code: String, words: String)] = [
    ("EOF during handshake", "it broke the TLS handshake off"),
    ("UNSUPPORTED_PROTOCOL", "it speaks no TLS from 1.2 on"),
    ("NO_SHARED_CIPHER", "it has no cipher suite in common with this server"),
    ("NO_SHARED_GROUP", "it has no elliptic curve in common with this server"),
    ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "it presents no certificate"),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS"),
    ("HTTP_REQUEST", "it speaks HTTP without TLS"),
    ("ALERT_UNKNOWN_CA", "it does not trust this server's certificate (unknown authority)"),
    ("ALERT_CERTIFICATE_UNKNOWN", "it does not trust this server's certificate"),
    ("ALERT_BAD_CERTIFICATE", "it does not accept this server's certificate"),
    ("ALERT_CERTIFICATE_EXPIRED", "it holds this server's certificate for expired"),
  ]
}
