import RPC
import RPCTransport
import Synchronization
import Testing
import Wire

@testable import yizhan

@Suite struct TLSTests {
  /// Runs a command and notes what it connects to.
  private func connected(_ arguments: [String], _ environment: [String: String] = [:]) async throws
    -> Destination?
  {
    let server = try FakeServer(["LockerService/GetLocker": { _ in [.object([])] }])
    let seen = Mutex<Destination?>(nil)
    let program = Program(
      console: MemoryConsole(input: "yz_secret"), environment: Environment(environment),
      connect: { destination in
        seen.withLock { $0 = destination }
        return server
      })
    _ = await program.run(arguments)
    return seen.withLock { $0 }
  }

  @Test func optionsWinOverTheEnvironmentAndTheProfile() async throws {
    try await withFolder { folder in
      for name in ["ca.pem", "mine.pem"] { try Files.write([], to: "\(folder)/\(name)") }
      let home = ["XDG_CONFIG_HOME": folder]
      let login = try await connected(
        ["login", "--server", "https://city:7000", "--ca-file", "\(folder)/./ca.pem", "--client-certificate"]
          + ["\(folder)/mine.pem"], home)
      let kept = TLSFiles(authority: "\(folder)/ca.pem", certificate: "\(folder)/mine.pem")
      #expect(login?.files == kept)
      let plain = ["lockers", "get", "1"]
      #expect(try await connected(plain, home)?.files == kept)
      #expect(try await connected(plain, home)?.endpoint.description == "https://city:7000")
      // Nothing of the profile goes to another server, nor to the same one without TLS.
      #expect(try await connected(plain + ["--server", "https://other:7000"], home)?.files == TLSFiles())
      #expect(try await connected(plain + ["--server", "city:7000"], home)?.files == TLSFiles())
      let environment = home.merging(["YIZHAN_CA_FILE": "/e.pem", "YIZHAN_CLIENT_CERTIFICATE": "/e.crt"]) {
        $1
      }
      let mixed = try await connected(plain + ["--ca-file", "/o.pem"], environment)
      #expect(mixed?.files == TLSFiles(authority: "/o.pem", certificate: "/e.crt"))
    }
  }

  @Test(arguments: [
    ["--server", "city:1", "--ca-file", "a"], ["--server", "https://city:1", "--client-key", "a"],
  ])
  func whatCannotBeMeantIsRefused(options: [String]) async throws {
    let outcome = try await FakeServer().run(["lockers", "get", "1"] + options)
    #expect(outcome.code == .usage)
  }

  @Test(arguments: [
    (ClientTLSReason.authorityUnknown, "--ca-file FILE"), (ClientTLSReason.certificateExpired, "renew it"),
    (ClientTLSReason.nameMismatch, "https://NAME:7000"), (ClientTLSReason.notSpoken, "--server city:7000"),
    (ClientTLSReason.required, "--server https://city:7000"),
    (ClientTLSReason.clientCertificateRequired, "--client-certificate FILE"),
    (ClientTLSReason.clientCertificateRefused, "ask the server's operator"),
  ])
  func errorsSayWhatToDo(reason: String, advice: String) async throws {
    let attempts = Mutex(0)
    let server = try FakeServer([
      "LockerService/GetLocker": { _ in
        attempts.withLock { $0 += 1 }
        throw Status(.unavailable, "no TLS", reason: reason, domain: ClientTLSReason.domain)
      }
    ])
    let outcome = await server.run("lockers", "get", "1", "--server", "https://city:7000")
    #expect(outcome.code == .unavailable && outcome.error.contains(advice), "\(outcome.error)")
    let chinese = await server.run(
      "lockers", "get", "1", "--server", "https://city:7000", environment: ["LANG": "zh_CN.UTF-8"])
    #expect(chinese.code == .unavailable && chinese.error != outcome.error)
    // Certificates do not become right by waiting: one attempt for each run.
    #expect(attempts.withLock { $0 } == 2)
  }
}
