import ModuleTesting
import Testing

@testable import Wishes

/// Pages of long entries end before a stock client of gRPC refuses them, which takes 4 MiB.
@Suite struct PageSizeTests {
  /// Four bytes each, as the longest characters are.
  private static func long(_ length: Int) -> String { String(repeating: "𠮷", count: length) }
  private static let references = (1...20).map { "\(100 + $0)" + long(297) }

  @Test func aPageOfLongWishesEndsSooner() async throws {
    try await District.runProbed { district in
      var ids: [String] = []
      for _ in 0..<8 { ids.append(try await district.listed().id) }
      // Longer than a caller can make them, so that a few do.
      try await district.inModule { transaction, _, _ in
        try transaction.execute("UPDATE wishes_wish SET description = hex(zeroblob(300000))")
        return
      }
      var request = ListWishesRequest(pageSize: 1000)
      let first = try await district.union.listWishes(request)
      // Five of 600,000 bytes are less than 3 MiB, six are more.
      #expect(first.wishes.map(\.id) == Array(ids.reversed().prefix(5)))
      #expect(first.encoded().count < 3 << 20)
      request.pageToken = first.nextPageToken
      let second = try await district.union.listWishes(request)
      #expect(second.wishes.map(\.id) == Array(ids.reversed().suffix(3)))
      #expect(second.nextPageToken.isEmpty)
    }
  }

  /// A page is cut by what rows hold: never less than what the reply has of them, and not much more.
  private func expectFits(
    _ sizeBytes: Int, _ entry: some Message, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let encoded = entry.encoded().count
    #expect(encoded <= sizeBytes && sizeBytes < 2 * encoded, sourceLocation: sourceLocation)
  }

  @Test func theLongestEntriesAreNoLongerThanReckoned() async throws {
    try await District.runProbed { district in
      let wish = try await district.platform.collectWish(
        district.wish {
          $0.title = Self.long(80)
          $0.description = Self.long(2000)
          $0.parts = (1...50).map { WishPart(name: "\(100 + $0)" + Self.long(57), quantity: 10_000) }
          $0.publicationConsent = true
          $0.consentEvidence = Self.long(200)
        })
      let drafts = try await district.staff.listWishes(ListWishesRequest(state: .submitted)).wishes
      expectFits(try await reckon(wish, district), try #require(drafts.first))
      _ = try await district.staff.approveWish(ApproveWishRequest(wishID: wish.id))
      let listed = try await district.staff.listWishes(ListWishesRequest()).wishes
      expectFits(try await reckon(wish, district), try #require(listed.first))

      let claimed = try await district.union.claimWish(
        ClaimWishRequest(
          wishID: wish.id, note: Self.long(500), contactName: Self.long(40), contactPhone: "13800138000"))
      let claimID = try #require(claimed.claims.first).id
      _ = try await district.union.fulfilClaim(
        FulfilClaimRequest(claimID: claimID, text: Self.long(2000), photos: Self.references))
      _ = try await district.staff.confirmFulfilment(
        ConfirmFulfilmentRequest(claimID: claimID, comment: Self.long(500), rating: 5))
      let claims = try await district.staff.listClaims(ListClaimsRequest(wishID: wish.id)).claims
      let claimSizeBytes = try await district.inModule { transaction, _, _ in
        try ClaimStore.claim(claimID, in: transaction)?.viewSizeBytes ?? 0
      }
      expectFits(claimSizeBytes, try #require(claims.first))

      let report = try await district.union.addReport(
        AddReportRequest(
          wishID: wish.id, title: Self.long(80), text: Self.long(5000), media: Self.references))
      let reportSizeBytes = try await district.inModule { transaction, _, _ in
        try ReportStore.report(report.id, in: transaction)?.viewSizeBytes ?? 0
      }
      let reports = try await district.staff.listReports(ListReportsRequest(wishID: wish.id)).reports
      expectFits(reportSizeBytes, try #require(reports.first))
    }
  }

  private func reckon(_ wish: Wish, _ district: District) async throws -> Int {
    try await district.inModule { transaction, _, _ in
      try WishStore.referredWish(wish.id, in: transaction).viewSizeBytes
    }
  }
}
