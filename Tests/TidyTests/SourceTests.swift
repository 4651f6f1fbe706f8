import Testing

/// Rules about the text of the sources that neither compiler nor formatter knows.
@Suite struct SourceTests {
  let house = House()

  private func sources(_ folders: [String] = ["Sources", "Plugins"]) -> [String] {
    folders.flatMap { house.files(below: $0, ending: ".swift") }.filter { !$0.contains("/Generated/") }
  }

  @Test func filesStayReadable() throws {
    for file in sources(["Sources", "Plugins", "Tests"]) {
      let lines = try house.text(file).split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= 401, "\(file) has \(lines.count) lines: split it")
    }
  }

  @Test func noUnfinishedOrSilencedCode() throws {
    let banned = ["TODO", "FIXME", "// XXX", "try!", "as!", "swift-format-ignore", "HACK"]
    for file in sources() {
      for (number, line) in try lines(file) {
        for word in banned where line.contains(word) {
          Issue.record("\(file):\(number) has \(word)")
        }
      }
    }
  }

  @Test func serverTargetsDoNotPrint() throws {
    for file in sources()
    where !["yizhan", "ProtoGen", "Host", "ModuleTesting"].contains(where: {
      file.hasPrefix("Sources/\($0)/")
    }) {
      for (number, line) in try lines(file) where line.contains(" print(") {
        Issue.record("\(file):\(number) prints; use the logger")
      }
    }
  }

  /// An unchecked claim needs its reason in the comment above it or on its line.
  @Test func uncheckedClaimsGiveTheirReason() throws {
    for file in sources() {
      let all = try lines(file)
      for (index, (number, line)) in all.enumerated()
      where (line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)")) && !isComment(line)
      {
        var above = index - 1
        while above >= 0, all[above].1.drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
        let reasoned = line.contains("//") || (above >= 0 && isComment(all[above].1))
        #expect(reasoned, "\(file):\(number) claims safety without a sentence that says why")
      }
    }
  }

  /// SQL text never holds a value: no interpolation inside a statement.
  @Test func noStatementIsInterpolated() throws {
    let verbs = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "]
    for file in sources(["Plugins"]) {
      for (number, line) in try lines(file) where line.contains("\\(") && verbs.contains(where: line.contains)
      {
        Issue.record("\(file):\(number) puts a value into SQL text; bind it")
      }
    }
  }

  /// A module that made a scope could reach another module's tables; see `ModuleScope`.
  @Test func modulesMakeNoScopes() throws {
    for file in sources(["Plugins"]) {
      for (number, line) in try lines(file) where line.contains("ModuleScope(") && !isComment(line) {
        Issue.record("\(file):\(number) makes a scope; the host gives each module its own")
      }
    }
  }

  /// A release build, which compiles a target as one, may find `stat` in Foundation's C headers and refuse it, where a
  /// debug build does not. `FileFacts` is in a target without Foundation.
  @Test func filesAreAskedThroughFileFacts() throws {
    for file in sources(["Sources/Host", "Sources/ModuleTesting", "Plugins"]) {
      for (number, line) in try lines(file) where line.contains(" stat()") && !isComment(line) {
        Issue.record("\(file):\(number) uses stat; ask FileFacts")
      }
    }
  }

  private func lines(_ file: String) throws -> [(Int, String)] {
    try house.text(file).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .map { ($0.offset + 1, String($0.element)) }
  }

  private func isComment(_ line: String) -> Bool {
    line.drop { $0 == " " }.hasPrefix("//")
  }
}
