extension Query {
  /// Appends what keeps a query to what is within reach, beginning with " AND ":
  /// ```swift
  /// var query = Query("SELECT id, name FROM parking_bay WHERE id > ?", cursor)
  /// query.append(snapshot.reach, area: "area_code", owner: "organisation_id")
  /// query.append(" ORDER BY id LIMIT ?", limit)
  /// ```
  /// - Parameters:
  ///   - reach: the caller's.
  ///   - area: the column of the area's code.
  ///   - owner: the column of the organisation, employer or party that decides; nil for a table without one, in which
  ///     then nothing is within reach of whoever reaches by it.
  public mutating func append(_ reach: Reach, area: StaticString, owner: StaticString? = nil) {
    switch reach {
    case .everything: break
    case .nothing: append(" AND 1 = 0")
    case .areas(let areas): append(areas, in: area)
    case .organisation(let id, let areas), .employer(let id, let areas): append([id], owner, areas, area)
    case .parties(let ids, let areas): append(ids, owner, areas, area)
    }
  }

  /// Appends what keeps a column of area codes to areas and what lies in them, beginning with " AND ". One area stays
  /// one range, which an index serves; several become ranges joined by OR, their number padded to a power of two by
  /// repeating the last, which changes nothing and keeps the number of distinct statements small.
  /// - Parameters:
  ///   - areas: what the list keeps to; nil for no limit, empty for nothing.
  ///   - column: the column of the area's code.
  public mutating func append(_ areas: [AreaCode]?, in column: StaticString) {
    guard let areas else { return }
    guard let last = areas.last else { return append(" AND 1 = 0") }
    var capacity = 1
    while capacity < areas.count { capacity *= 2 }
    append(" AND (")
    for index in 0..<capacity {
      let area = index < areas.count ? areas[index] : last
      if index > 0 { append(" OR ") }
      append(column)
      append(" >= ? AND ", area.lowerBound)
      append(column)
      append(" < ?", area.upperBound)
    }
    append(")")
  }

  private mutating func append(
    _ ids: [String], _ owner: StaticString?, _ areas: [AreaCode], _ area: StaticString
  ) {
    guard let owner else { return append(" AND 1 = 0") }
    append(" AND ")
    append(owner)
    if ids.count == 1 {
      append(" = ?", ids[0])
    } else {
      append(" IN ")
      appendList(ids)
    }
    if !areas.isEmpty { append(areas, in: area) }
  }
}
