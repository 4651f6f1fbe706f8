import NIOSSL
import SwiftASN1
import X509

/// The certificates that a peer presents, its own first, and what either end looks at before and after a path is built.
struct CertificateChain {
  /// Whether a certificate's time has come and not passed. Seconds since 1970-01-01T00:00:00Z.
  enum Validity: Equatable {
    case valid
    case expired(notAfterSeconds: Int64)
    case notYetValid(notBeforeSeconds: Int64)
  }

  /// Why certificates are no chain.
  enum Defect: Error {
    /// There is none.
    case empty
    /// There are more than any path needs.
    case tooLong
    /// One of them cannot be parsed, for this reason.
    case unreadable(String)
  }

  /// Why no path leads to a trusted authority.
  enum Failure {
    /// No authority has signed the certificate of this issuer.
    case authorityUnknown(issuer: String)
    /// A path there is, and a rule speaks against it.
    case refused(reason: String)
  }

  /// The peer's own certificate.
  let leaf: Certificate
  /// The others.
  let intermediates: CertificateStore
  /// When the peer's own certificate is valid.
  let validity: Validity

  /// Parses what a peer presents.
  /// - Parameter intermediatesLimit: each further one would multiply the paths that a hostile peer can make us try.
  init(_ presented: [NIOSSLCertificate], intermediatesLimit: Int) throws(Defect) {
    guard let first = presented.first else { throw .empty }
    guard presented.count <= intermediatesLimit + 1 else { throw .tooLong }
    do {
      let chain = try presented.map { try Certificate(derEncoded: try $0.toDERBytes()) }
      leaf = chain[0]
      intermediates = CertificateStore(chain.dropFirst())
    } catch {
      throw .unreadable("\(error)")
    }
    validity = Self.validity(of: first)
  }

  /// Whether a certificate is valid now.
  static func validity(of certificate: NIOSSLCertificate) -> Validity {
    let now = TLSTime.now()
    let notAfter = Int64(certificate.notValidAfter)
    let notBefore = Int64(certificate.notValidBefore)
    if now > notAfter { return .expired(notAfterSeconds: notAfter) }
    return now < notBefore ? .notYetValid(notBeforeSeconds: notBefore) : .valid
  }

  /// What stands behind a verifier's failures, in words that are no longer than a line.
  func failure(_ failures: [CertificateValidationResult.PolicyFailure]) -> Failure {
    guard let first = failures.first else {
      return .authorityUnknown(issuer: String("\(leaf.issuer)".prefix(200)))
    }
    return .refused(reason: String("\(first.policyFailureReason)".prefix(400)))
  }
}
