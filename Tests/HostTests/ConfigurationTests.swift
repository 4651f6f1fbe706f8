import Foundation
import Testing

@testable import Host

@Suite struct ConfigurationTests {
  /// Loads with a data directory of the test's own, holding this configuration file.
  private func load(
    file: String? = nil, environment: [String: String] = [:], _ arguments: [String] = []
  ) throws -> ResolvedConfiguration {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    if let file { try Data(file.utf8).write(to: URL(fileURLWithPath: directory + "/yizhan.json")) }
    return try ConfigurationLoader.load(
      arguments: ["--data", directory] + arguments, environment: environment)
  }

  private func error(
    file: String? = nil, environment: [String: String] = [:], _ arguments: [String] = []
  ) -> ConfigurationError? {
    #expect(throws: ConfigurationError.self) {
      _ = try load(file: file, environment: environment, arguments)
    }
  }

  @Test func everyDefaultIsAllowedAndEveryNameIsItsOwn() throws {
    for key in ConfigurationKey.all {
      #expect(key.allows(key.defaultValue), "\(key.name)")
      #expect(key.name.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil)
      #expect(key.meaning.hasSuffix("."))
    }
    #expect(Set(ConfigurationKey.all.map(\.name)).count == ConfigurationKey.all.count)
    let bare = try HostConfiguration(try ConfigurationLoader.load(arguments: [], environment: [:]))
    #expect("\(bare.listen)" == "127.0.0.1:7040")
    #expect(bare.metrics.map { "\($0)" } == "127.0.0.1:7041")
    #expect(bare.dataDirectory == "./yizhan-data")
  }

  @Test func laterSourcesWin() throws {
    let file = #"{"loops": 2, "report-threads": 3, "log-level": "debug", "write-queue": 100}"#
    let environment = ["YIZHAN_REPORT_THREADS": "4", "YIZHAN_LOG_LEVEL": "error", "PATH": "/bin"]
    let resolved = try load(file: file, environment: environment, ["--log-level=warning"])
    func entry(_ key: ConfigurationKey) throws -> ResolvedConfiguration.Entry {
      try #require(resolved.entries.first { $0.key.name == key.name })
    }
    #expect(try entry(.loops).text == "2")
    #expect(try entry(.loops).source.description.hasSuffix("/yizhan.json"))
    #expect(try entry(.reportThreads).text == "4")
    #expect(try entry(.reportThreads).source == .environment("YIZHAN_REPORT_THREADS"))
    #expect(try entry(.logLevel).text == "warning")
    #expect(try entry(.logLevel).source == .flag("--log-level"))
    #expect(try entry(.connections).source == .defaultValue)
  }

  @Test func connectionsAgeOnlyIfWanted() throws {
    #expect(try HostConfiguration(try load()).connectionAge == nil)
    #expect(
      try HostConfiguration(try load(["--connection-age-seconds", "600"])).connectionAge == .seconds(600))
  }

  @Test func takesTheStateDirectoryOfSystemd() throws {
    let environment = ["STATE_DIRECTORY": "/var/lib/yizhan:/var/lib/other"]
    let resolved = try ConfigurationLoader.load(arguments: [], environment: environment)
    #expect(resolved.entries[0].text == "/var/lib/yizhan")
    #expect(resolved.entries[0].source == .stateDirectory)
    let named = try ConfigurationLoader.load(arguments: ["--data=/srv/y"], environment: environment)
    #expect(named.entries[0].text == "/srv/y")
  }

  @Test func refusesUnknownKeysWithASuggestion() {
    let inFile = error(file: #"{"log-levle": "info"}"#)
    #expect(inFile?.description.contains(#""log-levle"; did you mean "log-level"?"#) == true)
    #expect(error(file: #"{"colour": 1}"#)?.description.contains("yizhand config") == true)
    #expect(error(["--lopps", "1"]) == .unknownKey("--lopps", place: "flags", suggestion: "--loops"))
    #expect(
      error(environment: ["YIZHAN_LOG_LEVLE": "info"])
        == .unknownKey("YIZHAN_LOG_LEVLE", place: "environment", suggestion: "YIZHAN_LOG_LEVEL"))
  }

  /// Whoever has exported what the CLI reads can start a host in the same shell.
  @Test func takesWhatTheCommandLineClientReads() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appendingPathComponent("Sources/yizhan").path
    var names: Set<String> = []
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder) where file.hasSuffix(".swift") {
      let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      for match in text.matches(of: /YIZHAN_[A-Z_]+/) { names.insert(String(match.output)) }
    }
    #expect(names.isSuperset(of: ["YIZHAN_SERVER", "YIZHAN_CLIENT_CERTIFICATE", "YIZHAN_TIME_ZONE"]))
    for name in names { _ = try load(environment: [name: "x"]) }
  }

  @Test func namesKeyValueAndWhatIsAllowed() {
    let cases: [(ConfigurationError?, String)] = [
      (error(["--loops", "0"]), "flag --loops: loops is \"0\", but must be a whole number from 1 to 64"),
      (
        error(["--loops", "many"]), "flag --loops: loops is \"many\", but must be a whole number from 1 to 64"
      ),
      (
        error(environment: ["YIZHAN_LOOPS": "65"]),
        "environment YIZHAN_LOOPS: loops is \"65\", but must be a whole number from 1 to 64"
      ),
      (
        error(["--listen", "example.org:1"]),
        "flag --listen: listen is \"example.org:1\", but must be HOST:PORT with a numeric address or localhost,"
          + " such as 127.0.0.1:7040 or [::1]:7040"
      ),
      (
        error(["--log-level"]),
        "flag --log-level needs a value: one of trace, debug, info, notice, warning, error, critical"
      ),
      (error(["--loops=1", "--loops=2"]), "flag --loops is given twice"),
    ]
    for (error, text) in cases { #expect(error?.description == text) }
    #expect(error(file: #"{"loops": "x"}"#)?.description.contains("loops is \"x\"") == true)
    #expect(error(file: #"{"loops": 1.5}"#)?.description.contains("loops is") == true)
    #expect(error(file: #"{"loops": [1]}"#) != nil)
    #expect(error(["serve"]) == .strayArgument("serve"))
  }

  @Test func refusesAFileThatIsNoConfiguration() {
    guard case .fileMalformed = error(file: "{") else {
      return #expect(Bool(false), "a broken file was read")
    }
    guard case .fileMalformed = error(file: "[1]") else { return #expect(Bool(false), "a list was read") }
    #expect(throws: ConfigurationError.fileMissing("/nowhere/y.json")) {
      _ = try ConfigurationLoader.load(arguments: [], environment: [:], file: "/nowhere/y.json")
    }
  }

  @Test func listensOnLoopbackUnlessToldOtherwise() throws {
    for (arguments, key) in [(["--listen=0.0.0.0:1"], "listen"), (["--metrics=[::]:1"], "metrics")] {
      let resolved = try load(arguments)
      let error = #expect(throws: ConfigurationError.self) { _ = try HostConfiguration(resolved) }
      guard case .insecureAddress(let named, _) = error else { return #expect(Bool(false)) }
      #expect(named == key)
      let allowed = try load(arguments + ["--insecure-listen-anywhere", "true"])
      _ = try HostConfiguration(allowed)
    }
    for address in ["127.0.0.1:0", "127.8.9.10:65535", "[::1]:5", "localhost:80"] {
      _ = try HostConfiguration(try load(["--listen", address]))
    }
  }

  @Test(arguments: [
    "", ":1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1",
    "256.0.0.1:1", "::1:1", "[127.0.0.1]:1", "host:1",
  ])
  func readsNoOtherAddresses(text: String) {
    #expect(HostAndPort(text) == nil)
  }

  @Test func printsEveryKeyAndAFileThatReadsBack() throws {
    let resolved = try load(["--loops=3"])
    let table = ConfigCommand.table(resolved)
    for key in ConfigurationKey.all {
      #expect(table.contains("\(key.name) = "))
      #expect(table.contains(key.meaning))
      #expect(table.contains(key.environmentName))
    }
    #expect(table.contains("loops = 3    (flag --loops)"))
    let again = try load(file: ConfigCommand.file(resolved))
    #expect(again.text(.loops) == "3")
  }

  @Test func editDistancesAreLevenshteins() {
    // The standard examples of the literature.
    #expect(EditDistance.between("kitten", "sitting") == 3)
    #expect(EditDistance.between("flaw", "lawn") == 2)
    #expect(EditDistance.between("", "abc") == 3)
    #expect(EditDistance.between("same", "same") == 0)
  }
}
