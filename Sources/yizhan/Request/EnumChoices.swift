import Wire

/// An enum's values as people type and read them: "LISTED" for STATE_LISTED of the enum State.
struct EnumChoices: Sendable {
  private let type: EnumSchema
  private let prefix: String

  init(_ type: EnumSchema) {
    self.type = type
    let own = Words.split(type.name).joined(separator: "_").uppercased() + "_"
    prefix = type.values.allSatisfy { $0.name.hasPrefix(own) && $0.name.count > own.count } ? own : ""
  }

  /// The values that say something, in lower case, in the order of their declaration.
  var shown: [(name: String, comment: String)] {
    type.values.filter { $0.number != 0 || !$0.name.hasSuffix("UNSPECIFIED") }
      .map { (short($0.name).lowercased(), $0.comment) }
  }

  private func short(_ name: String) -> String { String(name.dropFirst(prefix.count)) }

  /// A number as people read it; the number itself if it has no name.
  func text(_ number: Int32) -> String { type.name(of: number).map(short) ?? String(number) }

  /// The number of a typed value: its short or whole name in any case, with "-" for "_" or neither, or a
  /// number; nil if there is none.
  func number(_ typed: String) -> Int32? {
    let name = Self.letters(typed)
    let value = type.values.first { Self.letters(short($0.name)) == name || Self.letters($0.name) == name }
    return value?.number ?? Int32(typed)
  }

  private static func letters(_ name: String) -> String {
    name.uppercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
  }

  /// What the typed value was probably meant to be.
  func suggestion(for typed: String) -> String? {
    Suggestions.nearest(to: typed, among: shown.map(\.name))
  }
}
