import Crypto
import NIOSSL
import RPC
import X509

/// A client whose certificate was accepted: what it says, and what is needed to ask later whether it still holds.
struct VerifiedPeer: Sendable {
  /// A certificate of the chain and the key that signed it.
  struct Link: Sendable {
    let authority: Certificate.PublicKey
    let serialNumber: ArraySlice<UInt8>
  }

  private static let namesLimit = 100

  let identity: PeerIdentity
  /// The chain from the client's certificate up, the authority at its end left out.
  let links: [Link]
  /// The authority at the chain's end.
  let anchor: Certificate

  /// - Parameter chain: from the client's certificate to the authority.
  /// - Throws: what cannot be parsed.
  init(_ certificate: NIOSSLCertificate, chain: [Certificate]) throws {
    precondition(!chain.isEmpty, "a chain begins with the client's certificate")
    var dnsNames: [String] = []
    var uris: [String] = []
    for name in try chain[0].extensions.subjectAlternativeNames.map({ Array($0) }) ?? [] {
      switch name {
      case .dnsName(let text) where dnsNames.count < Self.namesLimit: dnsNames.append(text.lowercased())
      case .uniformResourceIdentifier(let text) where uris.count < Self.namesLimit: uris.append(text)
      default: break
      }
    }
    identity = PeerIdentity(
      publicKeyHash: Array(SHA256.hash(data: try certificate.extractPublicKey().toSPKIBytes())),
      dnsNames: dnsNames, uris: uris, serialNumber: Array(chain[0].serialNumber.bytes.drop { $0 == 0 }),
      notAfterSeconds: Int64(certificate.notValidAfter))
    links = zip(chain, chain.dropFirst()).map { issued, authority in
      Link(authority: authority.publicKey, serialNumber: issued.serialNumber.bytes)
    }
    anchor = chain[chain.count - 1]
  }
}

/// Why a client's certificate is not accepted, for the log.
struct PeerRefusal: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
