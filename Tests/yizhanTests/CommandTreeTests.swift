import RPC
import Testing
import Wire

@testable import yizhan

@Suite struct CommandTreeTests {
  @Test func commandsAreNamedAfterMethodsWithoutTheModulesNoun() async throws {
    let catalogue = Catalogue(try FakeServer().schema)
    #expect(catalogue.modules.map(\.name) == ["lockers"])
    #expect(
      catalogue.modules.first?.commands.map(\.name) == [
        "delete", "get", "get-import", "get-site-import", "import", "list", "list-import-errors",
        "list-sites", "open",
        "watch",
      ])
    #expect(catalogue.module("LOCKERS")?.command("open-locker")?.method.name == "OpenLocker")
    #expect(catalogue.module("lockers")?.command("get_import")?.service.name == "LockerService")
  }

  @Test(arguments: [
    ("ListAreas", ["list", "areas"]), ("GetGBCode", ["get", "gb", "code"]), ("Watch", ["watch"]),
    ("EXIF", ["exif"]), ("PartyMembership", ["party", "membership"]),
  ])
  func namesAreTakenApart(name: String, words: [String]) { #expect(Words.split(name) == words) }

  /// Some servers hand out a file alone, others with all its imports (grpc's reflection documentation allows
  /// both).
  @Test(arguments: [true, false]) func reflectionGathersEveryImport(transitive: Bool) async throws {
    let server = try FakeServer(fullyTransitive: transitive)
    let outcome = await server.run("modules", "-o", "csv")
    #expect(
      outcome.output
        == "module,package,commands,about\r\n"
        + "lockers,yizhan.lockers.v1,10,A module that the CLI has never heard of: delivery lockers\r\n")
    #expect(outcome.code == .ok)
  }

  @Test func helpOfAModuleComesFromItsComments() async throws {
    let outcome = try await FakeServer().run(
      "lockers", "--help", console: MemoryConsole(columns: 120), environment: ["NO_COLOR": "1"])
    #expect(outcome.code == .ok)
    let beginning = """
      A module that the CLI has never heard of: delivery lockers.

      Lockers at stations and gates. A locker that the caller may not see is NOT_FOUND.

      Staff open any of them.

      The sites that lockers stand at.

      Usage: yizhan lockers COMMAND [OPTIONS]
      """
    #expect(outcome.output.hasPrefix(beginning), "\(outcome.output)")
    #expect(outcome.output.contains("  list                Lists lockers, by name\n"))
  }

  @Test func helpOfACommandHasMeaningTypeLimitsAndRoles() async throws {
    let text = try await FakeServer().run("lockers", "open", "--help").output
    #expect(text.contains("Opens a locker for a time. Fails with FAILED_PRECONDITION (LOCKER_BROKEN)"))
    #expect(text.contains("yizhan lockers open [LOCKER-ID] [OPTIONS]"))
    #expect(text.contains("--duration DURATION"))
    #expect(text.contains("How long it stays open. Required."))
    #expect(text.contains("From 1 to 9."))
    #expect(text.contains("--wanted STATE"))
    #expect(text.contains("One of: free, taken, broken."))
    #expect(text.contains("Personal data, kept for: fulfilment."))
    #expect(text.contains("--request.token TEXT"))
    #expect(text.contains("--idempotency-key KEY"))
    #expect(text.contains("STAFF, PARTNER, ADMINISTRATOR; what belongs to their area"))
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  @Test(arguments: [
    (["lockers", "lsit"], "did you mean: yizhan lockers list"),
    (["locker", "list"], "did you mean: yizhan lockers"),
    (["lockers", "list", "--page-sze", "5"], "did you mean --page-size?"),
    (["lockers", "list", "--filter.state", "brokne"], "did you mean broken?"),
    (["lockers", "list", "extra"], "see: yizhan lockers list --help"),
    (
      ["lockers", "open", "--shelf", "x"],
      "yizhan: --shelf is a whole number from -2147483648 to 2147483647, not \"x\""
    ),
    (["lockers", "open", "1"], "yizhan: missing: --duration DURATION"),
    (["lockers", "get"], "yizhan: missing: --locker-id ID"),
    (["--no-such"], "unknown option --no-such"),
    (["lockers", "get", "--locker-id"], "--locker-id needs a value"),
    (["lockers", "get", "1", "--output", "xml"], "one of: table, json, jsonl, csv"),
    (["status", "--server", "ftp://x"], "give HOST:PORT"),
    (["status", "--time-zone", "Mars"], "no time zone \"Mars\""),
  ])
  func mistakesOnTheCommandLineAreExplained(arguments: [String], expected: String) async throws {
    let outcome = try await FakeServer().run(arguments)
    #expect(outcome.code == .usage)
    #expect(outcome.error.contains(expected), "\(outcome.error)")
    #expect(outcome.output.isEmpty)
  }

  @Test func withoutArgumentsThereIsAnOverview() async throws {
    let outcome = try await FakeServer().run()
    #expect(outcome.code == .ok && outcome.output.contains("yizhan MODULE COMMAND [OPTIONS]"))
    #expect(
      try await FakeServer().run("help", "exit-codes").output.contains("  69   The server cannot be reached"))
    #expect(
      try await FakeServer().run("help", "exit-codes").output.contains("  74   A file could not be written"))
    #expect(try await FakeServer().run("--version").output == "yizhan \(Version.text)\n")
  }

  @Test func statusAsksTheHealthService() async throws {
    let outcome = try await FakeServer().run("status", "-o", "json", "--server", "example:99")
    #expect(outcome.code == .ok)
    let json = try JSONValue(parsing: outcome.output)
    #expect(json["state"]?.string == "SERVING" && json["server"]?.string == "example:99")
  }
}
