import Foundation
import RPC
import Testing
import Wire

@testable import yizhan

@Suite struct ProfileTests {
  @Test func loginKeepsServerAndTokenForTheOwnerAlone() async throws {
    try await withFolder { folder in
      let environment = ["XDG_CONFIG_HOME": "\(folder)/config"]
      let server = try FakeServer(["LockerService/GetLocker": { _ in [.object([])] }])
      let login = await server.run(
        "login", "--server", "district:7000", console: MemoryConsole(columns: 80, answers: ["  yz_secret "]),
        environment: environment)
      #expect(login.code == .ok, "\(login.error)")
      #expect(!login.error.contains("yz_secret"))
      let facts = try FileManager.default.attributesOfItem(atPath: "\(folder)/config/yizhan/profiles.json")
      #expect(facts[.posixPermissions] as? Int == 0o600)

      _ = await server.run("lockers", "get", "1", environment: environment)
      #expect(server.calls.last?.options.metadata["authorization"] == "Bearer yz_secret")
      // The token goes to the server it was given for, and to no other.
      _ = await server.run("lockers", "get", "1", "--server", "elsewhere:7000", environment: environment)
      #expect(server.calls.last?.options.metadata["authorization"] == nil)
      _ = await server.run(
        "lockers", "get", "1", environment: environment.merging(["YIZHAN_TOKEN": "x"]) { $1 })
      #expect(server.calls.last?.options.metadata["authorization"] == "Bearer x")

      #expect(await server.run("logout", environment: environment).code == .ok)
      #expect(await server.run("logout", environment: environment).code == .usage)
    }
  }

  @Test func profilesHaveNames() async throws {
    try await withFolder { folder in
      let environment = ["XDG_CONFIG_HOME": folder]
      let server = try FakeServer(["LockerService/GetLocker": { _ in [.object([])] }])
      let console = MemoryConsole(input: "yz_piped\n")
      #expect(
        await server.run("login", "--profile", "city", console: console, environment: environment).code == .ok
      )
      _ = await server.run("lockers", "get", "1", "--profile", "city", environment: environment)
      #expect(server.calls.last?.options.metadata["authorization"] == "Bearer yz_piped")
      let unknown = await server.run("lockers", "get", "1", "--profile", "ctiy", environment: environment)
      #expect(unknown.code == .usage && unknown.error.contains("profiles: city"))
    }
  }

  /// An environment's token is for the commands that run in it: to keep it as somebody's profile would surprise.
  @Test func theEnvironmentsTokenIsNotKeptUnasked() async throws {
    try await withFolder { folder in
      let environment = ["XDG_CONFIG_HOME": folder, "YIZHAN_TOKEN": "yz_environment"]
      let server = try FakeServer(["LockerService/GetLocker": { _ in [.object([])] }])
      let asked = MemoryConsole(columns: 80, answers: ["yz_typed"])
      #expect(await server.run("login", console: asked, environment: environment).code == .ok)
      _ = await server.run("lockers", "get", "1", environment: ["XDG_CONFIG_HOME": folder])
      #expect(server.calls.last?.options.metadata["authorization"] == "Bearer yz_typed")
      let silent = await server.run("login", console: MemoryConsole(input: ""), environment: environment)
      #expect(silent.code == .usage && silent.error.contains("no token was given"))
    }
  }

  @Test func theHelpOfLoginDoesNotPromiseTheEnvironmentsToken() async throws {
    let server = try FakeServer()
    let console = MemoryConsole(columns: 200)
    let login = await server.run("login", "--help", console: console, environment: ["NO_COLOR": "1"])
    #expect(login.code == .ok)
    #expect(login.output.split(separator: "--token TOKEN").count == 2)
    #expect(!login.output.contains("Default: YIZHAN_TOKEN"))
    #expect(login.output.contains("it is asked for"))
    let wide = MemoryConsole(columns: 200)
    let status = await server.run("status", "--help", console: wide, environment: ["NO_COLOR": "1"])
    #expect(status.output.contains("Default: YIZHAN_TOKEN"))
  }

  @Test func aRefusedTokenIsNotKept() async throws {
    try await withFolder { folder in
      let program = Program(
        console: MemoryConsole(input: "yz_bad"), environment: Environment(["XDG_CONFIG_HOME": folder]),
        connect: { _ in throw Status(.unauthenticated, "unknown token") })
      #expect(await program.run(["login"]) == .permission)
      #expect(!Files.exists("\(folder)/yizhan/profiles.json"))
    }
  }

  @Test func aDamagedFileIsNamed() async throws {
    try await withFolder { folder in
      try Files.writePrivately(Array("{".utf8), to: "\(folder)/yizhan/profiles.json")
      let outcome = try await FakeServer().run("logout", environment: ["XDG_CONFIG_HOME": folder])
      #expect(outcome.code == .usage && outcome.error.contains("profiles.json is damaged"))
    }
  }

  @Test(arguments: [
    ("127.0.0.1:7040", "127.0.0.1:7040"), ("host", "host:7040"), ("[::1]:80", "[::1]:80"),
    ("::1", "[::1]:7040"),
    ("[::1]", "[::1]:7040"), ("https://city:80/", "https://city:80"), ("https://[::1]", "https://[::1]:7040"),
    ("http://a", "a:7040"),
  ])
  func addressesAreRead(text: String, expected: String) throws {
    #expect(try Endpoint(text).description == expected)
  }

  @Test(arguments: ["", ":80", "a:0", "a:65536", "a:x", "ftp://a:80", "a/b", "https://"])
  func badAddressesAreRefused(text: String) { #expect(throws: UsageError.self) { try Endpoint(text) } }
}
