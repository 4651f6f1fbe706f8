import Testing
import Wire
import WireTestMessages

@Suite("Bounds of memory")
struct ArenaTests {
  /// `count` empty submessages, three bytes each, of a type whose C struct has some 500 bytes.
  private func empties(_ count: Int) -> [UInt8] {
    [UInt8]((0..<count).flatMap { _ in [0x8a, 0x01, 0x00] as [UInt8] })
  }

  private func decode<Value: Message>(_ type: Value.Type, _ bytes: [UInt8], in arena: Arena) throws -> Value {
    try bytes.withUnsafeBytes { try Value(decoding: $0, in: arena) }
  }

  @Test("a message that would grow beyond the limit is refused, and the arena gives the memory back")
  func growth() throws {
    let arena = Arena(limitBytes: 4 << 20)
    #expect(throws: DecodingError.tooLarge) { try decode(Repeateds.self, empties(300_000), in: arena) }
    #expect(arena.reservedBytes <= 1 << 20)
    #expect(try decode(Repeateds.self, empties(100), in: arena).optionals.count == 100)
  }

  @Test("the budget follows the length: small messages cannot take the whole limit")
  func relativeBudget() throws {
    let arena = Arena(limitBytes: 1 << 30)
    // 60,000 bytes may take 64 times as much, 3.84 MB; 20,000 structs of over 500 bytes do not fit.
    #expect(throws: DecodingError.tooLarge) { try decode(Repeateds.self, empties(20_000), in: arena) }
    // What any message may take is enough for a thousand of them in three kilobytes.
    #expect(try decode(Repeateds.self, empties(500), in: arena).optionals.count == 500)
  }

  @Test("Swift's arrays count against the budget")
  func swiftArrays() {
    // 200,000 empty strings take 16 bytes each in C and in Swift.
    let bytes = [UInt8]((0..<200_000).flatMap { _ in [0x72, 0x00] as [UInt8] })
    #expect(throws: DecodingError.tooLarge) {
      try decode(Repeateds.self, bytes, in: Arena(limitBytes: 8 << 20))
    }
    #expect(throws: Never.self) { try decode(Repeateds.self, bytes, in: Arena(limitBytes: 64 << 20)) }
  }

  @Test("a packed field that claims more than there is does not allocate for it")
  func claims() {
    #expect(throws: DecodingError.malformed) {
      try decode(Repeateds.self, [0x1a, 0xff, 0xff, 0xff, 0x7f], in: Arena())
    }
  }

  @Test("one arena serves message after message")
  func reuse() throws {
    let arena = Arena()
    let sample = DecodingTests.sample
    let encoded = sample.encoded()
    for _ in 0..<1000 {
      #expect(try decode(Everything.self, encoded, in: arena) == sample)
      var output: [UInt8] = [7]
      sample.encode(into: &output, in: arena)
      #expect(output == [7] + encoded)
    }
    #expect(arena.reservedBytes <= 64 << 10)
  }

  @Test("a large value is encoded whatever the limit for decoding is")
  func largeValue() throws {
    let value = Repeateds(
      int64: .init(repeating: -1, count: 100_000), bytes: [.init(repeating: 5, count: 3 << 20)])
    let arena = Arena(limitBytes: 1 << 10)
    var output: [UInt8] = []
    value.encode(into: &output, in: arena)
    #expect(output.count > 4_000_000)
    #expect(arena.reservedBytes <= 1 << 20)
    #expect(throws: DecodingError.tooLarge) { try decode(Repeateds.self, output, in: arena) }
    #expect(try Repeateds(decoding: output) == value)
  }

  @Test("submessages that occur again are merged as protobuf says")
  func merging() throws {
    func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
      [number << 3 | 2, UInt8(content.count)] + content
    }
    // A submessage whose oneof is not set, twice: protobuf-c alone refuses it.
    let choices = field(5, Choice(before: 1).encoded()) + field(5, Choice(after: "x").encoded())
    #expect(try Everything(decoding: choices).choice == Choice(before: 1, after: "x"))
    // An empty text overrides a longer one: protobuf-c alone keeps the longer one.
    let texts = field(2, Optionals(string: "x").encoded()) + field(2, Optionals(string: "").encoded())
    #expect(try Everything(decoding: texts).optionals?.string == "")
    // The same member of a oneof again: protobuf-c alone replaces it.
    let members =
      Choice(kind: .scalars(Scalars(int32: 1))).encoded()
      + Choice(kind: .scalars(Scalars(int64: 2))).encoded()
    #expect(try Choice(decoding: members).kind == .scalars(Scalars(int32: 1, int64: 2)))
    // Another member in between ends the first.
    let between =
      Choice(kind: .scalars(Scalars(int32: 1))).encoded() + Choice(kind: .flag(true)).encoded()
      + Choice(kind: .scalars(Scalars(int64: 2))).encoded()
    #expect(try Choice(decoding: between).kind == .scalars(Scalars(int64: 2)))
  }

  @Test("a hundred thousand occurrences of one submessage end, one way or the other")
  func manyOccurrences() {
    let bytes = [UInt8]((0..<100_000).flatMap { _ in [0x1a, 0x02, 0x18, 0x01] as [UInt8] })
    let decoded = try? Everything(decoding: bytes)
    #expect(decoded == nil || decoded?.repeateds?.int32.count == 100_000)
  }
}
