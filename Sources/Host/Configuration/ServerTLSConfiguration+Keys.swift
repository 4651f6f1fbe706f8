import RPCTransport

extension ServerTLSConfiguration {
  /// The files that a configuration names; nil without a certificate.
  /// - Throws: `ConfigurationError.incomplete` for half of what TLS needs.
  init?(_ resolved: ResolvedConfiguration) throws(ConfigurationError) {
    let certificate = resolved.file(.tlsCertificateFile)
    let key = resolved.file(.tlsKeyFile)
    guard let mode = ClientCertificates(rawValue: resolved.text(.tlsClientCertificates)) else {
      preconditionFailure("values are checked when they are resolved")
    }
    let authority = resolved.file(.tlsClientAuthorityFile)
    let list = resolved.file(.tlsRevocationListFile)
    func need(_ wanted: ConfigurationKey, for key: ConfigurationKey, _ isMissing: Bool)
      throws(ConfigurationError)
    {
      if isMissing { throw .incomplete(key: key.name, needs: wanted.name) }
    }
    try need(.tlsKeyFile, for: .tlsCertificateFile, certificate != nil && key == nil)
    try need(.tlsCertificateFile, for: .tlsKeyFile, key != nil && certificate == nil)
    try need(.tlsCertificateFile, for: .tlsClientCertificates, mode != .off && certificate == nil)
    try need(.tlsClientAuthorityFile, for: .tlsClientCertificates, mode != .off && authority == nil)
    // A file that nothing reads would look like protection.
    try need(.tlsClientCertificates, for: .tlsClientAuthorityFile, mode == .off && authority != nil)
    try need(.tlsClientCertificates, for: .tlsRevocationListFile, mode == .off && list != nil)
    guard let certificate, let key else { return nil }
    self.init(certificateFile: certificate, keyFile: key)
    clientCertificates = mode
    clientAuthorityFile = authority
    revocationListFile = list
  }
}
