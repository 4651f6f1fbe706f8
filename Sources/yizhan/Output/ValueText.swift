import Wire

/// Values as people read them.
struct ValueText: Sendable {
  let schema: Schema

  /// Whether a value of the field fits on one line: not a message with fields of its own.
  func isPlain(_ field: FieldSchema) -> Bool {
    guard let message = schema.message(of: field), !field.isMap else { return true }
    return ValueKind.hasTextForm(message)
  }

  /// Whether the field holds what somebody may have typed: not numbers, times or choices.
  func isText(_ field: FieldSchema) -> Bool {
    switch field.kind {
    case .string: return true
    case .message:
      switch schema.message(of: field)?.fullName ?? "" {
      case "google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.BoolValue",
        "google.protobuf.BytesValue", "google.protobuf.DoubleValue", "google.protobuf.FloatValue",
        "google.protobuf.Int32Value", "google.protobuf.Int64Value", "google.protobuf.UInt32Value",
        "google.protobuf.UInt64Value":
        return false
      default: return true
      }
    default: return false
    }
  }

  /// A value in one line: times in the local zone, enums without their prefix, lists with commas between.
  func text(_ value: DynamicValue, of field: FieldSchema) -> String {
    switch value {
    case .string(let text): return text
    case .bool(let flag): return flag ? "yes" : "no"
    case .int32(let number): return String(number)
    case .int64(let number): return String(number)
    case .uint32(let number): return String(number)
    case .uint64(let number): return String(number)
    case .double(let number): return Self.text(number.description)
    case .float(let number): return Self.text(number.description)
    case .bytes(let bytes): return Base64.encode(bytes)
    case .enumeration(let number):
      return schema.enumeration(of: field).map { EnumChoices($0).text(number) } ?? String(number)
    case .list(let elements):
      return elements.map { text($0, of: field) }.joined(separator: ", ")
    case .map(let entries):
      guard let (_, valueField) = schema.mapEntry(of: field) else { return "" }
      return entries.sorted { $0.key < $1.key }
        .map { "\($0.key.text)=\(text($0.value, of: valueField))" }.joined(separator: ", ")
    case .message(let message): return text(message)
    }
  }

  private static func text(_ number: String) -> String {
    number.hasSuffix(".0") ? String(number.dropLast(2)) : number
  }

  private func text(_ message: DynamicMessage) -> String {
    switch message.type.fullName {
    case "google.protobuf.Timestamp":
      if case .int64(let seconds)? = message["seconds"] { return LocalTime.text(seconds: seconds) }
      return LocalTime.text(seconds: 0)
    case "google.protobuf.Duration":
      var duration = Duration.zero
      if case .int64(let seconds)? = message["seconds"] { duration += .seconds(seconds) }
      if case .int32(let nanos)? = message["nanos"] { duration += .nanoseconds(Int64(nanos)) }
      return DurationValue.text(duration)
    default:
      guard let json = try? message.json() else { return "(\(message.type.name))" }
      return json.string ?? json.text()
    }
  }

  /// What a field's name looks like above a column: "AREA CODE".
  static func heading(_ path: [FieldSchema]) -> String {
    path.map { $0.name.replacing("_", with: " ") }.joined(separator: ".").uppercased()
  }
}
