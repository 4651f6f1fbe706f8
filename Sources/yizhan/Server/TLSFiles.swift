import Glibc

/// The files of TLS that a call is made with.
struct TLSFiles: Sendable, Equatable {
  /// The authorities that the server's certificate may come from; nil for those that the system trusts.
  var authority: String?
  /// The caller's certificate; nil for none.
  var certificate: String?
  /// Its private key; nil where it stands in the same file.
  var key: String?

  /// With paths that hold in any working directory.
  var absolute: TLSFiles {
    TLSFiles(
      authority: authority.map(Self.absolute), certificate: certificate.map(Self.absolute),
      key: key.map(Self.absolute))
  }

  private static func absolute(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }
}

/// A server and what TLS to it is made with.
struct Destination: Sendable {
  var endpoint: Endpoint
  var files = TLSFiles()
}
