import Formats
import NIOSSL
import RPC
import SwiftASN1
import X509

/// Decides which client certificates are accepted.
///
/// Source: RFC 5280, section 6 (paths), RFC 6818; RFC 8446, section 4.4.2.4.
struct ClientCertificateCheck: Sendable {
  private static let intermediatesLimit = 4

  let authorities: [Certificate]
  let authorityPath: String
  let revoked: RevocationList?
  private let store: CertificateStore

  init(authorities: [Certificate], authorityPath: String, revoked: RevocationList?) {
    self.authorities = authorities
    self.authorityPath = authorityPath
    self.revoked = revoked
    store = CertificateStore(authorities)
  }

  /// Checks the chain that a client presents, its own certificate first.
  func verify(_ presented: [NIOSSLCertificate]) async throws(PeerRefusal) -> VerifiedPeer {
    let chain = try Self.chain(presented)
    switch chain.validity {
    case .valid: break
    case .expired(let seconds): throw PeerRefusal("its certificate expired on \(TLSTime.text(seconds))")
    case .notYetValid(let seconds):
      throw PeerRefusal("its certificate is valid from \(TLSTime.text(seconds)) on")
    }
    var verifier = Verifier(rootCertificates: store) {
      RFC5280Policy()
      PeerPolicy(usage: .clientAuth)
    }
    switch await verifier.validate(leaf: chain.leaf, intermediates: chain.intermediates) {
    case .validCertificate(let path):
      let peer: VerifiedPeer
      do {
        peer = try VerifiedPeer(presented[0], chain: Array(path))
      } catch {
        throw PeerRefusal("its certificate cannot be parsed: \(error)")
      }
      try recheck(peer)
      return peer
    case .couldNotValidate(let failures): throw refusal(chain.failure(failures))
    }
  }

  /// Whether a client that was accepted before still is: after lists or authorities have changed, and as time
  /// passes.
  func recheck(_ peer: VerifiedPeer) throws(PeerRefusal) {
    guard authorities.contains(peer.anchor) else {
      throw PeerRefusal("its authority is no longer in \(authorityPath)")
    }
    let identity = peer.identity
    guard TLSTime.now() <= identity.notAfterSeconds else {
      throw PeerRefusal("its certificate expired on \(TLSTime.text(identity.notAfterSeconds))")
    }
    guard !identity.dnsNames.isEmpty || !identity.uris.isEmpty else {
      throw PeerRefusal("its certificate has no subject alternative name (DNS or URI)")
    }
    guard let revoked else { return }
    for link in peer.links where revoked.isRevoked(link.serialNumber, by: link.authority) {
      let number = Hexadecimal.text(link.serialNumber)
      throw PeerRefusal("its certificate is revoked (serial number \(number))")
    }
  }

  private static func chain(_ presented: [NIOSSLCertificate]) throws(PeerRefusal) -> CertificateChain {
    do throws(CertificateChain.Defect) {
      return try CertificateChain(presented, intermediatesLimit: intermediatesLimit)
    } catch {
      switch error {
      case .empty: throw PeerRefusal("it presents no certificate")
      case .tooLong:
        throw PeerRefusal("its chain has more than \(intermediatesLimit) intermediate certificates")
      case .unreadable(let reason): throw PeerRefusal("its certificate cannot be parsed: \(reason)")
      }
    }
  }

  private func refusal(_ failure: CertificateChain.Failure) -> PeerRefusal {
    switch failure {
    case .authorityUnknown(let issuer):
      PeerRefusal(
        "its certificate, issued by \"\(issuer)\", is signed by none of the authorities in \(authorityPath)")
    case .refused(let reason): PeerRefusal("its certificate is not accepted: \(reason)")
    }
  }
}
