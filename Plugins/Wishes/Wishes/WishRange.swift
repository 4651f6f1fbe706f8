import ModuleKit

/// What one index gives of a list: the wishes of one state in one place.
///
/// An index keeps wishes in order within a place and a category. A range of several counties or of every category is
/// as many streams, merged: the queue of a recursive query holds the newest wish of each stream; whichever is the
/// newest of all goes out, and the next of its stream comes in. So a page costs one search for each stream and one for
/// each wish on it, however many wishes there are. A range that is one stream is read as it lies.
///
/// Source: https://sqlite.org/lang_with.html, ORDER BY of a recursive select as its queue's order.
struct WishRange {
  /// What the wishes have in common besides their state.
  enum Place {
    /// In one of the counties whose codes are in a range.
    case counties(Range<String>)
    /// In a county. A wish that is placed no closer than a city is kept under the city's code.
    case county(String)
    /// In a street or in what is smaller.
    case street(AreaCode)
    /// Collected by an organisation, which employs the worker or does not.
    case collector(String, isEmployer: Bool)
  }
  var place: Place
  var state: Wish.State
  /// Unspecified for all.
  var category: Category
  /// Further areas to keep to; nil for no limit.
  var within: [AreaCode]?

  /// Sorts behind every identifier and every code.
  fileprivate static let behindAll = "~"
  private static let categories = Category.allCases.filter { $0 != .unspecified }.map(\.rawValue)
}

extension WishFilter {
  /// The list in ranges, which together hold the same wishes; none for a worker's wishes, which are one range
  /// whatever their state.
  var ranges: [WishRange] {
    places.flatMap { place in
      states.map { WishRange(place: place, state: $0, category: category, within: within) }
    }
  }

  private var places: [WishRange.Place] {
    switch root {
    case .everything: [.counties(""..<WishRange.behindAll)]
    case .areas(let areas): areas.map { WishRange.Place($0) }
    case .worker: []
    case .collector(let id, let employedOnly):
      (employedOnly ? [true] : [true, false]).map { .collector(id, isEmployer: $0) }
    }
  }
}

extension WishRange.Place {
  init(_ area: AreaCode) {
    switch area.level {
    case .province, .city: self = .counties(area.lowerBound..<area.upperBound)
    case .county: self = .county(area.text)
    case .street, .community, .compound: self = .street(area)
    }
  }
}

extension WishRange {
  /// The same list in the one county that has wishes where no other has, as in most districts: that is read as it lies.
  /// Nil if there is none.
  func narrowed(in snapshot: Snapshot) throws -> WishRange? {
    guard case .counties(let codes) = place else { return self }
    func next(_ condition: StaticString, _ code: String) throws -> String? {
      var query = Query("SELECT w.county_code FROM wishes_wish w INDEXED BY wishes_wish_by_county WHERE")
      query.append(condition, code)
      query.append(" AND w.county_code < ? ORDER BY w.county_code LIMIT 1", codes.upperBound)
      return try snapshot.first(query) { $0.text(0) }
    }
    guard let first = try next(" w.county_code >= ?", codes.lowerBound) else { return nil }
    guard try next(" w.county_code > ?", first) == nil else { return self }
    var range = self
    range.place = .county(first)
    return range
  }

  /// Appends what reads the identifiers, the newest first, to `WITH RECURSIVE`.
  func append(before: String?, limit: Int, to query: inout Query) {
    query.append(" place(code) AS (")
    appendPlaces(to: &query)
    query.append("), kind(number) AS (VALUES ")
    appendKinds(to: &query)
    query.append("), merged(id, code, number) AS (SELECT ")
    appendNewest(to: &query)
    query.append(
      """
      , s.code, s.number FROM (SELECT ? AS id, code, number FROM place JOIN kind) s
      WHERE s.code IS NOT NULL
      UNION ALL SELECT
      """, before ?? Self.behindAll)
    query.append(" ")
    appendNewest(to: &query)
    query.append(
      """
      , s.code, s.number FROM merged s WHERE s.id IS NOT NULL
      ORDER BY 1 DESC LIMIT ?)
      SELECT id FROM merged WHERE id IS NOT NULL
      """, limit)
  }

  /// The first part of the index's key.
  private func appendPlaces(to query: inout Query) {
    switch place {
    case .counties(let codes): appendCounties(codes, to: &query)
    case .county(let code): query.append("VALUES (?)", code)
    case .street(let area): query.append("VALUES (?)", area.text.prefix(9))
    case .collector(let id, _): query.append("VALUES (?)", id)
    }
  }

  /// The counties that have wishes, each found by a search behind the one before.
  private func appendCounties(_ codes: Range<String>, to query: inout Query) {
    query.append(
      """
      SELECT (SELECT w.county_code FROM wishes_wish w INDEXED BY wishes_wish_by_county
        WHERE w.county_code >= ? AND w.county_code < ? ORDER BY w.county_code LIMIT 1)
      UNION ALL
      SELECT (SELECT w.county_code FROM wishes_wish w INDEXED BY wishes_wish_by_county
        WHERE w.county_code > p.code AND w.county_code < ? ORDER BY w.county_code LIMIT 1)
      FROM place p WHERE p.code IS NOT NULL
      """, codes.lowerBound, codes.upperBound, codes.upperBound)
  }

  /// The categories: those wanted, or one in the place of all where an index has them together.
  private func appendKinds(to query: inout Query) {
    if category != .unspecified {
      query.append("(?)", category.rawValue)
    } else if hasCategoriesTogether {
      query.append("(0)")
    } else {
      for (index, number) in Self.categories.enumerated() {
        query.append(index == 0 ? "(?)" : ", (?)", number)
      }
    }
  }

  /// Whether an index has the range's wishes of every category in one order.
  private var hasCategoriesTogether: Bool {
    switch place {
    case .counties, .county: true
    case .street, .collector: false
    }
  }

  /// Whether the range is one stream, which needs no merging.
  var isSingle: Bool {
    if case .counties = place { return false }
    return category != .unspecified || hasCategoriesTogether
  }

  /// The wishes of a range that is one stream, the newest first, in one walk along its index.
  /// - Parameter columns: what is read, of the table under the name w.
  func rows(_ columns: Query = WishStore.columns, before: String?, limit: Int) -> Query {
    var query = columns
    query.append(" INDEXED BY ")
    appendSource(to: &query, isMerged: false)
    query.append(within, in: "w.area_code")
    query.append(" AND w.id < ? ORDER BY w.id DESC LIMIT ?", before ?? Self.behindAll, limit)
    return query
  }

  /// The newest wish of the stream `s` that is older than `s.id`.
  private func appendNewest(to query: inout Query) {
    query.append("(SELECT w.id FROM wishes_wish w INDEXED BY ")
    appendSource(to: &query, isMerged: true)
    query.append(within, in: "w.area_code")
    query.append(" AND w.id < s.id ORDER BY w.id DESC LIMIT 1)")
  }

  /// The index and the first parts of its key: those of the stream `s` where several are merged, or the range's own. The
  /// indexes are named: without statistics the engine would have to guess.
  private func appendSource(to query: inout Query, isMerged: Bool) {
    func appendCode(_ code: some StringProtocol) {
      if isMerged { query.append(" s.code") } else { query.append(" ?", String(code)) }
    }
    func appendCategory() {
      if isMerged {
        query.append(" AND w.category = s.number")
      } else {
        query.append(" AND w.category = ?", category.rawValue)
      }
    }
    func appendCounty(_ code: some StringProtocol) {
      let isOfCategory = category != .unspecified
      query.append(
        isOfCategory
          ? "wishes_wish_by_county_and_category WHERE w.county_code ="
          : "wishes_wish_by_county WHERE w.county_code =")
      appendCode(code)
      query.append(" AND w.state = ?", state.rawValue)
      if isOfCategory { appendCategory() }
    }
    switch place {
    case .counties: appendCounty("")
    case .county(let code): appendCounty(code)
    case .street(let area):
      query.append("wishes_wish_by_street WHERE w.street_code =")
      appendCode(area.text.prefix(9))
      query.append(" AND w.state = ?", state.rawValue)
      appendCategory()
      if area.level != .street { query.append([area], in: "w.area_code") }
    case .collector(let id, let isEmployer):
      query.append("wishes_wish_by_collector WHERE w.collected_by_organisation_id =")
      appendCode(id)
      query.append(" AND w.employed_by_collector = ? AND w.state = ?", isEmployer, state.rawValue)
      appendCategory()
    }
  }
}
