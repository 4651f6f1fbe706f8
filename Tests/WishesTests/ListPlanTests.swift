import ModuleTesting
import Testing

@testable import Wishes

/// Whatever a list of wishes is of, the engine searches one index for each wish of a page, and looks at no other wish.
@Suite struct ListPlanTests {
  private static let county = "wishes_wish_by_county (county_code=? AND state=? AND id<?)"
  private static let nextCounty = "wishes_wish_by_county (county_code>? AND county_code<?)"
  private static let countyAndCategory =
    "wishes_wish_by_county_and_category (county_code=? AND state=? AND category=? AND id<?)"
  private static let street = "wishes_wish_by_street (street_code=? AND state=? AND category=? AND id<?)"
  private static let collector =
    "wishes_wish_by_collector (collected_by_organisation_id=? AND employed_by_collector=? AND state=? "
    + "AND category=? AND id<?)"

  /// What the engine does with the table of wishes for a list.
  private func searches(
    _ root: WishFilter.Root, _ category: Wishes.Category, _ district: District
  ) async throws -> Set<String> {
    let ranges = WishFilter(root: root, states: [.listed], category: category).ranges
    return try await district.inModule { transaction, _, _ in
      var found: Set<String> = []
      for range in ranges {
        var query = Query("EXPLAIN QUERY PLAN WITH RECURSIVE")
        if range.isSingle {
          query = range.rows(
            Query("EXPLAIN QUERY PLAN SELECT w.id FROM wishes_wish w"), before: nil, limit: 51)
        } else {
          range.append(before: nil, limit: 51, to: &query)
        }
        let steps = try transaction.all(query) { $0.text(3) }
        // The others are of the places, the categories and what is merged.
        found.formUnion(steps.filter { $0.contains("wishes_wish") || $0.contains("TEMP B-TREE") })
      }
      return found
    }
  }

  @Test func everyListIsSearchedFor() async throws {
    try await District.runProbed { district in
      func expect(
        _ root: WishFilter.Root, _ category: Wishes.Category, _ indexes: String...,
        sourceLocation: SourceLocation = #_sourceLocation
      ) async throws {
        let expected = Set(indexes.map { "SEARCH w USING COVERING INDEX \($0)" })
        let found = try await searches(root, category, district)
        #expect(found == expected, sourceLocation: sourceLocation)
      }
      for category in [Wishes.Category.unspecified, .health] {
        let byCounty = category == .unspecified ? Self.county : Self.countyAndCategory
        try await expect(.everything, category, Self.nextCounty, byCounty)
        for code in ["410000", "410300"] {
          let area = try #require(AreaCode(code))
          try await expect(.areas([area]), category, Self.nextCounty, byCounty)
        }
        try await expect(.areas([try #require(AreaCode(District.county))]), category, byCounty)
        for code in [District.street, District.community] {
          try await expect(.areas([try #require(AreaCode(code))]), category, Self.street)
        }
        for employedOnly in [true, false] {
          try await expect(
            .collector(district.platformID, employedOnly: employedOnly), category, Self.collector)
        }
      }
    }
  }

  @Test func aListWithWishesInOneCountyIsReadAsItLies() async throws {
    try await District.runProbed { district in
      func isSingle() async throws -> Bool? {
        try await district.inModule { transaction, _, _ in
          try WishFilter(root: .everything, states: [.submitted]).ranges[0].narrowed(in: transaction)?
            .isSingle
        }
      }
      #expect(try await isSingle() == nil)
      let all = WishServiceClient(try await district.host.channel(as: .administrator))
      let wish = try await all.collectWish(district.wish { $0.areaCode = District.community })
      #expect(try await isSingle() == true)
      let listed = try await all.listWishes(ListWishesRequest(state: .submitted))
      #expect(listed.wishes.map(\.id) == [wish.id])
      let worker = try await District.register(
        "赵六", "13933331000", district.platformID, with: district.workers)
      _ = try await all.collectWish(
        district.wish {
          $0.workerID = worker
          $0.areaCode = District.otherCounty
        })
      #expect(try await isSingle() == false)
    }
  }

  @Test func countiesAreMergedPageByPage() async throws {
    try await District.run { district in
      let all = WishServiceClient(try await district.host.channel(as: .administrator))
      let areas = [District.community, District.otherCounty, "410300", District.county]
      var collected: [(id: String, category: Wishes.Category)] = []
      for index in 0..<14 {
        let worker = try await District.register(
          "赵六", "1393333\(1000 + index)", district.platformID, with: district.workers)
        let wish = try await all.collectWish(
          district.wish {
            $0.workerID = worker
            $0.areaCode = areas[index % 4]
            $0.category = index % 3 == 0 ? .health : .goods
          })
        collected.append((wish.id, wish.category))
      }
      for area in ["", "410000", "410300"] {
        for category in [Wishes.Category.unspecified, .health, .goods, .family] {
          let expected = collected.filter { category == .unspecified || $0.category == category }.map(\.id)
          var seen: [String] = []
          var request = ListWishesRequest(pageSize: 3, state: .submitted, category: category, areaCode: area)
          repeat {
            let page = try await all.listWishes(request)
            #expect(page.wishes.count == 3 || page.nextPageToken.isEmpty)
            seen += page.wishes.map(\.id)
            request.pageToken = page.nextPageToken
          } while !request.pageToken.isEmpty
          #expect(seen == expected.reversed(), "area \(area), \(category)")
        }
      }
    }
  }
}
