/// Whether clients show a certificate.
public enum ClientCertificates: String, Sendable, CaseIterable {
  /// They are not asked for one.
  case off
  /// They may; one that is shown has to be valid.
  case optional
  /// They must, or the connection is refused.
  case required
}

/// The files that a server's TLS is made of, all in PEM.
public struct ServerTLSConfiguration: Sendable {
  /// The server's certificate, then those between it and the authority.
  public var certificateFile: String
  /// The certificate's private key, without a passphrase.
  public var keyFile: String
  /// Whether clients show a certificate.
  public var clientCertificates: ClientCertificates
  /// The certificates of the authorities that issue clients' certificates; needed unless those are off.
  public var clientAuthorityFile: String?
  /// Lists (CRL, PEM or one in DER) of what those authorities have revoked; nil for none.
  public var revocationListFile: String?

  /// Creates a configuration without client certificates.
  public init(certificateFile: String, keyFile: String) {
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    clientCertificates = .off
  }

  /// Every file, to be watched.
  var files: [String] {
    [certificateFile, keyFile] + [clientAuthorityFile, revocationListFile].compactMap(\.self)
  }
}

/// What a server's TLS is made of at the moment.
public struct ServerTLSStatus: Sendable, Equatable {
  /// The serial number of the server's certificate in hexadecimal.
  public var serialNumber: String
  /// The last second in which it is valid, in seconds since 1970-01-01T00:00:00Z.
  public var notAfterSeconds: Int64
  /// How many client certificates are revoked.
  public var revokedCount: Int
  /// When the revocation list should be replaced by a newer one, in seconds since 1970-01-01T00:00:00Z; nil without
  /// a list, or one that does not say.
  public var listNextUpdateSeconds: Int64?
  /// What does not keep the server from working and should be mended: a key that everybody may read, for one.
  public var warnings: [String]
}

/// What happened on a connection before HTTP/2 began.
public enum ServerTLSEvent: Sendable {
  /// A client is connected; with `isIdentified` it has shown a certificate.
  case connected(isIdentified: Bool)
  /// The handshake failed or the certificate was refused; `reason` is one sentence for the log.
  case refused(peer: String, reason: String)
}
