import ModuleKit

/// `AreaService`: the tree of areas.
struct AreaHandler: AreaServiceHandler {
  let vault: Vault

  func getArea(_ request: GetAreaRequest, _ snapshot: Snapshot) throws -> Area {
    let code = try AreaInput.code(request.code, "code")
    return try area(code, snapshot)
  }

  func listAreas(_ request: ListAreasRequest, _ snapshot: Snapshot) throws -> ListAreasResponse {
    let filter = AreaStore.Filter(
      parentCode: request.parentCode.isEmpty
        ? nil
        : request.parentCode == "root" ? "" : try AreaInput.code(request.parentCode, "parent_code").text,
      within: request.withinCode.isEmpty ? nil : try AreaInput.code(request.withinCode, "within_code"),
      level: request.level, nameContains: try WorkerInput.wanted(request.nameContains, "name_contains"))
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: [
        "areas", filter.parentCode ?? "*", filter.within?.text ?? "", "\(filter.level.rawValue)",
        filter.nameContains,
      ])
    let store = AreaStore(snapshot: snapshot)
    var areas = try store.areas(filter, after: page.cursor.first ?? "", limit: page.limit + 1)
    let next = page.cut(&areas) { [$0.code] }
    var names = FullNames(store: store)
    for index in areas.indices { areas[index].fullName = try names.fullName(of: areas[index]) }
    return ListAreasResponse(areas: areas, nextPageToken: next)
  }

  func createArea(_ request: CreateAreaRequest, _ transaction: Transaction) throws -> Area {
    let code = try AreaInput.code(request.code, "code")
    try AreaHandler.checkReach(code, transaction)
    guard try !AreaStore(snapshot: transaction).exists(code) else {
      throw WorkersError.areaExists(code: code.text)
    }
    try AreaWriter(transaction: transaction).insert(
      code, name: try AreaInput.name(request.name), location: try request.location.map(AreaInput.location))
    return try area(code, transaction)
  }

  func updateArea(_ request: UpdateAreaRequest, _ transaction: Transaction) throws -> Area {
    let code = try AreaInput.code(request.code, "code")
    guard let known = try AreaStore(snapshot: transaction).area(code.text) else {
      throw WorkersError.areaNotFound(code.text)
    }
    try AreaHandler.checkReach(code, transaction)
    try WorkersError.requireETag(request.etag, is: known.etag, of: "area")
    let selection = try FieldSelection(
      request.updateMask, of: ["name": !request.name.isEmpty, "location": request.location != nil])
    let name = selection.contains("name") ? try AreaInput.name(request.name) : known.name
    let location =
      selection.contains("location") ? try request.location.map(AreaInput.location) : known.location
    try AreaWriter(transaction: transaction).update(code, name: name, location: location)
    return try area(code, transaction)
  }

  func getImport(_ request: GetImportRequest, _ snapshot: Snapshot) throws -> ImportSummary {
    try ImportStore(snapshot: snapshot, target: .areas).summary(request.importID)
  }

  func listImportErrors(_ request: ListImportErrorsRequest, _ snapshot: Snapshot) throws
    -> ListImportErrorsResponse
  {
    try ImportStore(snapshot: snapshot, target: .areas).errors(request)
  }

  /// Refuses staff an area outside of their own.
  static func checkReach(_ code: AreaCode, _ snapshot: Snapshot) throws {
    guard snapshot.reach.includes(area: code.text) else {
      throw WorkersError.areaNotYours(code.text)
    }
  }

  private func area(_ code: AreaCode, _ snapshot: Snapshot) throws -> Area {
    let store = AreaStore(snapshot: snapshot)
    guard var area = try store.area(code.text) else { throw WorkersError.areaNotFound(code.text) }
    var names = FullNames(store: store)
    area.fullName = try names.fullName(of: area)
    return area
  }
}

/// The full names of areas, reading each area around them once.
struct FullNames {
  let store: AreaStore
  private var names: [AreaCode: String?] = [:]

  init(store: AreaStore) { self.store = store }

  /// The names from the province down. A municipality's one city bears its province's name; it is said once.
  mutating func fullName(of area: Area) throws -> String {
    var parts: [String] = []
    for ancestor in AreaCode(area.code)?.ancestors ?? [] {
      if let name = try name(of: ancestor), name != parts.last { parts.append(name) }
    }
    if area.name != parts.last { parts.append(area.name) }
    return parts.joined()
  }

  private mutating func name(of code: AreaCode) throws -> String? {
    if let known = names[code] { return known }
    let name = try store.name(code.text)
    names[code] = .some(name)
    return name
  }
}
