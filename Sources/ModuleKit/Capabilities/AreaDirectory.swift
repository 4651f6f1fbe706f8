/// What other modules may know of an area.
public struct AreaSummary: Sendable, Hashable {
  /// The code.
  public let code: AreaCode
  /// The name: 西城区.
  public let name: String

  /// Creates a summary.
  public init(code: AreaCode, name: String) {
    self.code = code
    self.name = name
  }
}

/// The tree of areas, for modules that place things in it.
///
/// Provided by the module workers; each call reads in the snapshot or transaction that it is given.
public protocol AreaDirectory: Sendable {
  /// The area of a code, or nil if it is not in the tree.
  func area(_ code: String, in snapshot: Snapshot) throws -> AreaSummary?
  /// The areas of the tree around one, from the province down, without itself.
  func ancestors(of code: String, in snapshot: Snapshot) throws -> [AreaSummary]
}

extension AreaDirectory {
  /// Whether an area is in the tree.
  public func exists(_ code: String, in snapshot: Snapshot) throws -> Bool {
    try area(code, in: snapshot) != nil
  }

  /// Whether an area is another one or lies within it; false if either is no area code. Needs no snapshot.
  public func isWithin(_ code: String, subtreeOf outer: String) -> Bool {
    guard let code = AreaCode(code), let outer = AreaCode(outer) else { return false }
    return outer.contains(code)
  }
}
