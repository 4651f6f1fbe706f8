import Testing

@testable import ModuleTesting

/// How the cells of callers from elsewhere that nothing was tried in are compared with those that are known.
@Suite struct AccessMatrixTests {
  private static func cell(
    _ method: String, _ situation: AccessMatrix.Situation, _ role: String
  ) -> ForeignCells.Cell {
    ForeignCells.Cell(path: "/t.v1.\(method)", situation: situation, role: role)
  }

  private static var cells: ForeignCells {
    var cells = ForeignCells()
    for role in ["PARTNER", "PLATFORM"] {
      for method in ["Lockers/Get", "Lockers/Open"] {
        for situation in [AccessMatrix.Situation.foreignArea, .foreignOrganisation] {
          cells.add(cell(method, situation, role))
        }
      }
      cells.markTried(cell("Lockers/Get", .foreignArea, role))
      cells.markTried(cell("Lockers/Get", .foreignOrganisation, role))
      cells.markTried(cell("Lockers/Open", .foreignArea, role))
    }
    cells.add(ForeignCells.Cell(path: "/t.v12.Bays/Get", situation: .foreignArea, role: "STAFF"))
    return cells
  }

  @Test func whatIsListedIsNotReached() {
    let listed = UnreachedCells("t.v1", ["Lockers/Open foreignOrganisation"])
    #expect(Self.cells.violations(of: listed) == [])
    let (all, tried) = Self.cells.counts(inPackage: "t.v1")
    #expect(all == 8 && tried == 6)
  }

  @Test func aNewGapAndOneThatIsNoneAnyMoreAreNamed() {
    let found = Self.cells.violations(of: UnreachedCells("t.v1", ["Lockers/Get foreignArea"]))
    #expect(
      found == [
        "t.v1: no request that counts reached Lockers/Open foreignOrganisation, which is not listed as unreached",
        "t.v1: Lockers/Get foreignArea is listed as unreached, and is no such cell any more",
      ])
  }

  /// One role of whom a request counts does not stand for another.
  @Test func aCellIsReachedByEveryRole() {
    var cells = Self.cells
    cells.markTried(Self.cell("Lockers/Open", .foreignOrganisation, "PLATFORM"))
    #expect(cells.violations(of: UnreachedCells("t.v1", [])).count == 1)
    cells.markTried(Self.cell("Lockers/Open", .foreignOrganisation, "PARTNER"))
    #expect(cells.violations(of: UnreachedCells("t.v1", [])) == [])
  }
}
