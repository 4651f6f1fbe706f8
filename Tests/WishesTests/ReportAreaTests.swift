import ModuleTesting
import Testing
import Wishes

/// Areas limit reports as they limit wishes and claims: those of the wisher's platform, of the organisation that wrote
/// them, and published ones too.
@Suite struct ReportAreaTests {
  /// The union and the wisher's platform, each bound to areas.
  private func bound(to areas: [String], _ district: District) async throws -> [WishServiceClient] {
    let union = try await district.host.channel(
      as: .partner, organisationID: district.unionID, areaCodes: areas, purpose: "fulfilment")
    let platform = try await district.host.channel(
      as: .platform, organisationID: district.platformID, areaCodes: areas, purpose: "fulfilment")
    return [WishServiceClient(union), WishServiceClient(platform)]
  }

  private func expectHidden(_ report: Report, from clients: [WishServiceClient]) async throws {
    for client in clients {
      let refused = await refusal { try await client.getReport(GetReportRequest(reportID: report.id)) }
      #expect(refused?.code == .notFound && refused?.reason == "REPORT_NOT_FOUND")
      for list in [ListReportsRequest(), ListReportsRequest(wishID: report.wishID)] {
        #expect(try await client.listReports(list).reports.isEmpty)
      }
    }
  }

  @Test func whoIsBoundElsewhereSeesNone() async throws {
    try await District.run { district in
      let (wish, _) = try await district.claimed()
      let report = try await district.union.addReport(
        AddReportRequest(wishID: wish.id, title: "进展", text: "已经买好了"))
      let elsewhere = try await bound(to: [District.otherCounty], district) + [district.otherStaff]
      try await expectHidden(report, from: elsewhere)
      let near = try await bound(to: [District.otherCounty, District.street], district)
      for client in near {
        let seen = try await client.getReport(GetReportRequest(reportID: report.id))
        #expect(seen.draft?.text == "已经买好了")
        let list = ListReportsRequest(wishID: wish.id)
        #expect(try await client.listReports(list).reports.map(\.id) == [report.id])
      }

      _ = try await district.staff.setPublicationConsent(
        SetPublicationConsentRequest(wishID: wish.id, publicationConsent: true, evidence: "当面"))
      _ = try await district.staff.publishReport(PublishReportRequest(reportID: report.id))
      try await expectHidden(report, from: elsewhere)
      for client in near + [district.charity] {
        #expect(try await client.listReports(ListReportsRequest()).reports.map(\.id) == [report.id])
      }
    }
  }

  /// What is out of reach is left out inside the query, so that it takes no place on a page.
  @Test func pagesAreFullAlthoughOtherAreasHaveReports() async throws {
    try await District.run { district in
      let administrator = WishServiceClient(try await district.host.channel(as: .administrator))
      var own: [String] = []
      for index in 0..<6 {
        let area = index % 2 == 0 ? District.street : District.otherCounty
        let wish = try await administrator.collectWish(
          district.wish {
            $0.areaCode = area
            $0.publicationConsent = true
            $0.consentEvidence = "当面"
          })
        _ = try await administrator.approveWish(ApproveWishRequest(wishID: wish.id))
        _ = try await administrator.claimWish(
          ClaimWishRequest(wishID: wish.id, organisationID: district.unionID))
        let report = try await administrator.addReport(
          AddReportRequest(wishID: wish.id, title: "进展", text: "已经买好了"))
        _ = try await administrator.publishReport(PublishReportRequest(reportID: report.id))
        if index % 2 == 0 { own.append(report.id) }
      }
      let first = try await district.staff.listReports(ListReportsRequest(pageSize: 2))
      #expect(first.reports.map(\.id) == [own[2], own[1]])
      let last = try await district.staff.listReports(
        ListReportsRequest(pageSize: 2, pageToken: first.nextPageToken))
      #expect(last.reports.map(\.id) == [own[0]])
      #expect(last.nextPageToken.isEmpty)
    }
  }
}
