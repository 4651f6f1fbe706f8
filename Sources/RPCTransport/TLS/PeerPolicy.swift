import SwiftASN1
import X509

/// What a peer's certificate has to be beyond a valid path: made for its side, and signed with what is not broken.
struct PeerPolicy: VerifierPolicy {
  // Names are compared or read elsewhere, the usage here.
  let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [[2, 5, 29, 17], [2, 5, 29, 37]]
  /// Client or server.
  let usage: ExtendedKeyUsage.Usage

  func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
    // The authority at the end is trusted by itself, whatever it is signed with.
    for certificate in chain.dropLast() {
      if certificate.signatureAlgorithm == .sha1WithRSAEncryption {
        return .failsToMeetPolicy(reason: "it is signed with SHA-1")
      }
      if certificate.extensions[oid: [2, 5, 29, 37]] == nil { continue }
      guard let allowed = try? certificate.extensions.extendedKeyUsage else {
        return .failsToMeetPolicy(reason: "its extended key usage cannot be parsed")
      }
      guard allowed.contains(usage) || allowed.contains(.any) else {
        return .failsToMeetPolicy(reason: "its extended key usage does not allow \(usage)")
      }
    }
    return .meetsPolicy
  }
}
