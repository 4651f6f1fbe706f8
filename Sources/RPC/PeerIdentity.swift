import Formats

/// Whom a connection's verified client certificate names.
///
/// What it says was checked when the connection was made: the certificate was issued by an authority that the
/// server trusts, was neither expired nor revoked, and the peer has its private key.
public struct PeerIdentity: Sendable, Hashable {
  /// SHA-256 of the certificate's SubjectPublicKeyInfo in DER, 32 bytes. It stays the same when a certificate is
  /// renewed for the same key.
  /// Source: RFC 5280, section 4.1.2.7; RFC 7469, section 2.4.
  public let publicKeyHash: [UInt8]
  /// The DNS names of the subject alternative name, in lower case, in the certificate's order.
  public let dnsNames: [String]
  /// The URIs of the subject alternative name, in the certificate's order.
  public let uris: [String]
  /// The serial number that the authority gave, big-endian, without leading zeros.
  public let serialNumber: [UInt8]
  /// The last second in which the certificate is valid, in seconds since 1970-01-01T00:00:00Z.
  public let notAfterSeconds: Int64

  /// Creates an identity.
  /// - Parameter publicKeyHash: 32 bytes.
  public init(
    publicKeyHash: [UInt8], dnsNames: [String] = [], uris: [String] = [], serialNumber: [UInt8] = [],
    notAfterSeconds: Int64 = .max
  ) {
    precondition(publicKeyHash.count == 32, "a SHA-256 has 32 bytes")
    self.publicKeyHash = publicKeyHash
    self.dnsNames = dnsNames
    self.uris = uris
    self.serialNumber = serialNumber
    self.notAfterSeconds = notAfterSeconds
  }

  /// `publicKeyHash` in hexadecimal, 64 digits in lower case.
  public var publicKeyHashText: String { Hexadecimal.text(publicKeyHash) }

  /// `serialNumber` in hexadecimal, in lower case, as `openssl x509 -serial` shows it in upper case.
  public var serialNumberText: String { Hexadecimal.text(serialNumber) }
}
