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

  /// Where a guess is wrong shows in the time of a comparison that stops there. What the cache of credentials keeps of a
  /// caller's header is compared in constant time; only its length is looked at besides.
  @Test func theCacheComparesHeadersInConstantTime() throws {
    let code = try lines("Sources/Host/Access/CredentialCache.swift").map(\.1).filter { !isComment($0) }
    let text = code.joined().filter { !$0.isWhitespace }
    let allowed = ["({", "{"].map { ".withUnsafeBufferPointer\($0)ConstantTime.areEqual(" }
    var comparisons = 0
    for use in parts(of: text, after: "].header") {
      if allowed.contains(where: { use.hasPrefix($0) }) {
        comparisons += 1
      } else if !use.hasPrefix(".count==header.count") {
        Issue.record("CredentialCache.swift uses a header otherwise than in constant time: \(use.prefix(60))")
      }
    }
    #expect(comparisons >= 2, "a look-up of a credential, and whether it is known")
  }

  /// The same holds for what else is secret, or is a secret's hash, in the folder that deals with credentials; the
  /// database looks hashes up, of which a caller cannot choose the beginning.
  @Test func secretsAreComparedInConstantTime() throws {
    let secrets: Set<String> = ["header", "secret", "token", "tokenHash", "keyHash", "publicKeyHash", "key"]
    for file in sources(["Sources/Host/Access"]) where !file.hasSuffix("/ConstantTime.swift") {
      for (number, line) in try lines(file) where !isComment(line) {
        let words = line.split(separator: " ")
        for (index, word) in words.enumerated() where word == "==" || word == "!=" {
          let places = [index - 1, index + 1].filter { words.indices.contains($0) }
          let operands = places.map { lastName(of: words[$0]) }
          if !operands.contains("nil"), let secret = operands.first(where: { secrets.contains($0) }) {
            Issue.record("\(file):\(number) compares \(secret) with \(word); use ConstantTime")
          }
        }
        for banned in ["elementsEqual(", "memcmp("] where line.contains(banned) {
          Issue.record("\(file):\(number) has \(banned); use ConstantTime")
        }
      }
    }
  }

  /// What stands behind each place of a mark in a text.
  private func parts(of text: String, after mark: String) -> [Substring] {
    text.ranges(of: mark).map { text[$0.upperBound...] }
  }

  /// The last name of an operand such as `slots[index].header`, without what brackets it.
  private func lastName(of operand: Substring) -> String {
    let names = operand.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
    return names.last?.split(separator: ".").last.map(String.init) ?? ""
  }

  private func lines(_ file: String) throws -> [(Int, String)] {
    try house.text(file).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .map { ($0.offset + 1, String($0.element)) }
  }

  private func isComment(_ line: String) -> Bool {
    line.drop { $0 == " " }.hasPrefix("//")
  }
}
