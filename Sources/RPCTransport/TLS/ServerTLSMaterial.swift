import Formats
import NIOSSL
import SwiftASN1
import X509

/// One loaded version of a server's certificate, key, authorities and lists. It does not change; a reload makes
/// another.
struct ServerTLSMaterial: Sendable {
  let context: NIOSSLContext
  /// Nil where clients show no certificates.
  let check: ClientCertificateCheck?
  let status: ServerTLSStatus
  /// Of the files, from before they were read.
  let versions: [TLSFileVersion?]
  /// Clients that may resume sessions which this context has made.
  let resumable = ResumablePeers()

  /// Reads the files and checks that they fit together.
  /// - Throws: `TLSError`.
  init(_ configuration: ServerTLSConfiguration) throws(TLSError) {
    versions = configuration.files.map { TLSFileVersion($0) }
    let chain = try Self.chain(configuration.certificateFile)
    var warnings: [String] = []
    if TLSFile.isReadableByAnyone(configuration.keyFile) {
      warnings.append(
        "every user of this machine may read the private key \(configuration.keyFile); chmod 600")
    }
    let key = try TLSFile.key(configuration.keyFile)
    // Read once: what BoringSSL trusts and what the check trusts are the same, whatever happens to the file.
    var authorities: [(NIOSSLCertificate, Certificate)] = []
    if configuration.clientCertificates != .off, let path = configuration.clientAuthorityFile {
      authorities = try TLSFile.certificates(path)
    }
    check = try Self.check(configuration, authorities.map(\.1))
    context = try Self.context(configuration, chain, key, authorities.map(\.0))
    if let check, let next = check.revoked?.nextUpdateSeconds, next < TLSTime.now() {
      warnings.append(
        "the revocation list was to be replaced on \(TLSTime.text(next)); it is used until a newer one comes")
    }
    status = ServerTLSStatus(
      serialNumber: Hexadecimal.text(chain[0].serialNumber),
      notAfterSeconds: Int64(chain[0].notValidAfter), revokedCount: check?.revoked?.count ?? 0,
      listNextUpdateSeconds: check?.revoked?.nextUpdateSeconds, warnings: warnings)
  }

  private static func chain(_ path: String) throws(TLSError) -> [NIOSSLCertificate] {
    let chain = try TLSFile.certificates(path).map(\.0)
    switch CertificateChain.validity(of: chain[0]) {
    case .valid: return chain
    case .expired(let seconds): throw .expired(path, notAfterSeconds: seconds)
    case .notYetValid(let seconds): throw .notYetValid(path, notBeforeSeconds: seconds)
    }
  }

  /// - Parameter authorities: none where clients show no certificates.
  private static func check(
    _ configuration: ServerTLSConfiguration, _ authorities: [Certificate]
  ) throws(TLSError) -> ClientCertificateCheck? {
    guard !authorities.isEmpty, let path = configuration.clientAuthorityFile else { return nil }
    var revoked: RevocationList?
    if let listPath = configuration.revocationListFile {
      revoked = try RevocationList(
        try TLSFile.read(listPath, limitBytes: TLSFile.listLimitBytes), path: listPath,
        authorities: authorities, authorityPath: path)
    }
    return ClientCertificateCheck(authorities: authorities, authorityPath: path, revoked: revoked)
  }

  private static func context(
    _ configuration: ServerTLSConfiguration, _ chain: [NIOSSLCertificate], _ key: NIOSSLPrivateKey,
    _ authorities: [NIOSSLCertificate]
  ) throws(TLSError) -> NIOSSLContext {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    if !authorities.isEmpty {
      tls.certificateVerification =
        configuration.clientCertificates == .required ? .noHostnameVerification : .optionalVerification
      tls.trustRoots = .certificates(authorities)
      tls.sendCANameList = authorities.count <= TLSLimits.authorityNames
    }
    return try TLSContext.make(
      tls, certificatePath: configuration.certificateFile, keyPath: configuration.keyFile)
  }
}
