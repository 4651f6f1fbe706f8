import ModuleKit
import Testing

@Suite struct FieldSelectionTests {
  private func selected(_ paths: [String]?) throws -> [String] {
    try FieldSelection(
      paths.map { ProtoFieldMask(paths: $0) }, of: ["title": true, "need": false, "contact_phone": true]
    ).names
  }

  /// AIP-134: without a mask, the fields that are set are changed; with one, its fields, also to their defaults.
  @Test func aMaskSaysWhatChanges() throws {
    #expect(try selected(nil) == ["title", "contact_phone"])
    #expect(try selected([]) == ["title", "contact_phone"])
    #expect(try selected(["need"]) == ["need"])
    #expect(try selected(["contact_phone", "title", "title"]) == ["title", "contact_phone"])
  }

  @Test func whatIsNoFieldIsRefused() {
    let error = #expect(throws: Status.self) { try selected(["title", "Need"]) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason == "FIELDS_INVALID")
    #expect(error?.violations.map(\.field) == ["update_mask"])
    #expect(error?.violations.map(\.reason) == ["FIELD_UNKNOWN"])
    #expect(error?.message.contains("title, need, contact_phone") == true)
    let long = #expect(throws: Status.self) { try selected([String(repeating: "x", count: 5000)]) }
    #expect((long?.message.count ?? 0) < 200)
  }

  @Test func anUpdateOfNothingIsRefused() {
    let error = #expect(throws: Status.self) { try FieldSelection(nil, of: ["title": false]) }
    #expect(error?.violations.map(\.reason) == ["NOTHING_TO_CHANGE"])
  }

  @Test func othersAreThoseNotAllowed() throws {
    let selection = try FieldSelection(nil, of: ["title": true, "need": true, "contact_phone": true])
    #expect(selection.others(than: ["need", "place"]) == ["contact_phone", "title"])
    #expect(selection.contains("need"))
    #expect(!selection.contains("place"))
  }
}
