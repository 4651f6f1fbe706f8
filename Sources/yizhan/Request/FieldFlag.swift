import Wire

/// A field of a request as an option: "--filter.area-code".
struct FieldFlag: Sendable {
  /// How deep submessages are taken apart; deeper ones are given as JSON.
  static let depthLimit = 4
  /// What stands in front of a field's option that has the name of a global one.
  static let escape = "request."

  /// The name behind the two dashes.
  var name: String
  /// The fields from the request down to this one.
  var path: [FieldSchema]
  var field: FieldSchema { path[path.count - 1] }

  /// The options of a request's fields, those of submessages behind the submessage's own.
  /// - Parameters:
  ///   - omitting: fields of the request that are not options.
  ///   - taken: names that belong to the program's own options.
  static func flags(
    for type: MessageSchema, in schema: Schema, omitting: Set<String> = [], taken: Set<String>
  ) -> [FieldFlag] {
    var flags: [FieldFlag] = []
    var ancestors = [type.fullName]
    collect(type, schema, prefix: [], &ancestors, into: &flags)
    return flags.filter { !omitting.contains($0.path[0].name) }.map { flag in
      var flag = flag
      if taken.contains(flag.name) { flag.name = escape + flag.name }
      return flag
    }
  }

  private static func collect(
    _ type: MessageSchema, _ schema: Schema, prefix: [FieldSchema], _ ancestors: inout [String],
    into flags: inout [FieldFlag]
  ) {
    for field in type.fields {
      let path = prefix + [field]
      flags.append(FieldFlag(name: path.map { Words.option($0.name) }.joined(separator: "."), path: path))
      guard !field.isRepeated, path.count < depthLimit, let child = schema.message(of: field),
        !ValueKind.hasTextForm(child), !ancestors.contains(child.fullName)
      else { continue }
      ancestors.append(child.fullName)
      collect(child, schema, prefix: path, &ancestors, into: &flags)
      ancestors.removeLast()
    }
  }

  /// The option as the command line's parser and the help need it.
  func spec(in schema: Schema) -> OptionSpec {
    let kind = ValueKind(field, in: schema)
    return OptionSpec(
      name: name, aliases: [Self.escape + path.map { Words.option($0.name) }.joined(separator: ".")],
      placeholder: kind.placeholder, isValueOptional: kind.isSwitch, repeats: field.isRepeated,
      about: FieldHelp.text(field, in: schema), completion: kind.completion)
  }
}

/// What a value of a field looks like on a command line.
struct ValueKind: Sendable {
  /// What stands for it in the help.
  var placeholder: String
  var isSwitch = false
  var completion = OptionSpec.Completion.nothing

  init(_ field: FieldSchema, in schema: Schema) {
    if let (key, value) = schema.mapEntry(of: field) {
      placeholder = "\(ValueKind(key, in: schema).placeholder)=\(ValueKind(value, in: schema).placeholder)"
      return
    }
    switch field.kind {
    case .bool:
      placeholder = "true|false"
      isSwitch = !field.isRepeated
      completion = .words([OptionSpec.Word(text: "true"), OptionSpec.Word(text: "false")])
    case .string: placeholder = Self.placeholder(ofText: field)
    case .bytes: placeholder = "@FILE|BASE64"
    case .double, .float: placeholder = "NUMBER"
    case .enumeration(let index):
      let choices = EnumChoices(schema.enums[index]).shown
      placeholder = Words.split(schema.enums[index].name).joined(separator: "-").uppercased()
      completion = .words(
        choices.map { OptionSpec.Word(text: $0.name, about: FieldHelp.firstSentence($0.comment)) })
    case .message(let index): placeholder = Self.placeholder(of: schema.messages[index])
    default: placeholder = "INTEGER"
    }
  }

  private static func placeholder(ofText field: FieldSchema) -> String {
    switch field.check?.formatName ?? "" {
    case "": field.name.hasSuffix("_id") || field.name == "id" ? "ID" : "TEXT"
    case let format: format.map { $0 == "_" ? "-" : String($0) }.joined()
    }
  }

  private static func placeholder(of message: MessageSchema) -> String {
    switch message.fullName {
    case "google.protobuf.Timestamp": "TIME"
    case "google.protobuf.Duration": "DURATION"
    case "google.protobuf.FieldMask": "FIELD,..."
    case "google.protobuf.BoolValue": "true|false"
    case "google.protobuf.StringValue": "TEXT"
    case "google.protobuf.BytesValue": "@FILE|BASE64"
    case "google.protobuf.DoubleValue", "google.protobuf.FloatValue": "NUMBER"
    case "google.protobuf.Int32Value", "google.protobuf.Int64Value", "google.protobuf.UInt32Value",
      "google.protobuf.UInt64Value":
      "INTEGER"
    default: "JSON"
    }
  }

  /// Whether a message is given as one text, not by its fields.
  static func hasTextForm(_ message: MessageSchema) -> Bool {
    message.fullName.hasPrefix("google.protobuf.")
  }
}
