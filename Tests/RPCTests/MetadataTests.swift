import RPC
import Testing

/// Metadata as the gRPC protocol describes it under "Custom-Metadata"; base64 examples from RFC 4648, section 10.
struct MetadataTests {
  @Test func duplicatesKeepTheirOrder() {
    var metadata: Metadata = ["b": "1", "A": "2", "b": "3"]
    #expect(metadata.all("b") == ["1", "3"])
    #expect(metadata["B"] == "1")
    #expect(metadata.fields.map(\.name) == ["b", "a", "b"])
    metadata["b"] = "4"
    #expect(metadata.all("b") == ["4"])
    metadata["b"] = nil
    #expect(metadata.fields.map(\.name) == ["a"])
    #expect(metadata["missing"] == nil)
  }

  @Test(arguments: [
    ("", ""), ("Zg", "f"), ("Zg==", "f"), ("Zm8", "fo"), ("Zm8=", "fo"), ("Zm9v", "foo"),
    ("Zm9vYg==", "foob"),
    ("Zm9vYmE=", "fooba"), ("Zm9vYmFy", "foobar"),
  ])
  func base64IsReadWithAndWithoutPadding(text: String, expected: String) throws {
    #expect(try received("x-bin", text).allBinary("x-bin") == [Array(expected.utf8)])
  }

  @Test(arguments: ["Z", "Zg=", "Zg===", "Zm9v=", "Z!==", "Zg==Zg==", "=", "Zm8 =", "Zm9vYmFyA"])
  func otherTextUnderABinaryNameIsRefused(text: String) {
    #expect(throws: Status.self) { try received("x-bin", text) }
  }

  @Test func joinedBinaryValuesAreSplitBeforeTheyAreDecoded() throws {
    #expect(
      try received("x-bin", "Zg==,Zm8, Zm9v ,").allBinary("x-bin") == [
        [102], [102, 111], [102, 111, 111], [],
      ])
    #expect(try received("x", "a,b").all("x") == ["a,b"])
  }

  @Test(arguments: ["grpc-timeout", "grpc-x", "te", "content-type", ":path", ""])
  func reservedNamesAreNotMetadata(name: String) throws {
    #expect(try received(name, "1").isEmpty)
  }

  @Test func textThatIsNotASCIIIsRepairedNotRefused() throws {
    #expect(try received("x", [0x61, 0xFF, 0x62]).all("x") == ["a\u{FFFD}b"])
    #expect(try received("user-agent", "grpc-go/1").all("user-agent") == ["grpc-go/1"])
  }

  @Test func whatIsSentIsBase64WithoutPadding() throws {
    var metadata: Metadata = ["x-text": "a b~", "x-empty": ""]
    metadata.add("x-bin", binary: Array("foob".utf8))
    metadata.add("x-bin", binary: [])
    var sent: [String] = []
    try metadata.encodeForSending { sent.append("\($0)=\(String(decoding: $1, as: UTF8.self))") }
    #expect(sent == ["x-text=a b~", "x-empty=", "x-bin=Zm9vYg", "x-bin="])
  }

  @Test func whatCannotBeSentIsRefused() {
    for metadata in [
      ["grpc-status": "1"], ["a b": "1"], [":path": "1"], ["": "1"], ["ä": "1"], ["x": "a\nb"], ["x": "不"],
    ] as [Metadata] {
      #expect(throws: Status.self) { try metadata.encodeForSending { _, _ in } }
    }
  }

  @Test func everyByteSurvivesTheWire() throws {
    for size in 0..<70 {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ size) }
      var metadata = Metadata()
      metadata.add("x-bin", binary: bytes)
      var sent: [UInt8] = []
      try metadata.encodeForSending { sent = $1 }
      #expect(try received("x-bin", sent).binary("x-bin") == bytes)
    }
  }

  private func received(_ name: String, _ value: String) throws -> Metadata {
    try received(name, Array(value.utf8))
  }

  private func received(_ name: String, _ value: [UInt8]) throws -> Metadata {
    var metadata = Metadata()
    try Array(name.utf8).withUnsafeBufferPointer { name in
      try value.withUnsafeBufferPointer { value in
        let isValid = Result { try Metadata.validateReceived(name: name, value: value) }
        let added = Result { try metadata.addReceived(name: name, value: value) }
        #expect((try? isValid.get()) != nil || (try? added.get()) == nil)
        try added.get()
      }
    }
    return metadata
  }
}
