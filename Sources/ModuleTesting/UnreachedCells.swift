/// The cells of the authorisation matrix for callers from elsewhere that no made-up request is known to reach, of the
/// methods of one package: what the contract's tests do not look at, and other tests have to.
///
/// A module whose tests list them is held to the list: what is not reached without being listed breaks the contract, and
/// so does what is listed and reached. A module without a list is not, and the test's output names its cells.
public struct UnreachedCells: Sendable {
  /// The package: "yizhan.workers.v1".
  public let package: String
  /// Service, method and situation of each cell: "WorkerService/EndEmployment foreignArea". What is `foreignArea` or
  /// `foreignOrganisation` is so for all roles together, because a request counts for all or for none.
  public let cells: Set<String>

  /// - Parameters:
  ///   - package: The package.
  ///   - cells: Service, method and situation of each cell.
  public init(_ package: String, _ cells: Set<String>) {
    self.package = package
    self.cells = cells
  }
}
