import SwiftProtobufPluginLibrary

/// Writes `check`: the declared checks of a message's fields, and the defaults where nothing is declared.
struct CheckWriter {
  private let descriptor: Descriptor

  init(_ descriptor: Descriptor) { self.descriptor = descriptor }

  func write(into text: inout SourceText) throws {
    var body = SourceText()
    switch descriptor.fullName {
    case "google.protobuf.Timestamp": body.line("violations.timestamp(seconds: seconds, nanos: nanos)")
    case "google.protobuf.Duration": body.line("violations.duration(seconds: seconds, nanos: nanos)")
    default:
      for field in descriptor.fields where field.realContainingOneof == nil { try check(field, &body) }
      for oneof in descriptor.realOneofs { try check(oneof, &body) }
    }
    text.line("/// Adds what breaks the declared checks.")
    text.block("public func check(_ violations: inout Violations)") { text in
      for line in body.text.split(separator: "\n") { text.line(String(line)) }
    }
  }

  private func check(_ field: FieldDescriptor, _ text: inout SourceText) throws {
    let plan = try FieldPlan(field, member: "")
    let option = try DeclaredOptions.check(field)
    let property = plan.access
    switch plan.shape {
    case .plain(let element):
      try value(element, option, field.name, property, &text, field)
    case .optional(let element):
      if option.isRequired { text.line("violations.present(\"\(field.name)\", \(property) != nil)") }
      var inner = SourceText()
      var rest = option
      rest.isRequired = option.isRequired && !isNumeric(element)
      try value(element, rest, field.name, plan.binding.name, &inner, field)
      if !inner.text.isEmpty {
        text.block("if let \(plan.binding.pattern)") { text in
          for line in inner.text.split(separator: "\n") { text.line(String(line)) }
        }
      }
    case .repeated(let element):
      var inner = SourceText()
      try value(element, elementOption(option), "", "value", &inner, field)
      items(field, option, property, inner, &text) {
        $0.line("for (index, value) in \(property).enumerated() {")
        $0.line("  violations.nested(\"\(field.name)\", index: index) { violations in")
      }
    case .map(let key, let element):
      var inner = SourceText()
      try value(key, DeclaredOptions.Check(), "", "key", &inner, field)
      try value(element, elementOption(option), "", "value", &inner, field)
      items(field, option, property, inner, &text) {
        let usesValue = inner.text.contains("value")
        $0.line(
          usesValue
            ? "for (key, value) in \(property).sorted(by: { Arena.precedes($0.key, $1.key) }) {"
            : "for key in \(property).keys.sorted(by: Arena.precedes) {")
        $0.line("  violations.nested(\"\(field.name)\", key: key) { violations in")
      }
    }
  }

  /// The count of a repeated field or a map, and the check of each element where there is one.
  private func items(
    _ field: FieldDescriptor, _ option: DeclaredOptions.Check, _ property: String, _ inner: SourceText,
    _ text: inout SourceText, _ loop: (inout SourceText) -> Void
  ) {
    var arguments = ""
    let least = max(option.minItems ?? 0, option.isRequired ? 1 : 0)
    if least > 0 { arguments += ", min: \(least)" }
    if let most = option.maxItems, most > 0 { arguments += ", max: \(most)" }
    let call = "violations.items(\"\(field.name)\", \(property).count\(arguments))"
    if inner.text.isEmpty { return text.line(call) }
    text.line("if \(call) {")
    loop(&text)
    for line in inner.text.split(separator: "\n") { text.line("    \(line)") }
    text.line("  }")
    text.line("}")
    text.line("}")
  }

  private func check(_ oneof: OneofDescriptor, _ text: inout SourceText) throws {
    var cases = SourceText()
    for field in oneof.fields {
      var inner = SourceText()
      let option = try DeclaredOptions.check(field)
      try value(try Element(field), option, field.name, "value", &inner, field)
      if inner.text.isEmpty { continue }
      cases.line("case .\(Names.property(field.name))(let value):")
      for line in inner.text.split(separator: "\n") { cases.line("  \(line)") }
    }
    if cases.text.isEmpty { return }
    text.line("switch \(Names.access(Names.property(oneof.name))) {")
    for line in cases.text.split(separator: "\n") { text.line(String(line)) }
    text.line("default: break")
    text.line("}")
  }

  /// The check of one value; `name` is empty for an element, whose path the loop has put in front.
  private func value(
    _ element: Element, _ option: DeclaredOptions.Check, _ name: String, _ expression: String,
    _ text: inout SourceText, _ field: FieldDescriptor
  ) throws {
    let start = "(\"\(name)\", \(expression)"
    var arguments = ""
    switch element {
    case .text, .bytes:
      if option.isRequired { arguments += ", required: true" }
      if let least = option.minLength, least > 0 { arguments += ", minLength: \(least)" }
      if let most = option.maxLength, most > 0 { arguments += ", maxLength: \(most)" }
      if case .bytes = element { return text.line("violations.bytes\(start)\(arguments))") }
      if option.format != 0 { arguments += ", format: .\(try format(option.format, field))" }
      text.line("violations.text\(start)\(arguments))")
    case .number, .bool:
      if option.isRequired { text.line("violations.present(\"\(name)\", \(element.isSet(expression)))") }
      if case .bool = element { return }
      if let least = option.min { arguments += ", min: \(least)" }
      if let most = option.max { arguments += ", max: \(most)" }
      if element.isFloating {
        text.line("violations.number\(start)\(arguments))")
      } else if !arguments.isEmpty {
        text.line("violations.integer\(start)\(arguments))")
      }
    case .enumeration:
      if option.isRequired { text.line("violations.present(\"\(name)\", \(element.isSet(expression)))") }
      if !option.allowsUnknown { text.line("violations.known\(start))") }
    case .message:
      if name.isEmpty {
        text.line("\(expression).check(&violations)")
      } else {
        text.line("violations.nested(\"\(name)\") { \(expression).check(&$0) }")
      }
    }
  }

  /// What is declared of a repeated field or a map, as far as it holds for each element.
  private func elementOption(_ option: DeclaredOptions.Check) -> DeclaredOptions.Check {
    var element = option
    element.isRequired = false
    return element
  }

  private func isNumeric(_ element: Element) -> Bool {
    switch element {
    case .number, .bool: true
    default: false
    }
  }

  private func format(_ number: Int, _ field: FieldDescriptor) throws -> String {
    let formats = ["uuid", "date", "areaCode", "phone", "identityNumber", "key"]
    guard formats.indices.contains(number - 1) else {
      throw GenerationError("\(place(field.file, field)): the format \(number) of \(field.name) is not known")
    }
    return formats[number - 1]
  }
}
