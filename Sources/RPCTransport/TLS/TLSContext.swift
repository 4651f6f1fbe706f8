import NIOSSL

/// Contexts of BoringSSL, with what both ends hold to.
enum TLSContext {
  /// The context of a configuration; making it compares key and certificate.
  static func make(
    _ configuration: TLSConfiguration, certificatePath: String, keyPath: String
  ) throws(TLSError) -> NIOSSLContext {
    var tls = configuration
    tls.minimumTLSVersion = .tlsv12
    tls.applicationProtocols = [ServerTLSGate.applicationProtocol]
    tls.cipherSuiteValues = TLSLimits.cipherSuites
    tls.shutdownTimeout = TLSLimits.shutdownTimeout
    do {
      return try NIOSSLContext(configuration: tls)
    } catch {
      let text = "\(error)"
      // The key itself was read before: what fails now is that the two do not fit.
      let signs = ["KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "failedToLoadPrivateKey"]
      if signs.contains(where: { text.contains($0) }) {
        throw .keyMismatch(certificate: certificatePath, key: keyPath)
      }
      throw .unusable(certificatePath, reason: text)
    }
  }
}
