import RPC
import Testing
import Wire

@testable import yizhan

@Suite struct CompletionTests {
  private func complete(_ words: String...) async throws -> [String] {
    let outcome = try await FakeServer().run(["__complete"] + words)
    #expect(outcome.code == .ok && outcome.error.isEmpty)
    return outcome.output.split(separator: "\n").map { String($0.split(separator: "\t")[0]) }
  }

  @Test func modulesAndCommandsComeFromTheServer() async throws {
    #expect(try await complete("lo") == ["words", "lockers", "login", "logout"])
    #expect(try await complete("lockers", "list") == ["words", "list", "list-import-errors", "list-sites"])
    #expect(try await complete("-o", "csv", "lockers", "op") == ["words", "open"])
    #expect(try await complete("help", "lockers", "wa") == ["words", "watch"])
  }

  @Test func optionsAndTheirValuesAreKnown() async throws {
    #expect(try await complete("lockers", "list", "--filter.s") == ["words", "--filter.state"])
    #expect(try await complete("lockers", "list", "--filter.state", "b") == ["words", "broken"])
    #expect(
      try await complete("lockers", "list", "--filter.state=") == [
        "words", "--filter.state=free", "--filter.state=taken", "--filter.state=broken",
      ])
    // bash takes the option apart at "=".
    #expect(
      try await complete("lockers", "list", "--output", "=", "js") == [
        "words", "--output=json", "--output=jsonl",
      ])
    #expect(try await complete("--output", "t") == ["words", "table"])
    #expect(try await complete("completions", "z") == ["words", "zsh"])
  }

  @Test func filesAreLeftToTheShell() async throws {
    #expect(try await complete("lockers", "import", "--file", "") == ["files"])
    #expect(try await complete("lockers", "import", "a") == ["files"])
    #expect(try await complete("lockers", "open", "--request", "") == ["files"])
  }

  @Test func withoutAServerTheProgramsOwnWordsStay() async throws {
    let console = MemoryConsole()
    let program = Program(
      console: console, environment: Environment([:]), connect: { _ in throw Status(.unavailable, "down") })
    #expect(await program.run(["__complete", "st"]) == .ok)
    #expect(console.output == "words\nstatus\tShow whether the server is well.\n")
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func scriptsAskTheProgram(shell: String) async throws {
    let outcome = try await FakeServer().run("completions", shell)
    #expect(outcome.code == .ok && outcome.output.contains("yizhan __complete"))
  }

  @Test func anUnknownShellIsRefused() async throws {
    #expect(try await FakeServer().run("completions", "csh").code == .usage)
    #expect(try await FakeServer().run("completions").code == .usage)
  }
}
