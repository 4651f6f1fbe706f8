import RPCTransport
import Testing

@testable import Host

@Suite struct TLSConfigurationTests {
  private func load(_ settings: [String: String]) throws -> HostConfiguration {
    try HostConfiguration(testing: settings, directory: "/nowhere")
  }

  private static let pair = ["tls-certificate-file": "/a.pem", "tls-key-file": "/a.key"]

  @Test func filesBecomeTLS() throws {
    #expect(try load([:]).tls == nil)
    let bare = try #require(try load(Self.pair).tls)
    #expect(bare.certificateFile == "/a.pem" && bare.keyFile == "/a.key")
    #expect(bare.clientCertificates == .off && bare.clientAuthorityFile == nil)
    let mutual = try #require(
      try load(
        Self.pair.merging([
          "tls-client-certificates": "required", "tls-client-authority-file": "/ca.pem",
          "tls-revocation-list-file": "/ca.crl",
        ]) { $1 }
      ).tls)
    #expect(mutual.clientCertificates == .required)
    #expect(mutual.clientAuthorityFile == "/ca.pem" && mutual.revocationListFile == "/ca.crl")
  }

  @Test(arguments: [
    (["tls-certificate-file": "/a"], "tls-certificate-file", "tls-key-file"),
    (["tls-key-file": "/a"], "tls-key-file", "tls-certificate-file"),
    (["tls-client-certificates": "optional"], "tls-client-certificates", "tls-certificate-file"),
    (
      pair.merging(["tls-client-certificates": "required"]) { $1 }, "tls-client-certificates",
      "tls-client-authority-file"
    ),
    (
      pair.merging(["tls-client-authority-file": "/ca"]) { $1 }, "tls-client-authority-file",
      "tls-client-certificates"
    ),
    (
      pair.merging(["tls-revocation-list-file": "/crl"]) { $1 }, "tls-revocation-list-file",
      "tls-client-certificates"
    ),
  ])
  func halfOfItIsRefused(settings: [String: String], key: String, needs: String) {
    #expect(throws: ConfigurationError.incomplete(key: key, needs: needs)) { try load(settings) }
  }

  @Test func withTLSCallsAreServedAnywhereAndMetricsAreNot() throws {
    let address = ["listen": "0.0.0.0:7040"]
    #expect(throws: ConfigurationError.insecureAddress(key: "listen", address: "0.0.0.0:7040")) {
      try load(address)
    }
    #expect("\(try load(Self.pair.merging(address) { $1 }).listen)" == "0.0.0.0:7040")
    #expect(throws: ConfigurationError.insecureAddress(key: "metrics", address: "0.0.0.0:7041")) {
      try load(Self.pair.merging(["metrics": "0.0.0.0:7041"]) { $1 })
    }
  }
}
