import Testing

@testable import Wire

@Suite struct DynamicSchemaTests {
  let vectors: DynamicVectors
  init() throws { vectors = try DynamicVectors() }

  private func field(_ name: String) throws -> FieldSchema {
    try #require(try vectors.everything.field(named: name))
  }

  @Test func commentsAreThoseOfTheFile() throws {
    #expect(try vectors.everything.comment == "One field of every kind.")
    #expect(try field("a_string").comment == "The title, as people see it.")
    let light = try #require(vectors.schema.enumeration("fixture.v1.Everything.Light"))
    #expect(light.comment == "How bright it is.\n\nTwo paragraphs.")
    #expect(light.values.map(\.comment) == ["", "Barely.", "", ""])
    let service = try #require(vectors.schema.service("fixture.v1.EverythingService"))
    #expect(service.comment == "Serves the fixture.")
    #expect(
      vectors.schema.comment(ofPackage: "fixture.v1")
        == "Messages that use all of proto3, for the tests of dynamic messages.")
    #expect(vectors.schema.comment(ofPackage: "no.such").isEmpty)
    #expect(service.methods.map(\.comment) == ["Writes everything.", "", ""])
    #expect(try vectors.everything.oneofs.map(\.comment) == ["Exactly one of them."])
  }

  @Test func declarationsOfMethodsAreRead() throws {
    let service = try #require(vectors.schema.service("fixture.v1.EverythingService"))
    let write = service.methods[0]
    #expect(write.path == "/fixture.v1.EverythingService/WriteEverything")
    #expect(write.kind == .write && write.roles == ["PARTNER", "STAFF"] && write.scope == "AREA")
    #expect(!write.isClientStreaming && !write.isServerStreaming)
    #expect(service.methods[1].kind == .stream && service.methods[1].isServerStreaming)
    #expect(service.methods[2].kind == .unspecified && service.methods[2].isClientStreaming)
    #expect(service.package == "fixture.v1")
  }

  @Test func declarationsOfFieldsAreRead() throws {
    let check = try #require(try field("a_string").check)
    #expect(check.isRequired && check.minLength == 1 && check.maxLength == 80 && check.formatName == "PHONE")
    let bounds = try #require(try field("maybe_int32").check)
    #expect(bounds.min == -5 && bounds.max == 5 && !bounds.isRequired)
    let personal = try #require(try field("maybe_string").personal)
    #expect(personal.kind == "NAME" && personal.purpose == "register")
    #expect(personal.retentionDays == 180 && personal.isSensitive)
    #expect(try field("renamed").isDeprecated)
  }

  @Test func presenceFollowsTheLanguage() throws {
    #expect(try !field("an_int32").hasPresence)
    #expect(try field("maybe_int32").hasPresence && field("maybe_int32").oneofIndex == nil)
    #expect(try field("nested").hasPresence && field("choice_number").hasPresence)
    #expect(try vectors.everything.oneofs.map(\.name) == ["choice"])
    #expect(try vectors.everything.oneofs[0].fieldNumbers == [21, 22, 23, 24])
    #expect(try field("numbers").isPacked && !field("loose_numbers").isPacked && !field("strings").isPacked)
  }

  @Test func mapsKnowTheirTypes() throws {
    let entry = try #require(vectors.schema.mapEntry(of: try field("by_sign")))
    #expect(entry.key.kind == .sint64 && entry.value.kind == .double)
    #expect(vectors.schema.mapEntry(of: try field("many")) == nil)
  }

  @Test func settingAMemberOfAOneofUnsetsTheOthers() throws {
    var message = DynamicMessage(try vectors.everything, in: vectors.schema)
    message[try field("choice_text")] = .string("a")
    message[try field("choice_number")] = .int64(0)
    #expect(message["choice_text"] == nil && message["choiceNumber"] == .int64(0))
  }

  @Test func anImportThatIsMissingIsNamed() throws {
    var file = WireWriter()
    file.field(1, "a.proto")
    file.field(12, "proto3")
    var field = WireWriter()
    field.field(1, "x")
    field.tag(3, .varint)
    field.varint(1)
    field.tag(4, .varint)
    field.varint(1)
    field.tag(5, .varint)
    field.varint(11)
    field.field(6, ".no.Such")
    var message = WireWriter()
    message.field(1, "M")
    message.field(2, field.bytes)
    file.field(4, message.bytes)
    #expect(throws: SchemaError.unknownType("no.Such", usedBy: "M.x")) { try Schema(files: [file.bytes]) }
  }

  @Test func editionsAreRefused() {
    var file = WireWriter()
    file.field(1, "a.proto")
    file.field(12, "editions")
    #expect(throws: SchemaError.unsupportedSyntax("editions", file: "a.proto")) {
      try Schema(files: [file.bytes])
    }
  }

  /// The distances are counted by hand.
  @Test(arguments: [
    ("listed", "lisetd", 1), ("state", "stat", 1), ("abc", "abc", 0), ("kitten", "sitting", 3),
  ])
  func distancesAreCounted(left: String, right: String, distance: Int) {
    #expect(Suggestions.distance(Array(left), Array(right)) == distance)
  }

  @Test func nothingFarOffIsSuggested() {
    #expect(Suggestions.nearest(to: "phone", among: ["title", "state"]) == nil)
    #expect(Suggestions.nearest(to: "STATE", among: ["title", "state"]) == "state")
    #expect(Suggestions.nearest(to: "area", among: ["title", "area_code"]) == "area_code")
    #expect(Suggestions.nearest(to: "code", among: ["title", "area_code"]) == "area_code")
  }
}
