import ModuleTesting
import Testing
import Wishes
import Workers

/// A platform's lists of its own hold the wishes of workers whom it employs, and every page of them is full.
@Suite struct PlatformListTests {
  private struct Collected {
    var workerID: String
    var wishID: String
  }

  /// Wishes of as many workers, collected by their platform; every third one is on the public list.
  private func collect(_ count: Int, _ district: District) async throws -> [Collected] {
    var collected: [Collected] = []
    for index in 0..<count {
      let worker = try await District.register(
        "王五", "1392222\(1000 + index)", district.platformID, with: district.workers)
      let wish = try await district.platform.collectWish(district.wish { $0.workerID = worker })
      if index % 3 == 0 { _ = try await district.staff.approveWish(ApproveWishRequest(wishID: wish.id)) }
      collected.append(Collected(workerID: worker, wishID: wish.id))
    }
    return collected
  }

  private func leave(_ workerID: String, _ district: District) async throws {
    _ = try await district.workers.endEmployment(
      EndEmploymentRequest(workerID: workerID, organisationID: district.platformID))
  }

  /// The identifiers page by page.
  private func pages(_ request: ListWishesRequest, _ client: WishServiceClient) async throws -> [[String]] {
    var pages: [[String]] = []
    var request = request
    repeat {
      let page = try await client.listWishes(request)
      pages.append(page.wishes.map(\.id))
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
    return pages
  }

  @Test func pagesAreFullAlthoughWorkersLeft() async throws {
    try await District.run { district in
      let collected = try await collect(9, district)
      // The three latest, which a first page of three would consist of, and one in the middle.
      for index in [8, 7, 6, 3] { try await leave(collected[index].workerID, district) }
      try await district.host.settle()
      let own = ListWishesRequest(pageSize: 2, collectedByCaller: true)
      let staying = [5, 4, 2, 1, 0].map { collected[$0].wishID }
      let expected = [Array(staying[0..<2]), Array(staying[2..<4]), [staying[4]]]
      #expect(try await pages(own, district.platform) == expected)
      var listed = own
      listed.state = .listed
      #expect(try await pages(listed, district.platform) == [[collected[0].wishID]])
      // Whoever comes back is in the list again.
      _ = try await district.workers.addEmployment(
        AddEmploymentRequest(
          workerID: collected[3].workerID,
          employment: NewEmployment(organisationID: district.platformID, occupation: .courier)))
      try await district.host.settle()
      #expect(
        try await pages(own, district.platform).flatMap { $0 }
          == [5, 4, 3, 2, 1, 0].map {
            collected[$0].wishID
          })
    }
  }

  /// The event that tells of the end of an employment comes a moment later; the register is asked until then.
  @Test func whoHasLeftIsSeenNoMoreAtOnce() async throws {
    try await District.run { district in
      let collected = try await collect(2, district)
      try await leave(collected[1].workerID, district)
      let own = ListWishesRequest(pageSize: 10, collectedByCaller: true)
      #expect(try await district.platform.listWishes(own).wishes.map(\.id) == [collected[0].wishID])
    }
  }

  @Test func aMergeBringsTheEmploymentsOfBoth() async throws {
    try await District.run { district in
      let target = try await District.register(
        District.wisherName, "13937900002", district.otherPlatformID, with: district.workers)
      let wish = try await district.otherPlatform.collectWish(district.wish { $0.workerID = target })
      _ = try await district.workers.endEmployment(
        EndEmploymentRequest(workerID: target, organisationID: district.otherPlatformID))
      _ = try await district.workers.addEmployment(
        AddEmploymentRequest(
          workerID: district.workerID,
          employment: NewEmployment(organisationID: district.otherPlatformID, occupation: .courier)))
      try await district.host.settle()
      let own = ListWishesRequest(collectedByCaller: true)
      #expect(try await district.otherPlatform.listWishes(own).wishes.isEmpty)
      _ = try await district.workers.mergeWorkers(
        MergeWorkersRequest(sourceID: district.workerID, targetID: target))
      try await district.host.settle()
      #expect(try await district.otherPlatform.listWishes(own).wishes.map(\.id) == [wish.id])
    }
  }

  @Test func aListByWorkerHoldsWhatThePlatformCollectedItself() async throws {
    try await District.run { district in
      _ = try await district.workers.addEmployment(
        AddEmploymentRequest(
          workerID: district.workerID,
          employment: NewEmployment(organisationID: district.otherPlatformID, occupation: .deliveryRider)))
      try await district.host.settle()
      var own: [String] = []
      for index in 0..<4 {
        let collector = index % 2 == 0 ? district.platform : district.otherPlatform
        let wish = try await collector.collectWish(district.wish { $0.title = "第\(index + 1)个心愿" })
        if index % 2 == 0 { own.append(wish.id) }
      }
      let request = ListWishesRequest(pageSize: 1, workerID: district.workerID)
      #expect(try await pages(request, district.platform) == own.reversed().map { [$0] })
      try await leave(district.workerID, district)
      #expect(try await pages(request, district.platform) == [[]])
      #expect(try await pages(request, district.staff).count == 4)
    }
  }
}
