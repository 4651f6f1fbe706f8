import Foundation
import Logging
import ModuleTesting
import Testing

@testable import Host

/// The echo module with one migration more, as a later version of a program would have it.
struct LaterEchoModule: Module {
  static let name = EchoModule.name
  static let migrations = EchoModule.migrations + [Migration(2, "more", "CREATE TABLE echo_more (id TEXT)")]
  static let fileDescriptorSet = EchoModule.fileDescriptorSet
  func register(in registrar: Registrar) throws { try EchoModule().register(in: registrar) }
}

@Suite struct StartTests {
  private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func start(
    _ directory: String, _ settings: [String: String] = [:], modules: [any Module] = [EchoModule()]
  ) async throws -> RunningHost {
    try await RunningHost.start(
      modules: modules, configuration: try HostConfiguration(testing: settings, directory: directory),
      logger: silent)
  }

  private func refusal(
    _ directory: String, _ settings: [String: String] = [:], modules: [any Module] = [EchoModule()]
  ) async -> StartError? {
    await #expect(throws: StartError.self) {
      let host = try await start(directory, settings, modules: modules)
      _ = await host.stop()
    }
  }

  @Test func showsTheFirstTokenOnceAndKeepsIt() async throws {
    try await Scratch.with { directory in
      let first = try await start(directory)
      let token = try #require(first.firstToken)
      #expect(await first.stop())
      // Its hash is kept and nothing else, whatever the files hold it in.
      for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
        let bytes = FileManager.default.contents(atPath: "\(directory)/\(name)") ?? Data()
        #expect(bytes.range(of: Data(token.utf8)) == nil, "\(name) holds the token")
        #expect(bytes.range(of: Data(token.utf8.dropFirst(3))) == nil, "\(name) holds the token's secret")
      }
      let second = try await start(directory)
      #expect(second.firstToken == nil)
      let channel = TestChannel(second.address, token: token)
      #expect(
        try await AccessServiceClient(channel).getCaller(GetCallerRequest()).principalName == "administrator")
      await channel.close()
      #expect(await second.stop())
    }
  }

  /// A token that could be shown to nobody is not the only one that there ever was.
  @Test func makesAnotherFirstTokenOnceOneIsTakenBack() async throws {
    try await Scratch.with { directory in
      let first = try await start(directory)
      let lost = try #require(first.firstToken)
      await first.takeBackFirstToken()
      #expect(await first.stop())
      let second = try await start(directory)
      let token = try #require(second.firstToken)
      #expect(token != lost)
      let channel = TestChannel(second.address, token: token)
      #expect(
        try await AccessServiceClient(channel).getCaller(GetCallerRequest()).principalName == "administrator")
      await channel.close()
      let stranger = TestChannel(second.address, token: lost)
      await #expect(throws: Status.self) {
        _ = try await AccessServiceClient(stranger).getCaller(GetCallerRequest())
      }
      await stranger.close()
      #expect(await second.stop())
    }
  }

  @Test func refusesATokenFileThatCannotBe() async throws {
    try await Scratch.with { directory in
      try FileManager.default.createDirectory(
        atPath: directory + "/folder", withIntermediateDirectories: true)
      for path in ["/proc/yizhan", directory + "/nowhere/token", directory + "/folder"] {
        let error = #expect(throws: StartError.self) { try TokenFile.check(path) }
        #expect(error?.exitCode == 73)
      }
      // What can be leaves no trace of the question, and an old file in its place.
      try TokenFile.check(directory + "/token")
      #expect(!FileManager.default.fileExists(atPath: directory + "/token"))
      try TokenFile.write("old", to: directory + "/token")
      try TokenFile.check(directory + "/token")
      #expect(FileManager.default.contents(atPath: directory + "/token") == Data("old\n".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["folder", "token"])
    }
  }

  @Test func refusesADirectoryInUse() async throws {
    try await Scratch.with { directory in
      let host = try await start(directory)
      let error = await refusal(directory)
      guard case .dataDirectoryInUse = error else { return #expect(Bool(false), "\(error as Any)") }
      #expect(error?.exitCode == 75)
      #expect(error?.description.contains("--data") == true)
      #expect(await host.stop())
    }
  }

  @Test func refusesADirectoryThatCannotBe() async throws {
    let error = await refusal("/proc/yizhan")
    guard case .dataDirectoryUnusable = error else { return #expect(Bool(false), "\(error as Any)") }
    #expect(error?.exitCode == 73)
  }

  @Test func refusesPortsInUseAndLetsEverythingGo() async throws {
    try await Scratch.with { directory in
      let host = try await start(directory, ["metrics": "127.0.0.1:0"])
      let metrics = try #require(host.metricsAddress)
      for (key, address) in [("listen", host.address), ("metrics", metrics)] {
        let error = await refusal(directory + "-other", [key: "\(address)"])
        guard case .addressInUse(let named, _) = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(named == key)
        #expect(error?.exitCode == 75)
      }
      // A refused start has let its data directory go.
      let other = try await start(directory + "-other")
      #expect(other.firstToken != nil)
      #expect(await other.stop())
      #expect(await host.stop())
    }
  }

  @Test func refusesANewerSchema() async throws {
    try await Scratch.with { directory in
      let later = try await start(directory, modules: [LaterEchoModule()])
      #expect(await later.stop())
      let error = await refusal(directory)
      guard case .schemaTooNew = error else { return #expect(Bool(false), "\(error as Any)") }
      #expect(error?.exitCode == 65)
      #expect(error?.description.contains("newer program") == true)
    }
  }

  @Test func drainsWithACallInFlight() async throws {
    try await Scratch.with { directory in
      let host = try await start(directory)
      let channel = TestChannel(host.address, token: try #require(host.firstToken))
      EchoGate.shared.close()
      async let reply = EchoClient(channel).call("Put", "wait")
      while !EchoGate.shared.isReached { try await Task.sleep(for: .milliseconds(5)) }

      async let isDrained = host.stop()
      while host.core.health.isServing { try await Task.sleep(for: .milliseconds(1)) }
      try await Task.sleep(for: .milliseconds(100))
      // New connections find nobody, while the accepted call goes on.
      let late = TestChannel(host.address, token: "x")
      await #expect(throws: Status.self) { _ = try await EchoClient(late).call("Get", "x") }
      await late.close()
      EchoGate.shared.open()
      #expect(try await reply.count == 36)
      #expect(await isDrained)
      await channel.close()
    }
  }
}
