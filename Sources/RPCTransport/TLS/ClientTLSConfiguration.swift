/// What a client trusts, and what it shows of itself, all in PEM.
public struct ClientTLSConfiguration: Sendable, Equatable {
  /// The certificates of the authorities that the server's certificate may come from; nil for those that the system
  /// trusts.
  public var authorityFile: String?
  /// The client's certificate, then those between it and its authority; nil for none.
  public var certificateFile: String?
  /// The private key of that certificate, without a passphrase.
  public var keyFile: String?

  /// Creates a configuration.
  public init(authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
    self.authorityFile = authorityFile
    self.certificateFile = certificateFile
    self.keyFile = keyFile
  }
}

/// Reasons (google.rpc.ErrorInfo) with which a client's call ends UNAVAILABLE when TLS does not come about.
public enum ClientTLSReason {
  /// The domain of these reasons.
  public static let domain = "tls.yizhan"
  /// The server's certificate is signed by no authority that the client trusts.
  public static let authorityUnknown = "TLS_AUTHORITY_UNKNOWN"
  /// The server's certificate is out of date.
  public static let certificateExpired = "TLS_CERTIFICATE_EXPIRED"
  /// The server's certificate is for other names.
  public static let nameMismatch = "TLS_NAME_MISMATCH"
  /// The server's certificate is not accepted for another reason.
  public static let certificateRefused = "TLS_CERTIFICATE_REFUSED"
  /// The server speaks no TLS.
  public static let notSpoken = "TLS_NOT_SPOKEN"
  /// The server speaks TLS, and the client does not.
  public static let required = "TLS_REQUIRED"
  /// The server wants the client to show a certificate.
  public static let clientCertificateRequired = "TLS_CLIENT_CERTIFICATE_REQUIRED"
  /// The server does not accept the client's certificate.
  public static let clientCertificateRefused = "TLS_CLIENT_CERTIFICATE_REFUSED"
  /// Anything else.
  public static let failed = "TLS_FAILED"
}
