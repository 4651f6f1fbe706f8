/// The fields that an update changes: those of its mask, or, without one, those that are set.
/// Source: AIP-134, "Field masks"; AIP-161.
public struct FieldSelection: Sendable, Equatable {
  /// The fields' names, in the order in which they were declared.
  public let names: [String]

  /// Reads an update mask.
  /// - Parameters:
  ///   - mask: the request's `update_mask`; one without paths is as good as none.
  ///   - all: the fields that can be changed, and whether each is set in the request.
  /// - Throws: `Status` INVALID_ARGUMENT for a path that is no such field, or if there is nothing to change.
  public init(_ mask: ProtoFieldMask?, of all: KeyValuePairs<String, Bool>) throws {
    let paths = Set(mask?.paths ?? [])
    if let unknown = mask?.paths.first(where: { path in !all.contains { $0.key == path } }) {
      let known = all.map(\.key).joined(separator: ", ")
      throw Status(
        updateMask: "FIELD_UNKNOWN", "\"\(unknown.prefix(64))\" cannot be changed; only \(known) can",
        "“\(unknown.prefix(64))”不可修改,可修改的字段:\(known)")
    }
    names = all.filter { paths.isEmpty ? $0.value : paths.contains($0.key) }.map(\.key)
    if names.isEmpty {
      throw Status(updateMask: "NOTHING_TO_CHANGE", "says of no field that it changes", "没有要修改的字段")
    }
  }

  /// Whether a field is changed.
  public func contains(_ name: String) -> Bool { names.contains(name) }

  /// The fields that are changed and not among those allowed, in alphabetical order.
  public func others(than allowed: Set<String>) -> [String] {
    names.filter { !allowed.contains($0) }.sorted()
  }
}

extension Status {
  fileprivate init(updateMask reason: String, _ description: String, _ chinese: String) {
    self = Refusal.invalid([FieldViolation("update_mask", reason, description, chinese)])
      .status(domain: "yizhan")
  }
}
