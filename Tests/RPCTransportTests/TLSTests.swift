import Foundation
import RPC
import RPCTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10)))
struct TLSTests {
  private static let names = "DNS:localhost,IP:127.0.0.1"

  /// Runs a server with TLS and a way to make clients of it.
  private func run(
    _ authority: TestAuthority, clients: ClientCertificates = .off, names: String = names, rsa: Bool = false,
    _ body: (LiveServer, ServerTLS) async throws -> Void
  ) async throws {
    let (certificate, key) = try authority.issue("server", names: names, usage: "serverAuth", rsa: rsa)
    var files = ServerTLSConfiguration(certificateFile: certificate, keyFile: key)
    files.clientCertificates = clients
    if clients != .off {
      files.clientAuthorityFile = authority.certificate
      files.revocationListFile = authority.list
    }
    let tls = try ServerTLS(files)
    try await LiveServer.run({ $0.preparePipeline = { try tls.prepare($0) } }) { try await body($0, tls) }
  }

  private func client(
    _ live: LiveServer, host: String = "127.0.0.1", trusts authority: TestAuthority?,
    shows pair: (certificate: String, key: String)? = nil
  ) throws -> GRPCClient {
    var configuration = GRPCClientConfiguration(host: host, port: live.address.port)
    configuration.use(
      try ClientTLS(
        ClientTLSConfiguration(
          authorityFile: authority?.certificate, certificateFile: pair?.certificate, keyFile: pair?.key)))
    return GRPCClient(configuration)
  }

  /// Makes a call that ends for this reason; nil for one that succeeds.
  private func expect(
    _ reason: String?, of client: GRPCClient, at location: SourceLocation = #_sourceLocation
  ) async throws {
    let status = try await status { _ = try await client.call(.echo) }
    await client.close()
    #expect(status?.reason == reason, "\(String(describing: status))", sourceLocation: location)
    #expect(status == nil || status?.code == .unavailable, sourceLocation: location)
  }

  @Test(arguments: [false, true])
  func callsGoOverTLS(rsa: Bool) async throws {
    let authority = try TestAuthority()
    try await run(authority, rsa: rsa) { live, _ in
      for host in ["127.0.0.1", "localhost"] {
        let client = try client(live, host: host, trusts: authority)
        let large = [UInt8](repeating: 7, count: 3 << 20)
        #expect(try await client.call(.echo, large) == large)
        #expect(try await client.call(.peerIdentity).isEmpty)
        let stream = try await client.open(.produce)
        try await stream.send(Array("200 20000".utf8))
        try await stream.finishSending()
        var count = 0
        while let message = try await stream.next() { count += message.count }
        #expect(count == 200 * 20_000)
        await client.close()
      }
    }
  }

  @Test func theIdentityIsTheCertificates() async throws {
    let authority = try TestAuthority()
    let pair = try authority.issue(
      "platform", names: "URI:spiffe://city/platform,DNS:Platform.Test", usage: "clientAuth",
      to: "20991231235959Z")
    let key = try authority.openssl("pkey", "-in", pair.key, "-pubout", "-outform", "DER")
    let file = authority.folder + "/public.der"
    try Data(key).write(to: URL(fileURLWithPath: file))
    let digest = String(decoding: try authority.openssl("dgst", "-sha256", "-r", file), as: UTF8.self).prefix(
      64)
    let serial = String(
      decoding: try authority.openssl("x509", "-in", pair.certificate, "-noout", "-serial"), as: UTF8.self
    ).dropFirst("serial=".count).dropLast().lowercased()
    try await run(authority, clients: .required) { live, _ in
      let client = try client(live, trusts: authority, shows: pair)
      let text = String(decoding: try await client.call(.peerIdentity), as: UTF8.self)
      // 4102444799 is `date -ud 2099-12-31T23:59:59Z +%s`.
      #expect(text == "\(digest) platform.test spiffe://city/platform \(serial) 4102444799")
      await client.close()
    }
  }

  @Test func clientsSayWhatIsWrongWithTheServer() async throws {
    let authority = try TestAuthority()
    let stranger = try TestAuthority(name: "Stranger")
    try await run(authority) { live, _ in
      try await expect(nil, of: try client(live, trusts: authority))
      try await expect(ClientTLSReason.authorityUnknown, of: try client(live, trusts: stranger))
      try await expect(ClientTLSReason.authorityUnknown, of: try client(live, trusts: nil))
      let plain = GRPCClient(GRPCClientConfiguration(host: "127.0.0.1", port: live.address.port))
      try await expect(ClientTLSReason.required, of: plain)
    }
    try await run(authority, names: "DNS:elsewhere.test") { live, _ in
      try await expect(ClientTLSReason.nameMismatch, of: try client(live, trusts: authority))
    }
    try await LiveServer.run { live in
      try await expect(ClientTLSReason.notSpoken, of: try client(live, trusts: authority))
    }
  }

  @Test func clientsSayWhatTheServerWants() async throws {
    let authority = try TestAuthority()
    let revoked = try authority.issue("revoked", names: "DNS:platform.test", usage: "clientAuth")
    try authority.revoke(revoked.certificate)
    try await run(authority, clients: .required) { live, _ in
      try await expect(ClientTLSReason.clientCertificateRequired, of: try client(live, trusts: authority))
      try await expect(
        ClientTLSReason.clientCertificateRefused, of: try client(live, trusts: authority, shows: revoked))
    }
  }

  @Test func aRevokedClientIsShownOutAndItsOpenCallEnds() async throws {
    let authority = try TestAuthority()
    let pair = try authority.issue("platform", names: "DNS:platform.test", usage: "clientAuth")
    try await run(authority, clients: .optional) { live, tls in
      let client = try client(live, trusts: authority, shows: pair)
      let open = Task { try await client.call(.slow, [1, 2, 3]) }
      _ = try await client.call(.echo)
      #expect(await live.server.endRefusedConnections(tls, grace: .seconds(5)).isEmpty)
      try authority.revoke(pair.certificate)
      try tls.reload()
      let ended = await live.server.endRefusedConnections(tls, grace: .seconds(5))
      #expect(ended.count == 1 && ended.first?.reason.contains("is revoked") == true)
      #expect(try await open.value == [1, 2, 3])
      #expect(try await eventually { live.server.openConnectionCount == 0 })
      try await expect(ClientTLSReason.clientCertificateRefused, of: client)
    }
  }

  @Test func handshakesThatDoNotEndAreCut() async throws {
    let authority = try TestAuthority()
    let (certificate, key) = try authority.issue("server", names: Self.names, usage: "serverAuth")
    let tls = try ServerTLS(ServerTLSConfiguration(certificateFile: certificate, keyFile: key))
    try await LiveServer.run({
      $0.preparePipeline = { try tls.prepare($0) }
      $0.handshakeTimeout = .milliseconds(1_000)
      $0.timeoutCheckInterval = .milliseconds(50)
    }) { live in
      // A client that never says hello.
      let silent = try RawConnection(port: live.address.port)
      #expect(try await eventually { silent.isEndedByServer })
      #expect(try await eventually { live.server.openConnectionCount == 0 })
      silent.close()
    }
  }
}
