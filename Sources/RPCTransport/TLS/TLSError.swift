/// Why certificates, keys or revocation lists cannot be used. Each names the file and says what to do.
public enum TLSError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There is no such file.
  case fileMissing(String)
  /// The file is there and cannot be read.
  case fileUnreadable(String, reason: String)
  /// The file has no PEM block, or not the kind that is wanted.
  case nothingInFile(String, wanted: String)
  /// A block of the file is not what its label says.
  case malformed(String, reason: String)
  /// The private key is protected by a passphrase.
  case keyEncrypted(String)
  /// The private key is not the certificate's.
  case keyMismatch(certificate: String, key: String)
  /// The certificate's time is over. Seconds since 1970-01-01T00:00:00Z.
  case expired(String, notAfterSeconds: Int64)
  /// The certificate's time has not begun. Seconds since 1970-01-01T00:00:00Z.
  case notYetValid(String, notBeforeSeconds: Int64)
  /// A revocation list that no authority of the authority file has signed.
  case listUnsigned(String, authorities: String)
  /// A revocation list of a kind that is not read.
  case listUnsupported(String, reason: String)
  /// What TLS itself says of the certificate and the key.
  case unusable(String, reason: String)

  /// One line for the operator.
  public var description: String {
    switch self {
    case .fileMissing(let path): "\(path) does not exist"
    case .fileUnreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .nothingInFile(let path, let wanted):
      "\(path) has no \(wanted) in PEM form; it begins with -----BEGIN"
    case .malformed(let path, let reason): "\(path) is damaged: \(reason)"
    case .keyEncrypted(let path):
      "the private key in \(path) is protected by a passphrase; store it without one, readable by this user only:"
        + " openssl pkey -in \(path) -out plain.key"
    case .keyMismatch(let certificate, let key):
      "the private key in \(key) does not belong to the first certificate in \(certificate); put the server's own"
        + " certificate first and give the key that it was issued for"
    case .expired(let path, let seconds):
      "the certificate in \(path) expired on \(TLSTime.text(seconds)); have it renewed"
    case .notYetValid(let path, let seconds):
      "the certificate in \(path) is valid from \(TLSTime.text(seconds)) on; check this machine's clock"
    case .listUnsigned(let path, let authorities):
      "a revocation list in \(path) is signed by none of the authorities in \(authorities)"
    case .listUnsupported(let path, let reason): "a revocation list in \(path) cannot be used: \(reason)"
    case .unusable(let path, let reason): "TLS cannot use the certificate in \(path): \(reason)"
    }
  }
}
