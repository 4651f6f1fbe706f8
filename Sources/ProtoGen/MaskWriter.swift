import SwiftProtobufPluginLibrary

/// Writes `personalPurposes` and `maskPersonalData` of a message that holds personal data, itself or in the messages
/// in it.
struct MaskWriter {
  private let descriptor: Descriptor

  init(_ descriptor: Descriptor) { self.descriptor = descriptor }

  /// A purpose with the roles that may see values for it.
  private struct Purpose: Hashable, Comparable {
    let name: String
    let roles: UInt32
    static func < (left: Self, right: Self) -> Bool { (left.name, left.roles) < (right.name, right.roles) }
  }

  /// Nothing for a message without personal data: `Message` has a default.
  func write(into text: inout SourceText) throws {
    let purposes = try Self.purposes(of: descriptor)
    if purposes.isEmpty { return }
    text.line()
    text.line("/// The purposes for which the personal fields can be seen.")
    text.block("public static var personalPurposes: [PersonalPurpose]") {
      let list = purposes.sorted().map { "PersonalPurpose(\"\($0.name)\", roles: \($0.roles))" }
      $0.line("[\(list.joined(separator: ", "))]")
    }
    text.line()
    text.line("/// Masks the personal fields that a caller does not see.")
    try text.block("public mutating func maskPersonalData(for sight: PersonalSight)") {
      for (purpose, fields) in try own() {
        try $0.block("if !sight.reveals(\"\(purpose.name)\", to: \(purpose.roles))") {
          for (field, kind) in fields { try mask(field, kind, &$0) }
        }
      }
      for field in descriptor.fields {
        guard try DeclaredOptions.personal(field) == nil, let message = field.messageType else { continue }
        if try !Self.purposes(of: message).isEmpty { try descend(field, &$0) }
      }
    }
  }

  /// The message's own personal fields by purpose, in order.
  private func own() throws -> [(Purpose, [(FieldDescriptor, Int)])] {
    var fields: [Purpose: [(FieldDescriptor, Int)]] = [:]
    for field in descriptor.fields {
      guard let personal = try DeclaredOptions.personal(field) else { continue }
      fields[Purpose(name: personal.purpose, roles: personal.unmaskRoles), default: []].append(
        (field, personal.kind))
    }
    return fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Messages do not recurse (`Rules` refuses those that do), so this ends.
  private static func purposes(of descriptor: Descriptor) throws -> Set<Purpose> {
    var purposes: Set<Purpose> = []
    for field in descriptor.fields {
      if let personal = try DeclaredOptions.personal(field) {
        purposes.insert(Purpose(name: personal.purpose, roles: personal.unmaskRoles))
      } else if let message = field.messageType {
        purposes.formUnion(try self.purposes(of: message))
      }
    }
    return purposes
  }

  private func mask(_ field: FieldDescriptor, _ kind: Int, _ text: inout SourceText) throws {
    guard field.realContainingOneof == nil else {
      throw GenerationError("\(place(field.file, field)): a personal field cannot be part of a oneof")
    }
    let plan = try FieldPlan(field, member: "")
    let access = plan.access
    guard let function = Self.functions[kind] else { return text.line("\(access) = \(plan.empty)") }
    switch plan.shape {
    case .plain(.text): text.line("\(access) = Masking.\(function)(\(access))")
    case .optional(.text): text.line("\(access) = \(access).map { Masking.\(function)($0) }")
    case .repeated(.text):
      text.line("for index in \(access).indices { \(access)[index] = Masking.\(function)(\(access)[index]) }")
    default: text.line("\(access) = \(plan.empty)")
    }
  }

  private func descend(_ field: FieldDescriptor, _ text: inout SourceText) throws {
    if let oneof = field.realContainingOneof {
      let access = Names.access(Names.property(oneof.name))
      let name = Names.property(field.name)
      text.block("if case .\(name)(var value) = \(access)") {
        $0.line("value.maskPersonalData(for: sight)")
        $0.line("\(access) = .\(name)(value)")
      }
      return
    }
    let plan = try FieldPlan(field, member: "")
    let access = plan.access
    switch plan.shape {
    case .plain: text.line("\(access).maskPersonalData(for: sight)")
    case .optional(let element):
      text.block("if case .some = \(access)") {
        $0.line("\(access)?.maskPersonalData(for: sight)")
        // A message of which nothing is left would tell that there was something.
        $0.line("if \(access) == \(element.empty) { \(access) = nil }")
      }
    case .repeated:
      text.line("for index in \(access).indices { \(access)[index].maskPersonalData(for: sight) }")
    case .map: text.line("for key in \(access).keys { \(access)[key]?.maskPersonalData(for: sight) }")
    }
  }

  /// How a text of each kind of `yizhan.Personal.Kind` is masked; location, health and affiliation leave nothing.
  private static let functions = [
    1: "name", 2: "phone", 3: "identityNumber", 4: "address", 8: "freeText", 9: "birthDate",
    10: "whole",
  ]
}
