import Testing

@testable import Wire

@Suite struct DynamicMessageTests {
  let vectors: DynamicVectors
  init() throws { vectors = try DynamicVectors() }

  @Test func bytesThatPythonWroteAreReadAndWrittenAgain() throws {
    for line in try vectors.values("message") {
      let bytes = try #require(Base64.decode(line[0].utf8))
      #expect(try vectors.decode(bytes).encoded() == bytes, "\(line[0])")
    }
  }

  @Test func mapsOfSeveralEntriesSurviveBothWays() throws {
    for line in try vectors.values("maps") {
      let message = try vectors.decode(try #require(Base64.decode(line[0].utf8)))
      // Python's NaN and ours are equal as bytes only.
      #expect(try vectors.parse(line[1]).encoded() == message.encoded(), "\(line[1])")
      #expect(try vectors.decode(message.encoded()).encoded() == message.encoded())
    }
  }

  @Test func jsonIsWhatPythonWrites() throws {
    for line in try vectors.values("message") + vectors.values("maps") {
      let json = try vectors.decode(try #require(Base64.decode(line[0].utf8))).json()
      #expect(try json.means(JSONValue(parsing: line[1])), "\(json.text()) is not \(line[1])")
      #expect(try JSONValue(parsing: json.text()) == json)
      #expect(try JSONValue(parsing: json.text(indented: true)) == json)
    }
  }

  @Test func jsonThatPythonWroteIsReadAsItsBytes() throws {
    for line in try vectors.values("message") {
      #expect(try Base64.encode(vectors.parse(line[1]).encoded()) == line[0], "\(line[1])")
    }
  }

  @Test func unusualSpellingsOfJSONAreReadAsPythonReadsThem() throws {
    for line in try vectors.values("json") {
      #expect(try Base64.encode(vectors.parse(line[0]).encoded()) == line[1], "\(line[0])")
    }
  }

  @Test func unusualEncodingsAreReadAsPythonReadsThem() throws {
    for line in try vectors.values("bytes") {
      let message = try vectors.decode(try #require(Base64.decode(line[0].utf8)))
      #expect(Base64.encode(message.encoded()) == line[1], "\(line[0])")
    }
  }

  @Test func badJSONIsRefusedWithALocation() throws {
    for line in try vectors.values("badjson") {
      #expect(throws: JSONError.self, "\(line[0])") { try vectors.parse(line[0]) }
    }
  }

  @Test func badBytesAreRefused() throws {
    for line in try vectors.values("badbytes") {
      let bytes = try #require(Base64.decode(line[0].utf8))
      #expect(throws: DecodingError.self, "\(line[0])") { try vectors.decode(bytes) }
    }
  }

  @Test func everyCutOfAMessageIsReadOrRefusedButNeverTraps() throws {
    for line in try vectors.values("message") {
      let bytes = try #require(Base64.decode(line[0].utf8))
      for end in stride(from: 0, to: bytes.count, by: 7) { _ = try? vectors.decode(Array(bytes[..<end])) }
    }
  }

  @Test func nestingBeyondTheLimitIsRefused() throws {
    func nested(_ depth: Int) -> [UInt8] {
      var bytes: [UInt8] = []
      for _ in 0..<depth {
        var writer = WireWriter()
        writer.field(3, bytes)
        bytes = writer.bytes
      }
      var writer = WireWriter()
      writer.field(17, bytes)
      return writer.bytes
    }
    #expect(throws: Never.self) { try vectors.decode(nested(98)) }
    #expect(throws: DecodingError.tooLarge) { try vectors.decode(nested(99)) }
    // A hundred thousand opened groups: each costs a byte or two, so this is what an attacker would send.
    let groups: [UInt8] = (0..<200_000).map { $0 % 2 == 0 ? 0xA3 : 0x06 }
    #expect(throws: DecodingError.self) { try vectors.decode(groups) }
  }

  @Test func moreValuesThanTheLimitAreRefused() throws {
    var writer = WireWriter()
    writer.field(39, [UInt8](repeating: 1, count: 1000))
    let limits = DynamicLimits(values: 999)
    #expect(throws: DecodingError.tooLarge) {
      try DynamicMessage(decoding: writer.bytes, as: vectors.everything, in: vectors.schema, limits: limits)
    }
  }

  @Test func deepJSONIsRefused() {
    let text = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test(arguments: [
    (#"{"many": [{}, {"count": "x"}]}"#, "many[1].count"),
    (#"{"byNumber": {"5": {"nme": 1}}}"#, #"byNumber["5"].nme"#),
    (#"{"nested": {"children": [{"name": 7}]}}"#, "nested.children[0].name"),
    ("{\n  \"aBool\" true}", "line 2, column 11"),
  ])
  func anErrorNamesThePath(json: String, path: String) throws {
    let error = #expect(throws: JSONError.self) { try vectors.parse(json) }
    #expect(error?.path == path)
  }

  @Test func anErrorSuggestsTheNearestName() throws {
    let field = #expect(throws: JSONError.self) { try vectors.parse(#"{"a_strnig": "x"}"#) }
    #expect(field?.message.contains(#"did you mean "aString"?"#) == true)
    let value = #expect(throws: JSONError.self) { try vectors.parse(#"{"light": "LIGHT_BRIHGT"}"#) }
    #expect(value?.message.contains(#"did you mean "LIGHT_BRIGHT"?"#) == true)
  }

  @Test func defaultsAreWrittenWhereAsked() throws {
    let nested = try #require(vectors.schema.message("fixture.v1.Everything.Nested"))
    let empty = DynamicMessage(nested, in: vectors.schema)
    #expect(try empty.json().text() == "{}")
    #expect(
      try empty.json(.init(includesDefaults: true)).text() == #"{"name":"","count":0,"children":[]}"#)
  }

  @Test func protoNamesAreWrittenWhereAsked() throws {
    let message = try vectors.parse(#"{"anInt32": 1}"#)
    #expect(try message.json(.init(usesProtoNames: true)).text() == #"{"an_int32":1}"#)
  }
}
