import Foundation
import Privacy
import Testing

@Suite struct HostKeyTests {
  private func refusal(_ text: String, development: Bool = false) -> HostKeyError? {
    #expect(throws: HostKeyError.self) {
      _ = try HostKeyRing(parsing: text, place: "F", allowsDevelopmentKeys: development)
    }
  }

  private func line(_ id: String, _ bytes: [UInt8]) -> String { id + " " + Data(bytes).base64EncodedString() }

  @Test func readsKeysOneALine() throws {
    let text = "# of 2026\n\n" + line("k2", keyBytes(2)) + "\r\n\t" + line("k-1.a_", keyBytes(1)) + "  \n"
    let ring = try HostKeyRing(parsing: text, place: "F", allowsDevelopmentKeys: false)
    #expect(ring.keys.map(\.id) == ["k2", "k-1.a_"])
    #expect(ring.current.id == "k2")
  }

  @Test func aMadeKeyIsReadBack() throws {
    let first = try HostKey.make(id: "k1")
    let second = try HostKey.make(id: "k1")
    #expect(first.line != second.line)
    let words = first.line.split(separator: " ")
    #expect(words.count == 2 && Data(base64Encoded: String(words[1]))?.count == 32)
    _ = try HostKeyRing(parsing: first.line + "\n", place: "F", allowsDevelopmentKeys: false)
  }

  @Test func refusesWhatIsNoKeyInOneLineThatHoldsNoPartOfIt() {
    let good = line("k1", keyBytes(1))
    let secret = Data(keyBytes(1)).base64EncodedString()
    let cases: [(String, HostKeyError)] = [
      ("", .empty(place: "F")), ("# none\n\n", .empty(place: "F")),
      ("k1\n", .lineMalformed(place: "F", line: 1)),
      ("\n\(good) extra\n", .lineMalformed(place: "F", line: 2)),
      ("k1 \(secret.dropLast())!\n", .lineMalformed(place: "F", line: 1)),
      (secret + " k1", .lineMalformed(place: "F", line: 1)),
      ("K1 " + secret, .idInvalid), (line("-k", keyBytes(1)), .idInvalid),
      (line(String(repeating: "k", count: 49), keyBytes(1)), .idInvalid),
      (good + "\n" + line("k1", keyBytes(2)), .idTwice("k1")),
      (line("k1", Array(keyBytes(1).dropLast())), .sizeWrong(id: "k1", bytes: 31)),
      (line("k1", keyBytes(1) + [0]), .sizeWrong(id: "k1", bytes: 33)),
      (line("development-1", keyBytes(1)), .developmentKey(id: "development-1")),
      (String(repeating: "#", count: 16_385), .tooLarge(place: "F", limitBytes: 16_384)),
      (
        (0..<33).map { line("k\($0)", keyBytes(UInt64($0))) }.joined(separator: "\n"),
        .tooMany(place: "F", limit: 32)
      ),
    ]
    for (text, expected) in cases {
      let error = refusal(text)
      #expect(error == expected)
      #expect(error?.description.contains("\n") == false)
      #expect(error?.description.contains(secret.prefix(12)) == false)
    }
  }

  @Test func refusesBytesThatNobodyDrewAtRandom() throws {
    let documented = Array(try #require(Data(base64Encoded: "nUEOW8ci82gahO43ULlsA9V/KKFMlvsVYsg9sAde6XQ=")))
    let weak: [[UInt8]] = [
      Array(repeating: 0, count: 32), Array(repeating: 0xff, count: 32), Array(0..<32),
      (0..<32).map { 250 &- UInt8($0) &* 3 }, Array("changemechangemechangemechangeme".utf8),
      Array("0123456789abcdef0123456789abcdef".utf8),
      (0..<32).map { keyBytes(9)[$0 % 16] }, documented,
    ]
    for bytes in weak {
      guard case .weak(let id, _) = refusal(line("k1", bytes)) else {
        Issue.record("\(bytes) was taken for a key")
        continue
      }
      #expect(id == "k1")
    }
    for seed in 0..<2_000 as Range<UInt64> { _ = try key("k1", seed: seed) }
  }

  @Test func developmentKeysAreForDevelopment() throws {
    let text = line("development-ab", keyBytes(3))
    #expect(try HostKeyRing(parsing: text, place: "F", allowsDevelopmentKeys: true).current.isDevelopment)
  }
}
