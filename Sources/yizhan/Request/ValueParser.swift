import Wire

/// Reads the values of fields from a command line or from the cells of a table.
struct ValueParser: Sendable {
  /// The longest file that a bytes field is read from.
  static let fileLimitBytes = 4 << 20

  let schema: Schema
  /// Whether "@FILE" stands for a file's content; it does not in the cells of a table.
  var readsFiles = true

  /// What is wrong with a value and what is expected, without the field's name.
  struct Problem: Error, Equatable {
    var message: String
    var hint = ""
  }

  /// Reads one value: of a singular field, one element of a repeated one, or one entry of a map.
  /// - Throws: `Problem`, or `UsageError` for a file that cannot be read.
  func value(_ text: String, of field: FieldSchema) throws -> DynamicValue {
    switch field.kind {
    case .string: return .string(text)
    case .bool:
      guard let flag = Self.flag(text) else { throw Problem(message: "is true or false, not \"\(text)\"") }
      return .bool(flag)
    case .bytes: return .bytes(try bytes(text))
    case .enumeration(let index): return .enumeration(try enumeration(text, schema.enums[index]))
    case .message(let index): return .message(try message(text, schema.messages[index]))
    case .double:
      return .double(try number(text, "a number") { Self.isDecimal($0) ? Double($0) : nil })
    case .float:
      return .float(try number(text, "a number") { Self.isDecimal($0) ? Float($0) : nil })
    case .int32, .sint32, .sfixed32: return .int32(try integer(text))
    case .int64, .sint64, .sfixed64: return .int64(try integer(text))
    case .uint32, .fixed32: return .uint32(try integer(text))
    case .uint64, .fixed64: return .uint64(try integer(text))
    }
  }

  /// Reads "key=value" of a map.
  /// - Throws: as `value`.
  func entry(_ text: String, key: FieldSchema, value: FieldSchema) throws -> (DynamicMapKey, DynamicValue) {
    guard let equals = text.firstIndex(of: "=") else {
      throw Problem(message: "is KEY=VALUE, not \"\(text)\"")
    }
    let keyValue = try self.value(String(text[..<equals]), of: key)
    guard let mapKey = DynamicMapKey(keyValue) else { throw Problem(message: "has a key of another type") }
    return (mapKey, try self.value(String(text[text.index(after: equals)...]), of: value))
  }

  static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "y", "1", "是": true
    case "false", "no", "n", "0", "否": false
    default: nil
    }
  }

  private static func isDecimal(_ text: String) -> Bool {
    text.utf8.allSatisfy(Set("0123456789+-.eE".utf8).contains)
  }

  private func number<Number>(_ text: String, _ what: String, _ read: (String) -> Number?) throws -> Number {
    guard let number = read(text) else { throw Problem(message: "is \(what), not \"\(text)\"") }
    return number
  }

  private func integer<Integer: FixedWidthInteger>(_ text: String) throws -> Integer {
    try number(text, "a whole number from \(Integer.min) to \(Integer.max)") { Integer($0) }
  }

  private func bytes(_ text: String) throws -> [UInt8] {
    if readsFiles, text.hasPrefix("@") {
      return try Files.read(String(text.dropFirst()), limitBytes: Self.fileLimitBytes)
    }
    guard let bytes = Base64.decodeLeniently(text.utf8) else {
      throw Problem(message: "is @FILE or base64, not \"\(text)\"")
    }
    return bytes
  }

  private func enumeration(_ text: String, _ type: EnumSchema) throws -> Int32 {
    let choices = EnumChoices(type)
    if let number = choices.number(text) { return number }
    let near = choices.suggestion(for: text).map { "did you mean \($0)? " } ?? ""
    throw Problem(
      message: "has no value \"\(text)\"",
      hint: near + "One of: \(choices.shown.map(\.name).joined(separator: ", "))")
  }

  private func message(_ text: String, _ type: MessageSchema) throws -> DynamicMessage {
    switch type.fullName {
    case "google.protobuf.Timestamp":
      guard let (seconds, nanos) = TimeValue.parse(text) else {
        throw Problem(
          message: "is a time, not \"\(text)\"",
          hint: "for example 2026-01-31, \"2026-01-31 17:30\", 2026-01-31T09:30:00Z, now, now+3d")
      }
      return try parts(type, seconds, nanos)
    case "google.protobuf.Duration":
      guard let duration = DurationValue.parse(text) else {
        throw Problem(message: "is a duration, not \"\(text)\"", hint: "for example 90s, 15m, 2h, 3d, 1h30m")
      }
      let (seconds, attoseconds) = duration.components
      return try parts(type, seconds, Int32(attoseconds / 1_000_000_000))
    case "google.protobuf.FieldMask":
      var mask = DynamicMessage(type, in: schema)
      guard let paths = type.field(named: "paths") else { throw Problem(message: "has no paths") }
      mask[paths] = .list(
        text.split(separator: ",").map { path in
          .string(
            path.split(separator: ".").map { Words.split(String($0)).joined(separator: "_") }.joined(
              separator: "."))
        })
      return mask
    case let name
    where name.hasPrefix("google.protobuf.") && name.hasSuffix("Value") && type.fields.count == 1:
      guard let wrapped = type.fields.first, !wrapped.isRepeated else { break }
      var wrapper = DynamicMessage(type, in: schema)
      wrapper[wrapped] = try value(text, of: wrapped)
      return wrapper
    default: break
    }
    let isJSON = text.first { !$0.isWhitespace }.map { "{[\"".contains($0) } ?? false
    if isJSON || ValueKind.hasTextForm(type) { return try json(text, type) }
    return try shorthand(text, type)
  }

  private func parts(_ type: MessageSchema, _ seconds: Int64, _ nanos: Int32) throws -> DynamicMessage {
    var message = DynamicMessage(type, in: schema)
    if let field = type.field(named: "seconds") { message[field] = .int64(seconds) }
    if let field = type.field(named: "nanos") { message[field] = .int32(nanos) }
    return message
  }

  private func json(_ text: String, _ type: MessageSchema) throws -> DynamicMessage {
    do throws(JSONError) {
      return try DynamicMessage(json: try JSONValue(parsing: text), as: type, in: schema)
    } catch {
      throw Problem(message: "is not a \(type.name) in JSON: \(error)")
    }
  }

  /// Reads "title=kettle,quantity=2": fields without nesting, for short messages.
  private func shorthand(_ text: String, _ type: MessageSchema) throws -> DynamicMessage {
    var message = DynamicMessage(type, in: schema)
    for part in text.split(separator: ",") {
      let halves = part.split(separator: "=", maxSplits: 1).map(String.init)
      let name = halves[0].trimmed
      guard halves.count == 2, let field = type.field(named: name.replacing("-", with: "_")),
        !field.isRepeated
      else {
        let names = type.fields.map(\.name)
        throw Problem(
          message: "is a \(type.name), and \"\(part)\" is not FIELD=VALUE of one",
          hint: Suggestions.nearest(to: name, among: names).map { "did you mean \($0)?" }
            ?? "fields: \(names.joined(separator: ", ")); or give JSON")
      }
      do { message[field] = try value(halves[1], of: field) } catch let problem as Problem {
        throw Problem(message: "has a field \(field.name) that \(problem.message)", hint: problem.hint)
      }
    }
    return message
  }
}

extension StringProtocol {
  /// The text without white space at both ends.
  var trimmed: String {
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? startIndex
    return String(self[..<end].drop { $0.isWhitespace })
  }

  /// The text with every occurrence of a character in another's place.
  func replacing(_ character: Character, with other: Character) -> String {
    String(map { $0 == character ? other : $0 })
  }
}
