import Formats
import NIOSSL
import RPC
import SwiftASN1
import Synchronization
import X509

/// Decides for a client whether the server is the one that it wants to talk to.
///
/// Source: RFC 5280, section 6; RFC 9525 (names).
struct ServerCertificateCheck: Sendable {
  private static let intermediatesLimit = 8

  let authorities: CertificateStore
  /// Where the authorities are from, for messages.
  let place: String

  /// Checks the chain that a server presents, its own certificate first.
  /// - Throws: UNAVAILABLE with a reason of `ClientTLSReason`.
  func verify(_ presented: [NIOSSLCertificate], host: String, isAddress: Bool) async throws(Status) {
    let chain = try Self.chain(presented)
    try Self.check(chain.validity)
    var verifier = Verifier(rootCertificates: authorities) {
      RFC5280Policy()
      PeerPolicy(usage: .serverAuth)
      ServerIdentityPolicy(serverHostname: isAddress ? nil : host, serverIP: isAddress ? host : nil)
    }
    guard
      case .couldNotValidate = await verifier.validate(leaf: chain.leaf, intermediates: chain.intermediates)
    else { return }
    // The name alone is at fault if all is well without it.
    var nameless = Verifier(rootCertificates: authorities) {
      RFC5280Policy()
      PeerPolicy(usage: .serverAuth)
    }
    switch await nameless.validate(leaf: chain.leaf, intermediates: chain.intermediates) {
    case .validCertificate:
      throw Status(
        tls: ClientTLSReason.nameMismatch,
        "the server's certificate is not for \(host), but for \(Self.names(chain.leaf))")
    case .couldNotValidate(let failures): throw refusal(chain.failure(failures))
    }
  }

  private static func chain(_ presented: [NIOSSLCertificate]) throws(Status) -> CertificateChain {
    do throws(CertificateChain.Defect) {
      return try CertificateChain(presented, intermediatesLimit: intermediatesLimit)
    } catch {
      switch error {
      case .empty, .tooLong:
        throw Status(
          tls: ClientTLSReason.certificateRefused, "the server's chain of certificates is not usable")
      case .unreadable:
        throw Status(tls: ClientTLSReason.certificateRefused, "the server's certificate cannot be parsed")
      }
    }
  }

  private static func check(_ validity: CertificateChain.Validity) throws(Status) {
    switch validity {
    case .valid: return
    case .expired(let seconds):
      throw Status(
        tls: ClientTLSReason.certificateExpired,
        "the server's certificate expired on \(TLSTime.text(seconds))")
    case .notYetValid(let seconds):
      throw Status(
        tls: ClientTLSReason.certificateExpired,
        "the server's certificate is valid from \(TLSTime.text(seconds)) on")
    }
  }

  private func refusal(_ failure: CertificateChain.Failure) -> Status {
    switch failure {
    case .authorityUnknown(let issuer):
      Status(
        tls: ClientTLSReason.authorityUnknown,
        "the server's certificate, issued by \"\(issuer)\", is signed by no authority in \(place)")
    case .refused(let reason):
      Status(
        tls: ClientTLSReason.certificateRefused, "the server's certificate is not accepted: \(reason)")
    }
  }

  private static func names(_ certificate: Certificate) -> String {
    var names: [String] = []
    for name in (try? certificate.extensions.subjectAlternativeNames) ?? SubjectAlternativeNames() {
      switch name {
      case .dnsName(let text): names.append(text)
      case .ipAddress(let address) where address.bytes.count == 4:
        names.append(address.bytes.map { "\($0)" }.joined(separator: "."))
      case .ipAddress(let address):
        names.append("IP " + Hexadecimal.text(address.bytes))
      default: break
      }
    }
    return names.isEmpty ? "no name at all" : names.prefix(10).joined(separator: ", ")
  }
}

/// Why the check refused, handed from its task to the connection's loop.
final class ServerCheckOutcome: Sendable {
  private let state = Mutex<Status?>(nil)

  func refuse(_ status: Status) { state.withLock { $0 = status } }
  var refusal: Status? { state.withLock { $0 } }
}

extension Status {
  /// UNAVAILABLE, because TLS did not come about.
  init(tls reason: String, _ message: String) {
    self.init(.unavailable, message, reason: reason, domain: ClientTLSReason.domain)
  }
}
