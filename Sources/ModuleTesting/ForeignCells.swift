/// The cells of the authorisation matrix for callers from elsewhere, of the methods that have a scope: which there are,
/// and which of them a request was tried in that counts.
///
/// A request counts if it names, or is answered with, a thing that exists and is out of the caller's reach, and if the
/// method can be brought to deal with that thing for a caller within reach. An answer to any other request tells
/// nothing, because a method that lets everybody in gives the same.
struct ForeignCells {
  /// A method, called in a role by a caller from elsewhere.
  struct Cell: Hashable {
    let path: String
    let situation: AccessMatrix.Situation
    let role: String
  }

  private var isTriedByCell: [Cell: Bool] = [:]

  var count: Int { isTriedByCell.count }
  var triedCount: Int { isTriedByCell.values.filter { $0 }.count }

  /// Adds a cell that nothing was tried in yet.
  mutating func add(_ cell: Cell) { isTriedByCell[cell] = false }

  /// Says that a request was tried in a cell that counts.
  mutating func markTried(_ cell: Cell) { isTriedByCell[cell] = true }

  func isTried(_ cell: Cell) -> Bool { isTriedByCell[cell] ?? false }

  /// Whether a request that counts was tried in any cell of the methods of a package.
  func isAnyTried(inPackage package: String) -> Bool {
    isTriedByCell.contains { $0.value && $0.key.path.hasPrefix("/\(package).") }
  }

  /// How many cells the methods of a package have, and in how many of them a request that counts was tried.
  func counts(inPackage package: String) -> (all: Int, tried: Int) {
    let cells = isTriedByCell.filter { $0.key.path.hasPrefix("/\(package).") }
    return (cells.count, cells.values.count { $0 })
  }

  /// Where the cells of a package that no request that counts was tried in are not those that are listed: one line each.
  func violations(of listed: UnreachedCells) -> [String] {
    let prefix = "/\(listed.package)."
    let untried = isTriedByCell.filter { !$0.value && $0.key.path.hasPrefix(prefix) }.keys
    let found = Set(untried.map { "\($0.path.dropFirst(prefix.utf8.count)) \($0.situation.rawValue)" })
    return found.subtracting(listed.cells).map {
      "\(listed.package): no request that counts reached \($0), which is not listed as unreached"
    }
      + listed.cells.subtracting(found).map {
        "\(listed.package): \($0) is listed as unreached, and is no such cell any more"
      }
  }

  /// One line for each method with cells that no request that counts was tried in, for whoever reads the test's output.
  var untried: [String] {
    let cells = isTriedByCell.filter { !$0.value }.keys
    return Dictionary(grouping: cells, by: \.path).sorted { $0.key < $1.key }.map { path, cells in
      let places = Dictionary(grouping: cells, by: \.situation.rawValue).sorted { $0.key < $1.key }
      let texts = places.map { "\($0.key) \($0.value.map(\.role).sorted().joined(separator: " "))" }
      return "\(path): \(texts.joined(separator: ", "))"
    }
  }
}
