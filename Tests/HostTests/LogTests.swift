import Logging
import Synchronization
import Testing

@testable import Host

@Suite struct LogTests {
  private func line(_ message: Logger.Message, _ metadata: Logger.Metadata = [:]) -> String {
    let written = Mutex("")
    withLogger(written) { $0.info(message, metadata: metadata) }
    return written.withLock { $0 }
  }

  private func withLogger(_ written: borrowing Mutex<String>, _ body: (Logger) -> Void) {
    let lines = Lines()
    body(Logger(label: "test") { _ in LineLogHandler(level: .info) { lines.add($0) } })
    written.withLock { $0 = lines.text }
  }

  private final class Lines: Sendable {
    private let all = Mutex("")
    var text: String { all.withLock { $0 } }
    func add(_ line: String) { all.withLock { $0 += line } }
  }

  @Test func writesOneLineWithSortedValues() {
    let text = line("serving calls", ["b": "2", "a": "x y", "c": ""])
    #expect(
      text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info serving calls a="x y" b=2 c=""\n/)
        != nil)
  }

  @Test func escapesWhatCouldForgeALine() {
    let text = line("a\nb", ["k": "x\n2026 error forged=1", "q": "say \"hi\" \\ \u{1b}[31m"])
    #expect(text.filter { $0 == "\n" }.count == 1)
    #expect(text.contains(#"a\nb"#))
    #expect(text.contains(#"k="x\n2026 error forged=1""#))
    #expect(text.contains(#"q="say \"hi\" \\ \u{1b}[31m""#))
  }

  @Test func writesTimesAsRFC3339() {
    // `date -u -d @1767574800` and the leap day before 2000-03-01.
    #expect(LogTime.text(seconds: 1_767_574_800, milliseconds: 7) == "2026-01-05T01:00:00.007Z")
    #expect(LogTime.text(seconds: 951_782_400, milliseconds: 0) == "2000-02-29T00:00:00.000Z")
  }
}
