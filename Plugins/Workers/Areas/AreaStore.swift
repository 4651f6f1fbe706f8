import ModuleKit

/// The table of areas, read.
struct AreaStore {
  let snapshot: Snapshot

  /// The area of a code, without its full name.
  func area(_ code: String) throws -> Area? {
    var query = AreaStore.select
    query.append(" code = ?", code)
    return try snapshot.first(query, read: AreaStore.area)
  }

  /// The area's name, or nil if it is not in the tree.
  func name(_ code: String) throws -> String? {
    try snapshot.first("SELECT name FROM workers_area WHERE code = ?", code) { $0.text(0) }
  }

  /// Whether the tree has an area.
  func exists(_ code: AreaCode) throws -> Bool {
    try snapshot.first("SELECT 1 FROM workers_area WHERE code = ?", code.text) { _ in true } ?? false
  }

  /// The areas of the tree around one, from the province down.
  func ancestors(of code: AreaCode) throws -> [AreaSummary] {
    try code.ancestors.compactMap { ancestor in
      try name(ancestor.text).map { AreaSummary(code: ancestor, name: $0) }
    }
  }

  /// Which areas a list holds.
  struct Filter {
    /// Only children of this area; an empty text for areas without a parent; nil for all.
    var parentCode: String?
    /// Only this area and those below it.
    var within: AreaCode?
    /// Only this level; `.unspecified` for all.
    var level: AreaLevel
    /// Only names that hold this text; empty for all.
    var nameContains: String
  }

  /// Areas by code.
  func areas(_ filter: Filter, after code: String, limit: Int) throws -> [Area] {
    var query = AreaStore.select
    query.append(" code > ?", code)
    if let parentCode = filter.parentCode {
      if parentCode.isEmpty {
        query.append(" AND parent_code IS NULL")
      } else {
        query.append(" AND parent_code = ?", parentCode)
      }
    }
    query.append(filter.within.map { [$0] }, in: "code")
    if filter.level != .unspecified { query.append(" AND level = ?", filter.level.rawValue) }
    if !filter.nameContains.isEmpty {
      query.append(" AND name LIKE ? ESCAPE '\\'", LikePattern.containing(filter.nameContains))
    }
    query.append(" ORDER BY code LIMIT ?", limit)
    return try snapshot.all(query, read: AreaStore.area)
  }

  private static let select = Query(
    """
    SELECT code, name, level, parent_code, longitude, latitude, version, create_time, update_time
    FROM workers_area WHERE
    """)

  private static func area(_ row: Row) -> Area {
    Area(
      code: row.text(0), name: row.text(1), level: AreaLevel(rawValue: Int32(row.int(2))),
      parentCode: row.optionalText(3) ?? "",
      location: row.optionalDouble(4).map { Location(longitude: $0, latitude: row.double(5)) },
      createTime: ProtoTimestamp(row.instant(7)), updateTime: ProtoTimestamp(row.instant(8)),
      etag: String(row.int64(6)))
  }
}

/// The table of areas, written.
struct AreaWriter {
  let transaction: Transaction

  /// Adds an area below the nearest one around it, and takes over the areas that belong below it.
  func insert(_ code: AreaCode, name: String, location: Location?) throws {
    let parent = try AreaStore(snapshot: transaction).ancestors(of: code).last?.code.text
    try transaction.execute(
      """
      INSERT INTO workers_area
        (code, name, level, parent_code, longitude, latitude, version, create_time, update_time)
      VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)
      """,
      code.text, name, code.level.rawValue, parent, location?.longitude, location?.latitude, transaction.now,
      transaction.now)
    // What lies within the new area and had the same parent as it now lies in it directly.
    guard code.level != .compound else { return }
    if let parent {
      try transaction.execute(
        "UPDATE workers_area SET parent_code = ? WHERE parent_code = ? AND code > ? AND code < ?",
        code.text, parent, code.text, code.upperBound)
    } else {
      try transaction.execute(
        "UPDATE workers_area SET parent_code = ? WHERE parent_code IS NULL AND code > ? AND code < ?",
        code.text, code.text, code.upperBound)
    }
  }

  /// Changes name and location.
  func update(_ code: AreaCode, name: String, location: Location?) throws {
    try transaction.execute(
      """
      UPDATE workers_area
      SET name = ?, longitude = ?, latitude = ?, version = version + 1, update_time = ?
      WHERE code = ?
      """,
      name, location?.longitude, location?.latitude, transaction.now, code.text)
  }
}

/// Patterns for `LIKE … ESCAPE '\'`.
enum LikePattern {
  /// Matches what holds a text.
  static func containing(_ text: String) -> String {
    var pattern = "%"
    for character in text {
      if character == "%" || character == "_" || character == "\\" { pattern.append("\\") }
      pattern.append(character)
    }
    return pattern + "%"
  }
}
