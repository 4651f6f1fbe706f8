import SwiftProtobufPluginLibrary

/// Writes the Swift type of an enum.
struct EnumWriter {
  private let descriptor: EnumDescriptor

  init(_ descriptor: EnumDescriptor) { self.descriptor = descriptor }

  func write(into text: inout SourceText) {
    let originals = Dictionary(descriptor.values.map { ($0.number, $0) }) { first, _ in first }
    let values = descriptor.values.filter { originals[$0.number] === $0 }
    text.documentation(of: descriptor, otherwise: "The enum `\(descriptor.fullName)`.")
    text.block("public enum \(Names.simple(name)): MessageEnum") {
      for value in values {
        $0.documentation(of: value, otherwise: "`\(value.name)`.")
        $0.line("case \(Names.enumCase(value))")
      }
      $0.line("/// A number that this program does not know.")
      $0.line("case unrecognized(Int32)")
      $0.line()
      for alias in descriptor.values {
        guard let original = originals[alias.number], original !== alias else { continue }
        $0.documentation(of: alias, otherwise: "Another name for `\(original.name)`.")
        $0.line("public static var \(Names.enumCase(alias)): Self { .\(Names.enumCase(original)) }")
      }
      $0.line("/// The values that this program knows.")
      let cases = values.map { ".\(Names.enumCase($0))" }.joined(separator: ", ")
      $0.line("public static var allCases: [Self] { [\(cases)] }")
      $0.line()
      $0.line("/// The value for a number, `unrecognized` if this program does not know it.")
      $0.block("public init(rawValue: Int32)") {
        $0.line("switch rawValue {")
        for value in values { $0.line("case \(value.number): self = .\(Names.enumCase(value))") }
        $0.line("default: self = .unrecognized(rawValue)")
        $0.line("}")
      }
      $0.line()
      $0.line("/// The value's number.")
      $0.block("public var rawValue: Int32") {
        $0.line("switch self {")
        for value in values { $0.line("case .\(Names.enumCase(value)): \(value.number)") }
        $0.line("case .unrecognized(let number): number")
        $0.line("}")
      }
      $0.line()
      $0.line("/// Whether this program knows the value.")
      $0.block("public var isKnown: Bool") {
        $0.line("if case .unrecognized = self { false } else { true }")
      }
    }
  }

  /// The type's own name: with the file's prefix unless it is nested.
  private var name: String {
    let name = Names.type(descriptor)
    return name.split(separator: ".").last.map(String.init) ?? name
  }
}
