import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// What protos must be like before anything is generated from them.
struct Rules {
  private let library: Library

  init(_ library: Library) { self.library = library }

  /// - Throws: `GenerationError` with one line for each thing at fault.
  func check(_ units: [Unit]) throws {
    var problems: [String] = []
    for unit in units {
      for name in unit.files {
        guard let file = library.files[name] else { continue }
        if file.edition != .proto3 { problems.append("\(name): only proto3 is supported") }
        for message in file.messages { try check(message, unit, &problems) }
        if file.package.hasPrefix("yizhan.") {
          for service in file.services {
            for method in service.methods { try check(method, &problems) }
          }
        }
      }
      problems += collisions(in: unit)
    }
    if !problems.isEmpty { throw GenerationError(problems.joined(separator: "\n")) }
  }

  private func check(_ message: Descriptor, _ unit: Unit, _ problems: inout [String]) throws {
    let at = place(message.file, message)
    if let cycle = cycle(from: message, path: [message]) {
      problems.append(
        "\(at): \(message.fullName) contains itself (\(cycle)); recursive messages are refused because the "
          + "decoder has no limit of depth")
    }
    for field in message.fields {
      let at = place(message.file, field)
      if let type = field.messageType {
        if type.file.name == "google/protobuf/struct.proto" {
          problems.append(
            "\(at): \(field.name) is a \(type.fullName), which is recursive; declare a message instead")
        } else if !type.options.mapEntry, library.unit(of: type.file) == nil {
          problems.append("\(at): \(type.fullName) is declared in \(type.file.name), which no unit generates")
        } else if let other = library.unit(of: type.file), !canUse(other, from: unit) {
          problems.append(
            "\(at): \(type.fullName) belongs to \(other.name); a module uses its own messages, those of events "
              + "and bulk, and the standard ones")
        }
      }
      if let personal = try DeclaredOptions.personal(field), personal.kind == 0 || personal.purpose.isEmpty {
        problems.append("\(at): the personal field \(field.name) needs a kind and a purpose")
      }
    }
    let names =
      message.fields.filter { $0.realContainingOneof == nil }.map { Names.property($0.name) }
      + message.realOneofs.map { Names.property($0.name) }
    for (name, uses) in Dictionary(grouping: names, by: \.self) where uses.count > 1 {
      problems.append("\(at): \(uses.count) fields of \(message.fullName) would be \(name) in Swift")
    }
    for nested in message.messages { try check(nested, unit, &problems) }
  }

  private func check(_ method: MethodDescriptor, _ problems: inout [String]) throws {
    let at = place(method.file, method)
    guard let option = try DeclaredOptions.method(method) else {
      problems.append("\(at): \(method.name) needs option (yizhan.method) with kind, roles and scope")
      return
    }
    guard let kind = CallKind(rawValue: option.kind) else {
      problems.append("\(at): \(method.name) needs a kind: READ, REPORT, WRITE or STREAM")
      return
    }
    if option.roles.isEmpty || option.roles.contains(0) {
      problems.append("\(at): \(method.name) needs roles: who may call it")
    }
    if CallScope(rawValue: option.scope) == nil {
      problems.append(
        "\(at): \(method.name) needs a scope: ANY, ORGANISATION, EMPLOYMENT, AREA, CASE or HOST")
    }
    if option.scope == CallScope.host.rawValue, option.roles.contains(CallScope.anyone) {
      problems.append(
        "\(at): \(method.name) is for ANYONE, of whom nobody knows areas: its scope cannot be HOST")
    }
    let isStreaming = method.clientStreaming || method.serverStreaming
    if kind != .stream, isStreaming {
      problems.append("\(at): \(method.name) streams, so that its kind must be STREAM")
    } else if kind == .stream, !isStreaming {
      problems.append(
        "\(at): \(method.name) is of kind STREAM, but neither its requests nor its replies stream")
    }
  }

  private func canUse(_ other: Unit, from unit: Unit) -> Bool {
    other.name == unit.name || other.name == "Wire" || (other.name == "ModuleKit" && unit.name != "Wire")
  }

  /// The way from a message back to it, if there is one.
  private func cycle(from message: Descriptor, path: [Descriptor]) -> String? {
    for field in path[path.count - 1].fields {
      guard let type = field.messageType else { continue }
      if type === message { return (path + [message]).map(\.name).joined(separator: " → ") }
      if path.contains(where: { $0 === type }) { continue }
      if let found = cycle(from: message, path: path + [type]) { return found }
    }
    return nil
  }

  private func collisions(in unit: Unit) -> [String] {
    var problems: [String] = []
    var owners: [String: String] = [:]
    for file in unit.files.compactMap({ library.files[$0] }) {
      let things: [(String, String, String)] =
        file.messages.map { (Names.type($0), $0.fullName, place(file, $0)) }
        + file.enums.map { (Names.type($0), $0.fullName, place(file, $0)) }
      for (name, fullName, at) in things {
        if Names.reservedTypes.contains(name) {
          problems.append(
            "\(at): the Swift type \(name) would hide one that generated code needs; rename \(fullName)")
        }
        if let owner = owners[name] {
          problems.append(
            "\(at): \(fullName) and \(owner) are both \(name) in Swift; rename one or set option swift_prefix"
          )
        }
        owners[name] = fullName
      }
    }
    return problems
  }
}

/// What a method's callers reach, with the numbers of `yizhan.Method.Scope`.
enum CallScope: Int {
  case any = 1
  case organisation = 2
  case employment = 3
  case area = 4
  case `case` = 5
  case host = 6

  /// The number of the role ANYONE.
  static let anyone = 7
}

/// The kinds of method, with their numbers in `yizhan.Method.Kind`.
enum CallKind: Int {
  case read = 1
  case report = 2
  case write = 3
  case stream = 4
}
