import Foundation
import Logging
import ModuleTesting
import Testing

@testable import Host

@Suite struct HostKeyTests {
  private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func start(_ directory: String, _ settings: [String: String]) async throws {
    let host = try await RunningHost.start(
      modules: [EchoModule()],
      configuration: try HostConfiguration(
        testing: ["development": "false"].merging(settings) { $1 }, directory: directory), logger: silent)
    _ = await host.stop()
  }

  private func refusal(_ directory: String, _ settings: [String: String]) async -> HostKeyError? {
    let error = await #expect(throws: StartError.self) { try await start(directory, settings) }
    #expect(error?.exitCode == 78)
    #expect(error?.description.contains("\n") == false)
    guard case .hostKey(let reason) = error else { return nil }
    return reason
  }

  /// Writes a file of keys beside a directory.
  private func file(_ directory: String, _ lines: [String], mode: Int = 0o600) throws -> String {
    let path = directory + "-\(UUID().uuidString).key"
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  @Test func refusesToStartWithoutAKeyAndMakesNothing() async throws {
    try await Scratch.with { directory in
      #expect(await refusal(directory, [:]) == .noneGiven)
      #expect(!FileManager.default.fileExists(atPath: directory))
    }
  }

  @Test func developmentMakesAKeyForItselfAndKeepsIt() async throws {
    try await Scratch.with { directory in
      try await start(directory, ["development": "true"])
      let path = directory + "/development.key"
      let made = try String(contentsOfFile: path, encoding: .utf8)
      #expect(made.hasPrefix("development-"))
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      try await start(directory, ["development": "true"])
      #expect(try String(contentsOfFile: path, encoding: .utf8) == made)
      // What was made in development mode is not served with another key, nor with that one, outside of it.
      let other = try file(directory, [try HostKey.make(id: "k1").line])
      let error = await refusal(directory, ["host-key-file": other])
      guard case .unknown(let id, ["k1"]) = error else { return #expect(Bool(false), "\(error as Any)") }
      #expect(made.hasPrefix(id + " "))
      #expect(await refusal(directory, ["host-key-file": path]) == .developmentKey(id: id))
    }
  }

  @Test func takesAFileOfItsOwnersOnly() async throws {
    try await Scratch.with { directory in
      let line = try HostKey.make(id: "k1").line
      let good = try file(directory, [line])
      try await start(directory, ["host-key-file": good])
      for mode in [0o640, 0o604, 0o620, 0o666] {
        let exposed = try file(directory, [line], mode: mode)
        #expect(await refusal(directory, ["host-key-file": exposed]) == .fileExposed(path: exposed))
        #expect(HostKeyError.fileExposed(path: exposed).description.contains("chmod 600 '\(exposed)'"))
      }
      guard case .fileUnreadable = await refusal(directory, ["host-key-file": "/nonexistent/key"]),
        case .fileUnreadable = await refusal(directory, ["host-key-file": "/tmp"])
      else { return #expect(Bool(false)) }
      let long = try file(directory, [String(repeating: "#", count: 1 << 20)])
      guard case .tooLarge = await refusal(directory, ["host-key-file": long]) else {
        return #expect(Bool(false))
      }
    }
  }

  @Test func takesWhatACommandPrints() async throws {
    try await Scratch.with { directory in
      let path = try file(directory, [try HostKey.make(id: "k1").line])
      try await start(directory, ["host-key-command": "cat '\(path)'"])
      try await start(directory, ["host-key-file": path])
      for command in [
        "exit 3", "echo k1", "kill -9 $$", "head -c 100000 /dev/zero", "true", "printf '\\377'",
      ] {
        #expect(await refusal(directory, ["host-key-command": command]) != nil, "\(command)")
      }
      #expect(
        await refusal(directory, ["host-key-command": "exit 3"])
          == .commandFailed(reason: "it ended with status 3"))
    }
  }

  @Test func aCommandIsEndedWithItsChildren() throws {
    let before = ContinuousClock.now
    // The first is waited for by its output, the second has closed it.
    for command in ["sleep 60 & sleep 60", "exec >&-; sleep 60"] {
      #expect(throws: HostKeyError.commandFailed(reason: "it did not end within 1 seconds")) {
        _ = try HostKeyCommand.run(command, limit: .seconds(1))
      }
    }
    #expect(ContinuousClock.now - before < .seconds(20))
    #expect(try HostKeyCommand.run("echo ${YIZHAN_TEST_SECRET-unset}") == "unset\n")
  }

  @Test func aCommandGetsNoneOfTheHostsFiles() throws {
    let descriptor = try #require(Optional(open("/dev/null", O_RDONLY)).flatMap { $0 > 2 ? $0 : nil })
    defer { close(descriptor) }
    let state = try HostKeyCommand.run("test -e /proc/self/fd/\(descriptor) && echo open || echo closed")
    #expect(state == "closed\n")
  }

  @Test func takesTheEnvironmentAndShowsItNowhere() async throws {
    let line = try HostKey.make(id: "k1").line
    let resolved = try ConfigurationLoader.load(arguments: [], environment: ["YIZHAN_HOST_KEY": line])
    let configuration = try HostConfiguration(resolved)
    #expect(configuration.hostKeys == .variable(SecretText(line)))
    let secret = line.split(separator: " ")[1]
    var dumped = ConfigCommand.table(resolved) + ConfigCommand.file(resolved)
    dump(configuration, to: &dumped)
    dump(resolved, to: &dumped)
    dumped += "\(configuration) \(resolved)" + String(reflecting: configuration)
    #expect(!dumped.contains(secret))
    #expect(try await HostKeyReader(configuration).read()?.current.id == "k1")
    #expect(throws: HostKeyError.givenTwice(["host-key-file", "YIZHAN_HOST_KEY"])) {
      _ = try HostConfiguration(
        try ConfigurationLoader.load(
          arguments: ["--host-key-file", "/k"], environment: ["YIZHAN_HOST_KEY": line]))
    }
  }

  @Test func aFlagNeedsNoValue() throws {
    func isDevelopment(_ arguments: [String]) throws -> Bool {
      try HostConfiguration(try ConfigurationLoader.load(arguments: arguments, environment: [:]))
        .isDevelopment
    }
    #expect(try isDevelopment(["--development"]))
    #expect(try isDevelopment(["--development", "--loops", "2"]))
    #expect(try isDevelopment(["--development", "true"]))
    #expect(try !isDevelopment(["--development=false"]))
    #expect(throws: ConfigurationError.self) { _ = try isDevelopment(["--development", "maybe"]) }
  }

  /// A bare `yizhand serve` is for trying out; whoever deploys has to give a key.
  @Test(
    arguments: [
      ([], [:], true), (["--metrics", "off", "--log-level", "debug"], ["YIZHAN_LOOPS": "2"], true),
      (["--development=false"], [:], false), (["--data", "/srv"], [:], false),
      ([], ["YIZHAN_DATA": "/srv"], false),
      ([], ["STATE_DIRECTORY": "/srv"], false), (["--listen", "127.0.0.1:0"], [:], false),
      (["--host-key-file", "/k"], [:], false), ([], ["YIZHAN_HOST_KEY": "k"], false),
      (["--tls-certificate-file", "/c", "--tls-key-file", "/k"], [:], false),
    ] as [([String], [String: String], Bool)])
  func developmentIsImpliedWhereNothingIsDeployed(
    arguments: [String], environment: [String: String], expected: Bool
  ) throws {
    let resolved = try ConfigurationLoader.load(arguments: arguments, environment: environment)
    #expect(try HostConfiguration(resolved).isDevelopment == expected)
    #expect(ConfigCommand.table(resolved).contains("development"))
  }
}
