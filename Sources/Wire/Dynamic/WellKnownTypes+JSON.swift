import Formats

extension DynamicMessage {
  /// The message's own JSON form; nil if it is written as an object of its fields.
  func wellKnownJSON(_ options: JSONOptions) throws(JSONError) -> JSONValue? {
    guard let known = WellKnownType(type.fullName) else { return nil }
    switch known {
    case .empty: return .object([])
    case .timestamp: return try text(CivilTime.text, "a time of the years 1 to 9999")
    case .duration: return try text(DurationText.text, "a duration of at most 10,000 years")
    case .fieldMask: return .string(try fieldMaskText())
    case .wrapper: return try wrapperJSON(options)
    case .listValue: return .array(try jsonValues(options))
    case .structure: return .object(try structMembers(options))
    case .value: return try valueJSON(options)
    case .any: return try anyJSON(options)
    }
  }

  private var secondsAndNanos: (seconds: Int64, nanos: Int32) {
    var parts: (seconds: Int64, nanos: Int32) = (0, 0)
    if case .int64(let seconds)? = self["seconds"] { parts.seconds = seconds }
    if case .int32(let nanos)? = self["nanos"] { parts.nanos = nanos }
    return parts
  }

  private func text(_ format: (Int64, Int32) -> String?, _ what: String) throws(JSONError) -> JSONValue {
    let (seconds, nanos) = secondsAndNanos
    guard let text = format(seconds, nanos) else {
      throw JSONError("\(seconds) seconds and \(nanos) nanoseconds are not \(what)")
    }
    return .string(text)
  }

  private func fieldMaskText() throws(JSONError) -> String {
    guard case .list(let paths)? = self["paths"] else { return "" }
    var texts: [String] = []
    for case .string(let path) in paths {
      guard let text = FieldMaskText.text(path) else {
        throw JSONError("the path \"\(path)\" has no form in lowerCamelCase")
      }
      texts.append(text)
    }
    return texts.joined(separator: ",")
  }

  private func wrapperJSON(_ options: JSONOptions) throws(JSONError) -> JSONValue {
    // A wrapper's value at its default is still a value: write it as a field of its own would be.
    var options = options
    options.includesDefaults = true
    return try members(options).first?.value ?? .null
  }

  private func jsonValues(_ options: JSONOptions) throws(JSONError) -> [JSONValue] {
    guard case .list(let elements)? = self["values"] else { return [] }
    var array: [JSONValue] = []
    for case .message(let element) in elements { array.append(try element.json(options)) }
    return array
  }

  private func structMembers(_ options: JSONOptions) throws(JSONError) -> [JSONValue.Member] {
    guard case .map(let entries)? = self["fields"] else { return [] }
    var members: [JSONValue.Member] = []
    for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
      if case .message(let message) = value {
        members.append(JSONValue.Member(key.text, try message.json(options)))
      }
    }
    return members
  }

  private func valueJSON(_ options: JSONOptions) throws(JSONError) -> JSONValue {
    if case .double(let number)? = self["number_value"] {
      guard number.isFinite else { throw JSONError("a Value cannot hold \(number)") }
      return JSONNumber.json(number)
    }
    if case .string(let text)? = self["string_value"] { return .string(text) }
    if case .bool(let flag)? = self["bool_value"] { return .bool(flag) }
    if case .message(let object)? = self["struct_value"] { return try object.json(options) }
    if case .message(let list)? = self["list_value"] { return try list.json(options) }
    return .null
  }

  private func anyJSON(_ options: JSONOptions) throws(JSONError) -> JSONValue {
    guard case .string(let url)? = self["type_url"] else { return .object([]) }
    var bytes: [UInt8] = []
    if case .bytes(let value)? = self["value"] { bytes = value }
    let type = try Self.type(of: url, in: schema)
    let inner: DynamicMessage
    do throws(DecodingError) {
      inner = try DynamicMessage(decoding: bytes, as: type, in: schema)
    } catch {
      throw JSONError("the value of \(url) cannot be decoded: \(error)")
    }
    let head = JSONValue.Member("@type", .string(url))
    if WellKnownType(inner.type.fullName) != nil {
      return .object([head, JSONValue.Member("value", try inner.json(options))])
    }
    return .object([head] + (try inner.members(options)))
  }

  static func type(of url: String, in schema: Schema) throws(JSONError) -> MessageSchema {
    guard let slash = url.lastIndex(of: "/") else { throw JSONError("\"\(url)\" is not the URL of a type") }
    let name = String(url[url.index(after: slash)...])
    guard let type = schema.message(name) else { throw JSONError("the type \(name) is not known") }
    return type
  }
}
