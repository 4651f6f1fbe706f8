import SwiftProtobufPluginLibrary

/// A oneof with its names and its members.
struct OneofPlan {
  let descriptor: OneofDescriptor
  let property: String
  /// The nested enum with one case for each field.
  let type: String
  private let member: String
  private let choices: [(field: FieldDescriptor, element: Element, name: String, member: String)]

  init(_ descriptor: OneofDescriptor, _ names: (fields: [Int32: String], oneofs: [Int: String])) throws {
    self.descriptor = descriptor
    property = Names.property(descriptor.name)
    type = Names.type(descriptor)
    member = names.oneofs[descriptor.index] ?? descriptor.name
    choices = try descriptor.fields.map { field in
      (field, try Element(field), Names.property(field.name), names.fields[field.number] ?? field.name)
    }
  }

  func writeType(into text: inout SourceText) {
    text.line("/// The choices of `\(descriptor.name)`.")
    text.block("public enum \(type): Sendable, Equatable") {
      for choice in choices {
        $0.documentation(of: choice.field, otherwise: "The field `\(choice.field.name)`.")
        $0.line("case \(choice.name)(\(choice.element.type))")
      }
    }
  }

  /// Adds the statements that copy the oneof from the C struct.
  func read(into text: inout SourceText) {
    text.line("switch c.pointee.\(member)_case.rawValue {")
    for choice in choices {
      let value = choice.element.reading("c.pointee.\(choice.member)")
      text.line("case \(choice.field.number): \(Names.access(property)) = .\(choice.name)(\(value))")
    }
    text.line("default: \(Names.access(property)) = nil")
    text.line("}")
  }

  /// Adds the statements that fill the C struct.
  func fill(into text: inout SourceText) {
    text.line("switch \(Names.access(property)) {")
    for choice in choices {
      text.line("case .\(choice.name)(let value):")
      text.line("  c.pointee.\(member)_case = .init(rawValue: \(choice.field.number))")
      text.line("  c.pointee.\(choice.member) = \(choice.element.placing("value"))")
    }
    text.line("case nil: break")
    text.line("}")
  }
}
