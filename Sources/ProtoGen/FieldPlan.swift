import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// What one value of a field is in Swift and how it crosses to C.
enum Element {
  /// A number that is the same in both.
  case number(String)
  case bool
  case enumeration(String)
  case text
  case bytes
  case message(String)

  init(_ field: FieldDescriptor) throws {
    switch field.type {
    case .double: self = .number("Double")
    case .float: self = .number("Float")
    case .int32, .sint32, .sfixed32: self = .number("Int32")
    case .int64, .sint64, .sfixed64: self = .number("Int64")
    case .uint32, .fixed32: self = .number("UInt32")
    case .uint64, .fixed64: self = .number("UInt64")
    case .bool: self = .bool
    case .enum: self = .enumeration(Names.type(field.enumType))
    case .string: self = .text
    case .bytes: self = .bytes
    case .message: self = .message(Names.type(field.messageType))
    default: throw GenerationError("\(place(field.file, field)): groups are not supported")
    }
  }

  /// The Swift type.
  var type: String {
    switch self {
    case .number(let name), .enumeration(let name), .message(let name): name
    case .bool: "Bool"
    case .text: "String"
    case .bytes: "[UInt8]"
    }
  }

  /// The value of a field that is not set.
  var empty: String {
    switch self {
    case .number: "0"
    case .bool: "false"
    case .enumeration(let name): "\(name)(rawValue: 0)"
    case .text: "\"\""
    case .bytes: "[]"
    case .message(let name): "\(name)()"
    }
  }

  var isMessage: Bool { if case .message = self { true } else { false } }
  var isFloating: Bool {
    if case .number(let name) = self { name == "Double" || name == "Float" } else { false }
  }

  /// The Swift value of a C expression.
  func reading(_ expression: String) -> String {
    switch self {
    case .number: expression
    case .bool: "\(expression) != 0"
    case .enumeration(let name): "\(name)(rawValue: \(expression))"
    case .text: "arena.text(\(expression))"
    case .bytes: "arena.bytes(\(expression))"
    case .message: "arena.messageOrEmpty(\(expression))"
    }
  }

  /// The C value of a Swift expression.
  func placing(_ expression: String) -> String {
    switch self {
    case .number: expression
    case .bool: "\(expression) ? 1 : 0"
    case .enumeration: "\(expression).rawValue"
    case .text, .bytes, .message: "arena.place(\(expression))"
    }
  }

  /// The name of the arena's function for a repeated field.
  var plural: String {
    switch self {
    case .number: "numbers"
    case .bool: "bools"
    case .enumeration: "enums"
    case .text: "texts"
    case .bytes: "blobs"
    case .message: "messages"
    }
  }

  /// Whether a value has to be written, as a condition.
  func isSet(_ expression: String) -> String {
    switch self {
    case .number where isFloating: "\(expression).bitPattern != 0"
    case .number: "\(expression) != 0"
    case .bool: expression
    case .enumeration: "\(expression).rawValue != 0"
    case .text, .bytes: "!\(expression).isEmpty"
    case .message: "true"
    }
  }
}

/// How often a field's value occurs.
enum Shape {
  /// One value; its default is the same as none.
  case plain(Element)
  /// One value or none.
  case optional(Element)
  case repeated(Element)
  case map(key: Element, value: Element)
}

/// A field outside of oneofs with its names and types.
struct FieldPlan {
  let descriptor: FieldDescriptor
  let shape: Shape
  /// The property.
  let property: String
  /// The member of the C struct.
  let member: String
  /// The property as generated code reaches it.
  var access: String { Names.access(property) }
  /// What `if let` binds, and under which name.
  var binding: (pattern: String, name: String) {
    access == property ? (property, property) : ("value = \(access)", "value")
  }

  init(_ descriptor: FieldDescriptor, member: String) throws {
    self.descriptor = descriptor
    self.member = member
    property = Names.property(descriptor.name)
    if descriptor.isMap, let entry = descriptor.messageType.mapKeyAndValue {
      shape = .map(key: try Element(entry.key), value: try Element(entry.value))
    } else if descriptor.isRepeated {
      shape = .repeated(try Element(descriptor))
    } else if descriptor.hasPresence {
      shape = .optional(try Element(descriptor))
    } else {
      shape = .plain(try Element(descriptor))
    }
  }

  var type: String {
    switch shape {
    case .plain(let element): element.type
    case .optional(let element): "\(element.type)?"
    case .repeated(let element): "[\(element.type)]"
    case .map(let key, let value): "[\(key.type): \(value.type)]"
    }
  }

  var empty: String {
    switch shape {
    case .plain(let element): element.empty
    case .optional: "nil"
    case .repeated: "[]"
    case .map: "[:]"
    }
  }

  /// Adds the statement that copies the field from the C struct.
  func read(into text: inout SourceText) {
    let from = "c.pointee.\(member)"
    let count = "c.pointee.n_\(member)"
    switch shape {
    case .plain(let element):
      text.line("\(access) = \(element.reading(from))")
    case .optional(.message):
      text.line("\(access) = arena.message(\(from))")
    case .optional(let element):
      text.line("\(access) = c.pointee.has_\(member) != 0 ? \(element.reading(from)) : nil")
    case .repeated(let element):
      text.line("\(access) = arena.\(element.plural)(\(from), \(count))")
    case .map(let key, let value):
      text.line("\(access) = arena.map(\(from), \(count)) { entry in")
      let key = key.reading("entry.pointee.key")
      let value = value.reading("entry.pointee.value")
      text.line("  (\(key), \(value))")
      text.line("}")
    }
  }

  /// Adds the statements that fill the C struct.
  func fill(into text: inout SourceText) {
    let to = "c.pointee.\(member)"
    switch shape {
    case .plain(let element):
      text.block("if \(element.isSet(access))") {
        $0.line("c.pointee.has_\(member) = 1")
        $0.line("\(to) = \(element.placing(access))")
      }
    case .optional(let element):
      text.block("if let \(binding.pattern)") {
        if !element.isMessage { $0.line("c.pointee.has_\(member) = 1") }
        $0.line("\(to) = \(element.placing(binding.name))")
      }
    case .repeated(let element):
      text.block("if !\(access).isEmpty") {
        $0.line("c.pointee.n_\(member) = \(access).count")
        $0.line("\(to) = arena.place(\(element.plural): \(access))")
      }
    case .map(let key, let value):
      let entry = CNames.function(descriptor.messageType)
      text.block("if !\(access).isEmpty") {
        $0.line("c.pointee.n_\(member) = \(access).count")
        $0.line("\(to) = arena.place(map: \(access), by: Arena.precedes) { entry, key, value in")
        $0.line("  \(entry)__init(entry)")
        $0.line("  entry.pointee.has_key = 1")
        $0.line("  entry.pointee.key = \(key.placing("key"))")
        if !value.isMessage { $0.line("  entry.pointee.has_value = 1") }
        $0.line("  entry.pointee.value = \(value.placing("value"))")
        $0.line("}")
      }
    }
  }
}
