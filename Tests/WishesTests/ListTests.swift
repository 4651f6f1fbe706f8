import ModuleTesting
import Testing
import Wishes

/// Lists by category, area, state, worker and collector, page by page.
@Suite struct ListTests {
  @Test func listsKeepToCategoryAreaAndState() async throws {
    try await District.run { district in
      // Staff of no area in particular: the areas asked for decide.
      let all = WishServiceClient(try await district.host.channel(as: .administrator))
      var expected: [(id: String, area: String, category: Wishes.Category, isListed: Bool)] = []
      let areas = [
        District.community, District.street, "410304002", District.county, District.otherCounty, "410300",
      ]
      for area in areas {
        for category in [Wishes.Category.goods, .health] {
          for isListed in [true, false] {
            let worker = try await District.register(
              "张三", "1390000\(1000 + expected.count)", district.platformID, with: district.workers)
            let wish = try await all.collectWish(
              district.wish {
                $0.workerID = worker
                $0.areaCode = area
                $0.category = category
              })
            if isListed { _ = try await all.approveWish(ApproveWishRequest(wishID: wish.id)) }
            expected.append((wish.id, area, category, isListed))
          }
        }
      }
      for area in ["", "410000", "410300", "410304", "410304001", "410304001002", "410302", "410304002"] {
        let prefix = area == "410000" ? "41" : area == "410300" ? "4103" : area
        for category in [Wishes.Category.unspecified, .goods, .health, .family] {
          for state in [Wish.State.unspecified, .listed, .submitted] {
            let wanted = expected.filter {
              $0.area.hasPrefix(prefix) && (category == .unspecified || $0.category == category)
                && $0.isListed == (state != .submitted)
            }
            let reply = try await all.listWishes(
              ListWishesRequest(state: state, category: category, areaCode: area))
            #expect(
              reply.wishes.map(\.id) == wanted.map(\.id).reversed(), "area \(area), \(category), \(state)")
          }
        }
      }
    }
  }

  @Test func pagesFollowEachOtherWithoutGapOrRepeat() async throws {
    try await District.run { district in
      var ids: [String] = []
      for index in 0..<23 {
        let worker = try await District.register(
          "李四", "1391111\(1000 + index)", district.platformID, with: district.workers)
        ids.append(try await district.listed(district.wish { $0.workerID = worker }).id)
      }
      var seen: [String] = []
      var request = ListWishesRequest(pageSize: 5)
      repeat {
        let page = try await district.union.listWishes(request)
        #expect(page.wishes.count <= 5)
        seen += page.wishes.map(\.id)
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(seen == ids.reversed())

      let own = ListWishesRequest(pageSize: 10, collectedByCaller: true)
      let first = try await district.platform.listWishes(own)
      #expect(first.wishes.count == 10)
      var second = own
      second.pageToken = first.nextPageToken
      #expect(try await district.platform.listWishes(second).wishes.first?.id == ids.reversed()[10])

      var mixed = ListWishesRequest(category: .health)
      mixed.pageToken = first.nextPageToken
      let status = await refusal { try await district.platform.listWishes(mixed) }
      #expect(status?.code == .invalidArgument)
      let negative = await refusal { try await district.platform.listWishes(ListWishesRequest(pageSize: -1)) }
      #expect(negative?.code == .invalidArgument)
    }
  }

  @Test func callersKeepToTheirOwnArea() async throws {
    try await District.run { district in
      _ = try await district.listed()
      #expect(try await district.staff.listWishes(ListWishesRequest()).wishes.count == 1)
      #expect(try await district.otherStaff.listWishes(ListWishesRequest()).wishes.isEmpty)
      // What is out of reach is as good as not there.
      let foreign = ListWishesRequest(areaCode: District.county)
      #expect(try await district.otherStaff.listWishes(foreign).wishes.isEmpty)
      let nowhere = ListWishesRequest(areaCode: "41")
      #expect(
        await refusal { try await district.staff.listWishes(nowhere) }?.reason == "AREA_NOT_FOUND")
      let collected = await refusal { try await district.otherStaff.collectWish(district.wish()) }
      #expect(collected?.reason == "AREA_NOT_YOURS")
    }
  }

  /// Staff of two streets ask for the county: the list keeps to the two.
  @Test func aWiderAreaIsNarrowedToTheCallersOwn() async throws {
    try await District.run { district in
      let inside = try await district.listed()
      _ = try await district.listed(district.wish { $0.areaCode = District.county })
      let channel = try await district.host.channel(
        as: .staff, name: "two streets", areaCodes: [District.street, "410304002"])
      for code in [District.county, "410300", District.street, District.community] {
        let wishes = try await WishServiceClient(channel).listWishes(ListWishesRequest(areaCode: code)).wishes
        #expect(wishes.map(\.id) == [inside.id], "\(code)")
      }
      let other = ListWishesRequest(areaCode: "410304002")
      #expect(try await WishServiceClient(channel).listWishes(other).wishes == [])
    }
  }

  @Test func onlyStaffListWhatIsNotPublic() async throws {
    try await District.run { district in
      let wish = try await district.platform.collectWish(district.wish())
      for client in [district.union, district.otherPlatform] {
        for state in [Wish.State.submitted, .returned, .rejected, .fulfilled, .confirmed, .withdrawn] {
          let status = await refusal { try await client.listWishes(ListWishesRequest(state: state)) }
          #expect(status?.code == .permissionDenied)
          #expect(status?.reason == "LIST_FOR_STAFF")
        }
      }
      #expect(
        try await district.staff.listWishes(ListWishesRequest(state: .submitted)).wishes.map(\.id) == [
          wish.id
        ])
      let own = try await district.platform.listWishes(ListWishesRequest(collectedByCaller: true))
      #expect(own.wishes.map(\.id) == [wish.id])
      #expect(
        try await district.platform.listWishes(ListWishesRequest(workerID: district.workerID)).wishes.count
          == 1)
      #expect(
        try await district.otherPlatform.listWishes(ListWishesRequest(workerID: district.workerID)).wishes
          .isEmpty)
      let worker = await refusal {
        try await district.union.listWishes(ListWishesRequest(workerID: district.workerID))
      }
      #expect(worker?.code == .permissionDenied)
    }
  }
}
