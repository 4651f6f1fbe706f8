import Wire

/// What the help says of a field, from its comment and its declarations.
enum FieldHelp {
  /// The comment, whether the field is required, its limits, its values, and whether it is personal data.
  static func text(_ field: FieldSchema, in schema: Schema) -> String {
    var parts: [String] = []
    if !field.comment.isEmpty {
      parts.append(sentence(field.comment.split(separator: "\n").joined(separator: " ")))
    }
    if field.isDeprecated { parts.append("Deprecated.") }
    if field.check?.isRequired == true { parts.append("Required.") }
    if let type = schema.enumeration(of: field) {
      parts.append("One of: \(EnumChoices(type).shown.map(\.name).joined(separator: ", ")).")
    }
    if let check = field.check { parts += limits(check, of: field) }
    if field.isRepeated { parts.append("May be given several times.") }
    if let message = schema.message(of: field), !field.isMap, !ValueKind.hasTextForm(message) {
      let names = message.fields.map(\.name).joined(separator: ", ")
      parts.append("JSON, or FIELD=VALUE,... of: \(names).")
    }
    if let personal = field.personal {
      parts.append(
        "Personal data, kept for: \(personal.purpose)\(personal.isSensitive ? "; sensitive" : "").")
    }
    return parts.joined(separator: " ")
  }

  private static func limits(_ check: FieldCheck, of field: FieldSchema) -> [String] {
    var limits: [String] = []
    let unit = field.kind == .bytes ? "bytes" : "characters"
    switch (check.minLength, check.maxLength) {
    case (0, 0): break
    case (0, let most): limits.append("At most \(most) \(unit).")
    case (let least, 0): limits.append("At least \(least) \(unit).")
    case (let least, let most): limits.append("\(least) to \(most) \(unit).")
    }
    switch (check.min, check.max) {
    case (nil, nil): break
    case (let least?, nil): limits.append("At least \(least).")
    case (nil, let most?): limits.append("At most \(most).")
    case (let least?, let most?): limits.append("From \(least) to \(most).")
    }
    switch (check.minItems, check.maxItems) {
    case (0, 0): break
    case (0, let most): limits.append("At most \(most) of them.")
    case (let least, 0): limits.append("At least \(least) of them.")
    case (let least, let most): limits.append("\(least) to \(most) of them.")
    }
    return limits
  }

  /// A text that ends like a sentence.
  static func sentence(_ text: String) -> String {
    let text = text.trimmed
    guard let last = text.last else { return "" }
    return ".!?。！？:".contains(last) ? text : text + "."
  }

  /// The first sentence of a comment, on one line, without its full stop.
  static func firstSentence(_ comment: String) -> String {
    let paragraph = comment.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
      .joined(separator: " ")
    var end = paragraph.endIndex
    var index = paragraph.startIndex
    while index < paragraph.endIndex {
      let next = paragraph.index(after: index)
      if paragraph[index] == "。"
        || (paragraph[index] == "." && (next == paragraph.endIndex || paragraph[next] == " "))
      {
        end = index
        break
      }
      index = next
    }
    return String(paragraph[..<end]).trimmed
  }
}
