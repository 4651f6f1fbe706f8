extension DynamicMessage {
  /// How a message is written as JSON.
  public struct JSONOptions: Sendable {
    /// Writes fields without presence even at their default value.
    public var includesDefaults = false
    /// Names fields as the `.proto` does instead of in lowerCamelCase.
    public var usesProtoNames = false

    /// Creates options.
    public init(includesDefaults: Bool = false, usesProtoNames: Bool = false) {
      self.includesDefaults = includesDefaults
      self.usesProtoNames = usesProtoNames
    }
  }

  /// The message in protobuf's canonical JSON. Unknown fields have no name and are left out.
  /// - Throws: `JSONError` for what has no JSON form: a Timestamp before year 1, an Any of a type that the
  ///   schema does not have, an infinite number in a google.protobuf.Value.
  /// Source: protobuf.dev, "ProtoJSON Format".
  public func json(_ options: JSONOptions = JSONOptions()) throws(JSONError) -> JSONValue {
    if let special = try wellKnownJSON(options) { return special }
    return .object(try members(options))
  }

  func members(_ options: JSONOptions) throws(JSONError) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = []
    for field in type.fields {
      let name = options.usesProtoNames ? field.name : field.jsonName
      do throws(JSONError) {
        if let value = values[field.number] {
          members.append(JSONValue.Member(name, try json(of: value, in: field, options)))
        } else if options.includesDefaults, let value = jsonDefault(of: field) {
          members.append(JSONValue.Member(name, value))
        }
      } catch {
        throw error.inside(field.name)
      }
    }
    return members
  }

  private func jsonDefault(of field: FieldSchema) -> JSONValue? {
    if field.isMap { return .object([]) }
    if field.isRepeated { return .array([]) }
    guard !field.hasPresence, let value = DynamicValue.defaultValue(of: field.kind) else { return nil }
    return scalarJSON(of: value, in: field)
  }

  private func json(of value: DynamicValue, in field: FieldSchema, _ options: JSONOptions) throws(JSONError)
    -> JSONValue
  {
    switch value {
    case .message(let message): return try message.json(options)
    case .list(let elements):
      var array: [JSONValue] = []
      array.reserveCapacity(elements.count)
      for element in elements { array.append(try json(of: element, in: field, options)) }
      return .array(array)
    case .map(let entries):
      guard let (_, valueField) = schema.mapEntry(of: field) else { return .object([]) }
      var members: [JSONValue.Member] = []
      for (key, mapped) in entries.sorted(by: { $0.key < $1.key }) {
        members.append(JSONValue.Member(key.text, try json(of: mapped, in: valueField, options)))
      }
      return .object(members)
    default: return scalarJSON(of: value, in: field)
    }
  }

  private func scalarJSON(of value: DynamicValue, in field: FieldSchema) -> JSONValue {
    switch value {
    case .double(let value): JSONNumber.json(value)
    case .float(let value): JSONNumber.json(value)
    case .int32(let value): .number(String(value))
    case .uint32(let value): .number(String(value))
    case .int64(let value): .string(String(value))
    case .uint64(let value): .string(String(value))
    case .bool(let value): .bool(value)
    case .string(let value): .string(value)
    case .bytes(let value): .string(Base64.encode(value))
    case .enumeration(let number):
      if let type = schema.enumeration(of: field) {
        type.fullName == "google.protobuf.NullValue"
          ? .null : type.name(of: number).map { .string($0) } ?? .number(String(number))
      } else {
        .number(String(number))
      }
    case .message, .list, .map: preconditionFailure("not a scalar")
    }
  }
}

/// Numbers in protobuf's JSON.
enum JSONNumber {
  static func json(_ value: Double) -> JSONValue { finite(value.description, value.isFinite, value) }

  static func json(_ value: Float) -> JSONValue {
    finite(value.description, value.isFinite, Double(value))
  }

  private static func finite(_ text: String, _ isFinite: Bool, _ value: Double) -> JSONValue {
    if isFinite { return .number(text.hasSuffix(".0") ? String(text.dropLast(2)) : text) }
    return .string(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
  }

  /// A whole number in any JSON spelling: "12", "1.2e1", "12.0"; nil if it is no whole number or does not
  /// fit.
  static func integer<Integer: FixedWidthInteger>(_ text: String, as: Integer.Type) -> Integer? {
    if let value = Integer(text) { return text.hasPrefix("+") ? nil : value }
    // Written with a point or an exponent: move the point through the digits.
    let parts = text.lowercased().split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
    guard let exponent = parts.count == 2 ? Int(parts[1]) : 0, abs(exponent) <= 40 else { return nil }
    let isNegative = parts[0].hasPrefix("-")
    let mantissa = isNegative ? parts[0].dropFirst() : parts[0]
    let halves = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let digits = halves.joined()
    guard let whole = halves.first, !whole.isEmpty, digits.count <= 400,
      digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { return nil }
    let point = whole.count + exponent
    let padded = digits + String(repeating: "0", count: max(0, point - digits.count))
    let integral = String(padded.prefix(max(0, point)))
    guard padded.dropFirst(max(0, point)).allSatisfy({ $0 == "0" }),
      point >= 0 || digits.allSatisfy({ $0 == "0" })
    else { return nil }
    let significant = integral.drop { $0 == "0" }
    if significant.isEmpty { return 0 }
    return Integer((isNegative ? "-" : "") + significant)
  }
}
