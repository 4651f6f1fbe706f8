import NIOCore
import NIOSSL

/// What both ends hold to.
enum TLSLimits {
  /// Forward secrecy and authenticated encryption for TLS 1.2; TLS 1.3 has nothing else.
  /// Source: RFC 9113, section 9.2.2; RFC 9325, section 4.2.
  static let cipherSuites: [NIOTLSCipher] = [
    .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  ]
  /// For the peer's goodbye.
  static let shutdownTimeout = TimeAmount.seconds(1)
  /// Names of authorities that are sent to clients as a hint; more would swell every handshake.
  static let authorityNames = 20
}
