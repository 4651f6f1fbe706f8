import ModuleKit

/// The fields that an update changes.
struct FieldSelection {
  private let fields: Set<String>

  /// Reads an update mask.
  /// - Parameters:
  ///   - mask: the request's mask; without one, the fields that are set are changed.
  ///   - all: the fields that can be changed, and whether each is set in the request.
  /// - Throws: `WorkersError.invalid` for a path that is no such field, or if there is nothing to change.
  init(_ mask: ProtoFieldMask?, of all: KeyValuePairs<String, Bool>) throws {
    let paths = mask?.paths ?? []
    if let unknown = paths.first(where: { path in !all.contains { $0.key == path } }) {
      let names = all.map(\.key).joined(separator: ", ")
      throw WorkersError.invalid([
        Flaw(
          "update_mask", "FIELD_UNKNOWN", "\"\(unknown.prefix(64))\" cannot be changed; only \(names) can",
          "“\(unknown.prefix(64))”不可修改,可修改的字段:\(names)")
      ])
    }
    fields = Set(paths.isEmpty ? all.filter(\.value).map(\.key) : paths)
    guard !fields.isEmpty else {
      throw WorkersError.invalid([
        Flaw("update_mask", "NOTHING_TO_CHANGE", "says of no field that it changes", "没有要修改的字段")
      ])
    }
  }

  /// Whether a field is changed.
  func contains(_ field: String) -> Bool { fields.contains(field) }

  /// The fields that are changed and not in a list, by name.
  func others(than allowed: Set<String>) -> [String] { fields.subtracting(allowed).sorted() }
}
