import Testing
import Wire
import WireTestMessages

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

@Suite("Decoding and encoding")
struct DecodingTests {
  @Test("protobuf.dev's own examples")
  func publishedExamples() throws {
    // "Encoding": 150 is 96 01, "testing" is 07 74 65 73 74 69 6e 67, 3, 270, 86942 pack to 06 03 8e 02 9e a7 05.
    let scalars = Scalars(int32: 150, string: "testing")
    #expect(scalars.encoded() == [0x18, 0x96, 0x01, 0x72, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67])
    #expect(try Scalars(decoding: scalars.encoded()) == scalars)
    let packed: [UInt8] = [0x1a, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05]
    #expect(try Repeateds(decoding: packed) == Repeateds(int32: [3, 270, 86942]))
    #expect(Repeateds(int32: [3, 270, 86942]).encoded() == packed)
    // Zigzag: -1 is 1, 1 is 2, -2 is 3.
    #expect(Scalars(sint32: -2).encoded() == [0x38, 0x03])
    // A negative int32 takes ten bytes.
    #expect(Scalars(int32: -1).encoded() == [0x18] + [UInt8](repeating: 0xff, count: 9) + [0x01])
  }

  @Test("presence survives, also of what is empty")
  func presence() throws {
    let set = Optionals(
      double: 0, int32: 0, bool: false, string: "", bytes: [], colour: .unspecified, scalars: Scalars())
    let back = try Optionals(decoding: set.encoded())
    #expect(back == set)
    #expect(back.string == "" && back.bytes == [] && back.float == nil)
    #expect(try Optionals(decoding: []) == Optionals())
  }

  @Test("enums are open")
  func openEnums() throws {
    #expect(try Scalars(decoding: [0x80, 0x01, 77]).colour == .unrecognized(77))
    #expect(Scalars(colour: .unrecognized(77)).encoded() == [0x80, 0x01, 77])
    #expect(Colour.crimson == .red)
    #expect(Colour(rawValue: -5) == .ultraviolet)
    #expect(Colour.allCases.map(\.rawValue) == [0, 1, 2, -5, .max])
  }

  @Test("a oneof keeps the last member that occurs")
  func oneofs() throws {
    let bytes = Choice(kind: .text("x")).encoded() + Choice(kind: .number(5)).encoded()
    #expect(try Choice(decoding: bytes).kind == .number(5))
    #expect(
      try Choice(decoding: Choice(kind: .nothing(ProtoEmpty())).encoded()).kind == .nothing(ProtoEmpty()))
    #expect(try Choice(decoding: Choice(kind: .flag(false)).encoded()).kind == .flag(false))
  }

  @Test("U+0000, four-byte characters and unnormalised texts survive as they are")
  func texts() throws {
    for text in ["a\0b", "\0", "😀🏮", "e\u{301}", "\u{e9}", "\u{10ffff}", String(repeating: "驿", count: 5000)]
    {
      let back = try Scalars(decoding: Scalars(string: text).encoded()).string
      #expect(Array(back.utf8) == Array(text.utf8))
    }
  }

  @Test(
    "texts that are not UTF-8 are refused",
    arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe9, 0xa9]] as [[UInt8]]
  )
  func invalidUTF8(bad: [UInt8]) {
    let field = [0x72, UInt8(bad.count)] + bad
    #expect(throws: DecodingError.invalidUTF8) { try Scalars(decoding: field) }
    #expect(throws: DecodingError.invalidUTF8) {
      try Everything(decoding: [0x0a, UInt8(field.count)] + field)
    }
  }

  @Test(
    "broken bytes are refused",
    arguments: [
      [0x08], [0x18], [0x18, 0x80], [0x72, 0x05, 0x61], [0x00, 0x01], [0x0b], [0x0f],
      [0x18] + [UInt8](repeating: 0xff, count: 11), [0x72, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x09, 1, 2, 3], [0x72, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    ] as [[UInt8]])
  func malformed(bytes: [UInt8]) {
    #expect(throws: DecodingError.malformed) { try Scalars(decoding: bytes) }
  }

  @Test("every prefix of a message is a message or an error")
  func prefixes() {
    let full = Self.sample.encoded()
    let arena = Arena()
    for length in 0...full.count {
      let decoded = try? full[..<length].withUnsafeBytes { try Everything(decoding: $0, in: arena) }
      if length == full.count { #expect(decoded == Self.sample) }
    }
  }

  @Test("bytes with accidents are a message or an error")
  func accidents() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(state: seed)
    let full = Self.sample.encoded()
    let arena = Arena()
    var decoded = 0
    for _ in 0..<20_000 {
      var bytes = full
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0 ... .max, using: &random)
      }
      if (try? bytes.withUnsafeBytes { try Everything(decoding: $0, in: arena) }) != nil { decoded += 1 }
    }
    #expect(decoded > 0, "seed \(seed)")
  }

  @Test("names that mean something in Swift or C do no harm")
  func awkwardNames() throws {
    var names = AwkwardNames(
      default: "1", in: "2", self_: "3", init: "4", base: "5", hasIn: "6", list: ["7"], nList: "8",
      type: "9",
      linux: "10", check: "11", class: "12", raw: "13", arena: "14", c: "15", violations: "16",
      fullName: "17",
      codec: "18")
    names.workerID = "19"
    names.workerIDs = ["20"]
    names.imageURL = "21"
    #expect(try AwkwardNames(decoding: names.encoded()) == names)
    #expect(names.in == "2" && names.hasIn == "6" && names.list == ["7"] && names.nList == "8")
  }

  static let sample = Everything(
    scalars: Scalars(double: 1.5, int64: -1, string: "字\0", bytes: [0, 255], colour: .darkBlue),
    optionals: Optionals(bool: true, scalars: Scalars(float: 2)),
    repeateds: Repeateds(
      double: [1, 2], int32: [1, -1], bool: [true, false], string: ["a", ""], bytes: [[], [1]],
      colour: [.red, .unrecognized(8)], optionals: [Optionals(), Optionals(string: "x")], unpacked: [1, 2]),
    maps: Maps(int32: [1: 2], bool: [true: Scalars(int32: 5)], string: ["k": Choice(kind: .text("v"))]),
    choice: Choice(before: 1, kind: .inner(Choice.Kind(words: ["w"], which: .two("2"))), second: .left(3)),
    standards: Standards(
      timestamp: ProtoTimestamp(seconds: 1, nanos: 2), mask: ProtoFieldMask(paths: ["a.b"]),
      string: ProtoStringValue(value: "s")),
    nested: [
      Everything.Nested(deeper: .init(text: "t"), byName: ["n": .init(choices: [Choice()])], level: .high)
    ],
    largeNumber: 9)
}
