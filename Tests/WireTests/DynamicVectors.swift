import Glibc
import Testing

@testable import Wire

/// What Python's protobuf says of messages of Tests/Fixtures/Dynamic/everything.proto; made by
/// make_vectors.py in that folder.
struct DynamicVectors {
  let schema: Schema
  private let lines: [(kind: Substring, values: [String])]

  init() throws {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    let path = (folder + ["Fixtures", "Dynamic", "vectors.txt"]).joined(separator: "/")
    let file = try #require(fopen(path, "r"), "\(path) is missing")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      return (parts[0], parts.dropFirst().map(String.init))
    }
    let descriptors = try #require(lines.first { $0.kind == "schema" }?.values.first)
    schema = try Schema(fileDescriptorSet: try #require(Base64.decode(descriptors.utf8)))
  }

  var everything: MessageSchema { get throws { try #require(schema.message("fixture.v1.Everything")) } }

  /// The lines of one kind; fails where there are none, so that no test passes over nothing.
  func values(_ kind: String) throws -> [[String]] {
    let found = lines.filter { $0.kind == kind }.map(\.values)
    try #require(!found.isEmpty)
    return found
  }

  func decode(_ bytes: [UInt8]) throws -> DynamicMessage {
    try DynamicMessage(decoding: bytes, as: everything, in: schema)
  }

  func parse(_ json: String) throws -> DynamicMessage {
    try DynamicMessage(json: JSONValue(parsing: json), as: everything, in: schema)
  }
}

extension JSONValue {
  /// Whether two values mean the same: members in any order, numbers by value.
  func means(_ other: JSONValue) -> Bool {
    switch (self, other) {
    case (.number(let left), .number(let right)): Double(left) == Double(right)
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
    case (.object(let left), .object(let right)):
      left.count == right.count
        && left.allSatisfy { member in other[member.name].map(member.value.means) ?? false }
    default: self == other
    }
  }
}
