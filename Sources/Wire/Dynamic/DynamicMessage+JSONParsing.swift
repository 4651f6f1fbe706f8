extension DynamicMessage {
  /// Reads a message from protobuf's JSON. Fields are named as JSON or as the `.proto` spells them, enums by
  /// name or by number, 64-bit numbers as strings or as numbers; null is unset.
  /// - Throws: `JSONError` with the path of what is wrong, for unknown fields too.
  public init(json: JSONValue, as type: MessageSchema, in schema: Schema) throws(JSONError) {
    try self.init(json: json, as: type, in: schema, depth: 0)
  }

  init(json: JSONValue, as type: MessageSchema, in schema: Schema, depth: Int) throws(JSONError) {
    self.init(type, in: schema)
    guard depth < JSONValue.depthLimit else { throw JSONError("nested more than 100 deep") }
    if try readWellKnown(json, depth: depth) { return }
    guard case .object(let members) = json else {
      throw JSONError("expected an object (\(type.name)), found \(json.kindName)")
    }
    try read(members, depth: depth)
  }

  mutating func read(_ members: [JSONValue.Member], depth: Int) throws(JSONError) {
    var seen: Set<Int32> = []
    var oneofs: [Int: String] = [:]
    for member in members {
      guard let field = type.field(named: member.name) else {
        throw JSONError(path: member.name, unknownField(member.name))
      }
      guard seen.insert(field.number).inserted else { throw JSONError(path: member.name, "is there twice") }
      do throws(JSONError) {
        guard let value = try value(member.value, of: field, depth: depth) else { continue }
        if let oneof = field.oneofIndex, let other = oneofs.updateValue(member.name, forKey: oneof) {
          throw JSONError("only one of \"\(other)\" and \"\(member.name)\" can be set")
        }
        self[field] = value
      } catch {
        throw error.inside(member.name)
      }
    }
  }

  private func unknownField(_ name: String) -> String {
    let names = type.fields.map(\.jsonName)
    let hint = Suggestions.nearest(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
    return "\(type.name) has no such field\(hint)"
  }

  /// Reads the value of a field; nil for unset.
  private func value(_ json: JSONValue, of field: FieldSchema, depth: Int) throws(JSONError) -> DynamicValue?
  {
    if json == .null, !acceptsNull(field) || field.isRepeated { return nil }
    if field.isMap { return try map(json, of: field, depth: depth) }
    guard field.isRepeated else { return try single(json, of: field, depth: depth) }
    guard case .array(let elements) = json else {
      throw JSONError("expected an array, found \(json.kindName)")
    }
    var list: [DynamicValue] = []
    list.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      do throws(JSONError) { list.append(try single(element, of: field, depth: depth)) } catch {
        throw error.inside("[\(index)]")
      }
    }
    return .list(list)
  }

  /// google.protobuf.Value and NullValue are the two types for which null is a value.
  private func acceptsNull(_ field: FieldSchema) -> Bool {
    schema.message(of: field)?.fullName == "google.protobuf.Value"
      || schema.enumeration(of: field)?.fullName == "google.protobuf.NullValue"
  }

  private func map(_ json: JSONValue, of field: FieldSchema, depth: Int) throws(JSONError) -> DynamicValue {
    guard case .object(let members) = json else {
      throw JSONError("expected an object, found \(json.kindName)")
    }
    guard let (keyField, valueField) = schema.mapEntry(of: field) else { throw JSONError("is not a map") }
    var entries: [DynamicMapKey: DynamicValue] = [:]
    for member in members {
      do throws(JSONError) {
        let key = try mapKey(member.name, keyField)
        guard entries[key] == nil else { throw JSONError("is there twice") }
        entries[key] = try single(member.value, of: valueField, depth: depth)
      } catch {
        throw error.inside("[\"\(member.name)\"]")
      }
    }
    return .map(entries)
  }

  private func mapKey(_ text: String, _ field: FieldSchema) throws(JSONError) -> DynamicMapKey {
    let value: DynamicValue
    switch field.kind {
    case .string: return .string(text)
    case .bool:
      guard text == "true" || text == "false" else { throw JSONError("the key must be true or false") }
      return .bool(text == "true")
    default: value = try single(.string(text), of: field, depth: 0)
    }
    guard let key = DynamicMapKey(value) else { throw JSONError("cannot be a key") }
    return key
  }

  /// Reads one value of a field's kind: the field itself, an element of it, or a map's value.
  func single(_ json: JSONValue, of field: FieldSchema, depth: Int) throws(JSONError) -> DynamicValue {
    if json == .null, !acceptsNull(field) { throw JSONError("null cannot be an element") }
    switch field.kind {
    case .message(let index):
      return .message(
        try DynamicMessage(json: json, as: schema.messages[index], in: schema, depth: depth + 1))
    case .enumeration(let index): return .enumeration(try enumeration(json, schema.enums[index]))
    case .string:
      guard case .string(let text) = json else { throw expected("a string", json) }
      return .string(text)
    case .bytes:
      guard case .string(let text) = json, let bytes = Base64.decodeLeniently(text.utf8) else {
        throw expected("bytes in base64", json)
      }
      return .bytes(bytes)
    case .bool:
      guard case .bool(let value) = json else { throw expected("true or false", json) }
      return .bool(value)
    case .int32, .sint32, .sfixed32: return .int32(try integer(json))
    case .int64, .sint64, .sfixed64: return .int64(try integer(json))
    case .uint32, .fixed32: return .uint32(try integer(json))
    case .uint64, .fixed64: return .uint64(try integer(json))
    case .double: return .double(try floating(json))
    case .float:
      let value: Double = try floating(json)
      let narrow = Float(value)
      guard narrow.isFinite || !value.isFinite else { throw JSONError("is too large for a float") }
      return .float(narrow)
    }
  }

  private func expected(_ what: String, _ json: JSONValue) -> JSONError {
    JSONError("expected \(what), found \(json.kindName)")
  }

  private func integer<Integer: FixedWidthInteger>(_ json: JSONValue) throws(JSONError) -> Integer {
    switch json {
    case .number(let text), .string(let text):
      if let value = JSONNumber.integer(text, as: Integer.self) { return value }
      throw JSONError("expected a whole number from \(Integer.min) to \(Integer.max), found \(text)")
    default: throw expected("a whole number", json)
    }
  }

  private func floating(_ json: JSONValue) throws(JSONError) -> Double {
    switch json {
    case .string("NaN"): return .nan
    case .string("Infinity"): return .infinity
    case .string("-Infinity"): return -.infinity
    case .number(let text), .string(let text):
      // Swift reads hexadecimal, "inf" and "nan" too, which are not JSON.
      let allowed = Set("0123456789+-.eE".utf8)
      if text.utf8.allSatisfy(allowed.contains), let value = Double(text), value.isFinite { return value }
      throw JSONError("expected a number, found \(text)")
    default: throw expected("a number", json)
    }
  }

  private func enumeration(_ json: JSONValue, _ type: EnumSchema) throws(JSONError) -> Int32 {
    switch json {
    case .null where type.fullName == "google.protobuf.NullValue": return 0
    case .string(let name):
      if let number = type.number(of: name) { return number }
      let names = type.values.map(\.name)
      let hint = Suggestions.nearest(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
      throw JSONError("\(type.name) has no value \"\(name)\"\(hint)")
    case .number(let text):
      guard let number = JSONNumber.integer(text, as: Int32.self) else {
        throw expected("a value's number", json)
      }
      return number
    default: throw expected("the name or number of a value", json)
    }
  }
}
