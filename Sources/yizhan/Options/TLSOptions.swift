/// The options of TLS, which count where the server's address says https.
struct TLSOptions: Sendable {
  /// What the command line says.
  private var given = TLSFiles()
  /// What the environment says.
  private var environment = TLSFiles()

  static let specs: [OptionSpec] = [
    OptionSpec(
      name: "ca-file", placeholder: "FILE",
      about: "For https: the certificates (PEM) of the authorities that the server's may come from. Default: "
        + "YIZHAN_CA_FILE, the profile's, or those that the system trusts.", completion: .file),
    OptionSpec(
      name: "client-certificate", placeholder: "FILE",
      about:
        "For https: the certificate (PEM) to show to the server. Default: YIZHAN_CLIENT_CERTIFICATE, or the "
        + "profile's.", completion: .file),
    OptionSpec(
      name: "client-key", placeholder: "FILE",
      about:
        "Its private key, without a passphrase. Default: YIZHAN_CLIENT_KEY, the profile's, or the file of the "
        + "certificate.", completion: .file),
  ]

  init(_ parsed: ParsedArguments, environment: Environment) {
    given = TLSFiles(
      authority: parsed.value("ca-file"), certificate: parsed.value("client-certificate"),
      key: parsed.value("client-key"))
    self.environment = TLSFiles(
      authority: environment["YIZHAN_CA_FILE"], certificate: environment["YIZHAN_CLIENT_CERTIFICATE"],
      key: environment["YIZHAN_CLIENT_KEY"])
  }

  /// The files for a server: options, then the environment, then what its profile keeps.
  /// - Throws: `UsageError` for options that a server without TLS has no use for, or a key without its certificate.
  func files(for endpoint: Endpoint, known: TLSFiles?) throws -> TLSFiles {
    guard endpoint.isSecure else {
      if given != TLSFiles() {
        throw UsageError(
          "--ca-file, --client-certificate and --client-key are for TLS, and \(endpoint) is called without",
          hint: "for TLS: --server https://\(endpoint.address)")
      }
      return TLSFiles()
    }
    var files = known ?? TLSFiles()
    for layer in [environment, given] {
      files.authority = layer.authority ?? files.authority
      // A key belongs to its certificate, so both come from one place.
      if let certificate = layer.certificate {
        files.certificate = certificate
        files.key = layer.key
      } else if layer.key != nil {
        throw UsageError(
          "a private key is given without its certificate", hint: "add --client-certificate FILE")
      }
    }
    return files
  }
}
