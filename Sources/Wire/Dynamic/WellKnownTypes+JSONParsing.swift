import Formats

extension DynamicMessage {
  /// Reads the message from its own JSON form; false if it has none.
  mutating func readWellKnown(_ json: JSONValue, depth: Int) throws(JSONError) -> Bool {
    guard let known = WellKnownType(type.fullName) else { return false }
    switch known {
    case .empty:
      guard case .object(let members) = json else { throw expected("an object", json) }
      try read(members, depth: depth)
    case .timestamp:
      try read(json, CivilTime.parse, "a time such as \"2026-01-31T09:30:00Z\"")
    case .duration: try read(json, DurationText.parse, "a duration such as \"90s\"")
    case .fieldMask: try readFieldMask(json)
    case .wrapper:
      guard let field = type.field(number: 1) else { return false }
      self[field] = try single(json, of: field, depth: depth)
    case .structure:
      guard case .object = json else { throw expected("an object", json) }
      try read([JSONValue.Member("fields", json)], depth: depth)
    case .listValue:
      guard case .array = json else { throw expected("an array", json) }
      try read([JSONValue.Member("values", json)], depth: depth)
    case .value: try readValue(json, depth: depth)
    case .any: try readAny(json, depth: depth)
    }
    return true
  }

  private func expected(_ what: String, _ json: JSONValue) -> JSONError {
    if case .string(let text) = json { return JSONError("expected \(what), found \"\(text)\"") }
    return JSONError("expected \(what), found \(json.kindName)")
  }

  private mutating func read(
    _ json: JSONValue, _ parse: (String) -> (seconds: Int64, nanos: Int32)?, _ what: String
  ) throws(JSONError) {
    guard case .string(let text) = json, let (seconds, nanos) = parse(text) else {
      throw expected(what, json)
    }
    try read(
      [
        JSONValue.Member("seconds", .string(String(seconds))),
        JSONValue.Member("nanos", .number(String(nanos))),
      ], depth: 0)
  }

  private mutating func readFieldMask(_ json: JSONValue) throws(JSONError) {
    guard case .string(let text) = json else { throw expected("field names with commas between", json) }
    var paths: [JSONValue] = []
    for part in text.split(separator: ",") {
      guard let path = FieldMaskText.parse(part) else {
        throw expected("field names in lowerCamelCase", json)
      }
      paths.append(.string(path))
    }
    try read([JSONValue.Member("paths", .array(paths))], depth: 0)
  }

  private mutating func readValue(_ json: JSONValue, depth: Int) throws(JSONError) {
    let field =
      switch json {
      case .null: "null_value"
      case .bool: "bool_value"
      case .number: "number_value"
      case .string: "string_value"
      case .array: "list_value"
      case .object: "struct_value"
      }
    try read([JSONValue.Member(field, json)], depth: depth)
  }

  private mutating func readAny(_ json: JSONValue, depth: Int) throws(JSONError) {
    guard case .object(let members) = json else { throw expected("an object", json) }
    if members.isEmpty { return }
    guard let url = json["@type"]?.string else { throw JSONError("an Any needs \"@type\"") }
    let inner = try Self.type(of: url, in: schema)
    let rest = members.filter { $0.name != "@type" }
    let value: DynamicMessage
    if WellKnownType(inner.fullName) != nil {
      guard rest.count == 1, rest[0].name == "value" else {
        throw JSONError("an Any of \(inner.name) needs \"value\" and nothing else")
      }
      value = try DynamicMessage(json: rest[0].value, as: inner, in: schema, depth: depth + 1)
    } else {
      value = try DynamicMessage(json: .object(rest), as: inner, in: schema, depth: depth + 1)
    }
    guard let urlField = type.field(named: "type_url"), let valueField = type.field(named: "value") else {
      return
    }
    self[urlField] = .string(url)
    self[valueField] = .bytes(value.encoded())
  }
}
