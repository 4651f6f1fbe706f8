import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// Writes the Swift type of a message with everything nested in it.
struct MessageWriter {
  private let descriptor: Descriptor
  /// The members in the order of declaration: a oneof stands where its first field does.
  private let members: [Member]

  private enum Member {
    case field(FieldPlan)
    case oneof(OneofPlan)
  }

  init(_ descriptor: Descriptor) throws {
    self.descriptor = descriptor
    let names = CNames.members(descriptor)
    var members: [Member] = []
    var done: Set<Int> = []
    for field in descriptor.fields {
      if let oneof = field.realContainingOneof {
        if done.insert(oneof.index).inserted { members.append(.oneof(try OneofPlan(oneof, names))) }
      } else {
        members.append(.field(try FieldPlan(field, member: names.fields[field.number] ?? field.name)))
      }
    }
    self.members = members
  }

  func write(into text: inout SourceText) throws {
    let name = Names.type(descriptor)
    let simpleName = name.split(separator: ".").last.map(String.init) ?? name
    text.documentation(of: descriptor, otherwise: "The message `\(descriptor.fullName)`.")
    try text.block("public struct \(simpleName): GeneratedMessage") {
      writeProperties(into: &$0)
      $0.line("/// The message's full name in protobuf.")
      $0.line("public static var fullName: String { \"\(descriptor.fullName)\" }")
      $0.line("/// The protobuf-c codec.")
      $0.line("public static let codec = Codec(\(CNames.function(descriptor))__init)")
      $0.line()
      writeInitialisers(into: &$0)
      $0.line()
      writeReading(into: &$0)
      $0.line()
      writeFilling(into: &$0)
      $0.line()
      try CheckWriter(descriptor).write(into: &$0)
      try MaskWriter(descriptor).write(into: &$0)
      for case .oneof(let oneof) in members {
        $0.line()
        oneof.writeType(into: &$0)
      }
      for enumeration in descriptor.enums {
        $0.line()
        EnumWriter(enumeration).write(into: &$0)
      }
      for nested in descriptor.messages where !nested.options.mapEntry {
        $0.line()
        try MessageWriter(nested).write(into: &$0)
      }
    }
  }

  private func writeProperties(into text: inout SourceText) {
    for member in members {
      switch member {
      case .field(let field):
        text.documentation(of: field.descriptor, otherwise: "The field `\(field.descriptor.name)`.")
        text.line("public var \(field.property): \(field.type)")
      case .oneof(let oneof):
        text.documentation(of: oneof.descriptor, otherwise: "The oneof `\(oneof.descriptor.name)`.")
        text.line("public var \(oneof.property): \(oneof.type)?")
      }
    }
    if !members.isEmpty { text.line() }
  }

  private func writeInitialisers(into text: inout SourceText) {
    let parameters = members.map { member in
      switch member {
      case .field(let field): (name: field.property, type: field.type, empty: field.empty)
      case .oneof(let oneof): (name: oneof.property, type: "\(oneof.type)?", empty: "nil")
      }
    }
    text.line("/// Creates the message with every field at its default.")
    text.line("@inline(__always)")
    text.block("public init()") {
      for parameter in parameters { $0.line("\(selfMember(parameter.name)) = \(parameter.empty)") }
    }
    if parameters.isEmpty { return }
    text.line()
    text.line("/// Creates a message; a field that is not given is at its default.")
    let list = parameters.map { "\($0.name): \($0.type) = \($0.empty)" }.joined(separator: ", ")
    text.block("public init(\(list))") {
      for parameter in parameters { $0.line("self.\(bare(parameter.name)) = \(parameter.name)") }
    }
  }

  private func writeReading(into text: inout SourceText) {
    text.line("/// Copies a decoded C struct.")
    text.block("public init(reading raw: UnsafeRawPointer, in arena: Arena)") {
      if members.isEmpty { return }
      $0.line("let c = raw.assumingMemoryBound(to: \(CNames.structure(descriptor)).self)")
      for member in members {
        switch member {
        case .field(let field): field.read(into: &$0)
        case .oneof(let oneof): oneof.read(into: &$0)
        }
      }
    }
  }

  private func writeFilling(into text: inout SourceText) {
    text.line("/// Fills a C struct.")
    text.block("public func fill(_ raw: UnsafeMutableRawPointer, in arena: Arena)") {
      if members.isEmpty { return }
      $0.line("let c = raw.assumingMemoryBound(to: \(CNames.structure(descriptor)).self)")
      for member in members {
        switch member {
        case .field(let field): field.fill(into: &$0)
        case .oneof(let oneof): oneof.fill(into: &$0)
        }
      }
    }
  }

  private func selfMember(_ name: String) -> String { name.hasPrefix("`") ? "self.\(bare(name))" : name }

  /// A name after a dot, where only `init` has to stay quoted.
  private func bare(_ name: String) -> String {
    name == "`init`" ? name : name.replacing("`", with: "")
  }
}
