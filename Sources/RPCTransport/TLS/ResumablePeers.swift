import NIOSSL
import Synchronization

/// Clients whose certificates were checked under one version of the server's files, for sessions that they resume:
/// in those, TLS has the client's certificate and no longer the chain that it was accepted with.
final class ResumablePeers: Sendable {
  /// Clients, not connections. When there are more, all are forgotten: those who resume then have to connect anew.
  private static let limit = 10_000

  private let peers = Mutex<[NIOSSLCertificate: VerifiedPeer]>([:])

  func remember(_ peer: VerifiedPeer, for certificate: NIOSSLCertificate) {
    peers.withLock { peers in
      if peers.count >= Self.limit { peers.removeAll() }
      peers[certificate] = peer
    }
  }

  func peer(for certificate: NIOSSLCertificate) -> VerifiedPeer? { peers.withLock { $0[certificate] } }
}
