import ModuleKit
import Testing

@Suite struct PageTests {
  @Test(arguments: [(0, 50), (1, 1), (1000, 1000), (1001, 1000), (Int32.max, 1000)])
  func sizes(asked: Int32, given: Int) throws {
    #expect(try Page(size: asked, token: "", query: []).limit == given)
  }

  @Test func aNegativeSizeIsRefused() throws {
    let error = #expect(throws: Status.self) { try Page(size: -1, token: "", query: []) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.violations.first?.field == "page_size")
  }

  @Test func aTokenCarriesItsKey() throws {
    let keys = [
      ["", "018f3c5e"], ["瀍河回族区", String(repeating: "x", count: 255)], ["a\u{0}b", "\u{10FFFF}"],
    ]
    for key in keys {
      let token = try Page(size: 2, token: "", query: ["q"], keyCount: 2).nextToken(after: key)
      #expect(try Page(size: 9, token: token, query: ["q"], keyCount: 2).cursor == key)
      #expect(
        token.utf8.allSatisfy {
          $0 == 45 || $0 == 95 || (48...57).contains($0) || (65...90).contains($0 & 0xdf)
        })
    }
  }

  /// A list by number does not begin anew because a token's part is none.
  @Test func aNumberIsReadOrRefused() throws {
    let first = try Page(size: 2, token: "", query: ["q"])
    #expect(try first.cursorNumber() == nil)
    for number in [0, 17, Int64.max] {
      let page = try Page(size: 2, token: first.nextToken(after: ["\(number)"]), query: ["q"])
      #expect(try page.cursorNumber() == number)
    }
    for text in ["", "x", "1.5", " 1", "9223372036854775808"] {
      let page = try Page(size: 2, token: first.nextToken(after: [text]), query: ["q"])
      let error = #expect(throws: Status.self) { try page.cursorNumber() }
      #expect(error?.violations.first?.reason == "PAGE_TOKEN_INVALID")
    }
  }

  @Test func aTokenIsBoundToItsQuery() throws {
    let token = try Page(size: 2, token: "", query: ["ab", "c"]).nextToken(after: ["k"])
    for query in [["ab", "d"], ["a", "bc"], ["abc"], ["ab", "c", ""], []] {
      let error = #expect(throws: Status.self) { try Page(size: 2, token: token, query: query) }
      #expect(error?.violations.first?.reason == "PAGE_TOKEN_INVALID")
    }
    #expect(throws: Status.self) { try Page(size: 2, token: token, query: ["ab", "c"], keyCount: 2) }
  }

  /// Each single change of a token, and each shorter one, is refused.
  @Test func aDamagedTokenIsRefused() throws {
    let token = try Page(size: 2, token: "", query: ["q"]).nextToken(after: ["410304"])
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for index in token.indices {
      for character in alphabet where character != token[index] {
        var damaged = token
        damaged.replaceSubrange(index...index, with: [character])
        #expect(throws: Status.self, "\(damaged)") { try Page(size: 2, token: damaged, query: ["q"]) }
      }
      #expect(throws: Status.self) { try Page(size: 2, token: String(token[..<index]) + "=", query: ["q"]) }
    }
    for text in ["x", "====", "%00", "瀍", String(repeating: "A", count: 5000)] {
      #expect(throws: Status.self) { try Page(size: 2, token: text, query: ["q"]) }
    }
  }

  @Test func cutLeavesAPageAndNamesTheNext() throws {
    let page = try Page(size: 3, token: "", query: [])
    var three = [1, 2, 3]
    #expect(page.cut(&three) { ["\($0)"] } == "")
    #expect(three == [1, 2, 3])
    var four = [1, 2, 3, 4]
    let next = page.cut(&four) { ["\($0)"] }
    #expect(four == [1, 2, 3])
    #expect(try Page(size: 3, token: next, query: []).cursor == ["3"])
  }

  @Test func longEntriesEndAPageSooner() throws {
    let page = try Page(size: 3, token: "", query: [])
    let half = Page.maximumSizeBytes / 2
    var sizes = [half, half, 1]
    #expect(page.cut(&sizes, sizeBytes: { $0 }) { ["\($0)"] } == page.nextToken(after: ["\(half)"]))
    #expect(sizes == [half, half])
    // One that is longer than a page goes out alone.
    sizes = [8 * half, 1]
    #expect(page.cut(&sizes, sizeBytes: { $0 }) { ["\($0)"] } == page.nextToken(after: ["\(8 * half)"]))
    #expect(sizes == [8 * half])
    // Short ones are cut by their number, or not at all.
    sizes = [1, 2, 3, 4]
    #expect(page.cut(&sizes, sizeBytes: { $0 }) { ["\($0)"] } == page.nextToken(after: ["3"]))
    #expect(sizes == [1, 2, 3])
    #expect(page.cut(&sizes, sizeBytes: { $0 }) { ["\($0)"] } == "")
    sizes = []
    #expect(page.cut(&sizes, sizeBytes: { $0 }) { ["\($0)"] } == "")
  }

  /// The same token in every process and for ever: clients keep them across restarts. Worked out with Python
  /// from FNV-1a of 64 bits and the finalizer of MurmurHash3.
  @Test func tokensStayTheSame() throws {
    let token = try Page(size: 1, token: "", query: ["q"]).nextToken(after: ["410304"])
    #expect(token == "T2wh8eD7KD8GNDEwMzA0yKeb9gdQGgQ")
  }

  /// Seconds and nanoseconds as google.protobuf.Timestamp's own comments define them.
  @Test(
    arguments: [
      (0, 0, 0), (1, 0, 1_000_000), (-1, -1, 999_000_000), (-1000, -1, 0),
      (1_767_574_800_123, 1_767_574_800, 123_000_000),
    ] as [(Int64, Int64, Int32)])
  func timestamps(milliseconds: Int64, seconds: Int64, nanos: Int32) {
    let timestamp = ProtoTimestamp(Instant(milliseconds: milliseconds))
    #expect(timestamp == ProtoTimestamp(seconds: seconds, nanos: nanos))
    #expect(Instant(timestamp) == Instant(milliseconds: milliseconds))
  }

  @Test func timestampsOutOfRangeAreNone() {
    #expect(Instant(ProtoTimestamp(seconds: 253_402_300_800, nanos: 0)) == nil)
    #expect(Instant(ProtoTimestamp(seconds: -62_135_596_801, nanos: 0)) == nil)
    #expect(Instant(ProtoTimestamp(seconds: 0, nanos: -1)) == nil)
    #expect(Instant(ProtoTimestamp(seconds: 0, nanos: 1_000_000_000)) == nil)
    #expect(Instant(ProtoTimestamp(seconds: .max, nanos: 0)) == nil)
    #expect(Instant(ProtoTimestamp(seconds: 1, nanos: 1_999_999)) == Instant(milliseconds: 1001))
  }
}
