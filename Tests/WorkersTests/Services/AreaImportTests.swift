import ModuleTesting
import RPC
import Testing
import Workers

/// The import of the real table of areas: 3,429 rows, some without coordinates, some whose city is missing.
@Suite struct AreaImportTests {
  /// What `Tests/Fixtures/areas.csv` holds, counted with Python's csv module.
  static let rowCount: Int64 = 3429

  static func run(_ way: TestHost.Way = .inMemory, _ body: (TestHost, AreaServiceClient) async throws -> Void)
    async throws
  {
    try await TestHost.run([WorkersModule.self], way: way) { host in
      try await body(host, AreaServiceClient(try await host.channel(as: .staff)))
    }
  }

  @Test(arguments: TestHost.Way.allCases) func theRealTable(way: TestHost.Way) async throws {
    try await AreaImportTests.run(way) { _, areas in
      let reply = try await AreaFile.rows().imported(by: areas, as: "areas-2026")
      let summary = try #require(reply.summary)
      #expect(summary.state == .completed)
      #expect(summary.rowsReceived == AreaImportTests.rowCount)
      #expect(summary.rowsCreated == AreaImportTests.rowCount)
      #expect(summary.rowsFailed == 0)
      #expect(summary.lastRow == AreaImportTests.rowCount)
      #expect(reply.errors.isEmpty)

      // The five districts of the seeds.
      for (code, name) in [
        ("110102", "北京市西城区"), ("110108", "北京市海淀区"), ("341302", "安徽省宿州市埇桥区"), ("510104", "四川省成都市锦江区"),
        ("410304", "河南省洛阳市瀍河回族区"),
      ] {
        #expect(try await areas.getArea(GetAreaRequest(code: code)).fullName == name)
      }
      // A county that its province runs directly, one without coordinates, Hong Kong's missing middle level.
      let wuzhishan = try await areas.getArea(GetAreaRequest(code: "469001"))
      #expect(wuzhishan.parentCode == "460000" && wuzhishan.fullName == "海南省五指山市")
      #expect(try await areas.getArea(GetAreaRequest(code: "130181")).location == nil)
      let central = try await areas.getArea(GetAreaRequest(code: "810101"))
      #expect(central.parentCode == "810000" && central.fullName == "香港特别行政区中西区")
      // 116.365873, 39.912235 in GCJ-02, turned by gcj2wgs_exact of eviltransform 0.1.1.
      let location = try #require(try await areas.getArea(GetAreaRequest(code: "110102")).location)
      #expect(abs(location.longitude - 116.3596706) < 1e-6 && abs(location.latitude - 39.9108668) < 1e-6)

      let provinces = try await areas.listAreas(ListAreasRequest(parentCode: "root", pageSize: 1000))
      // The 34 of GB/T 2260, and 990000, which the table has for a strip between two provinces.
      #expect(provinces.areas.count == 35)
      let again = try await AreaFile.rows().imported(by: areas, as: "areas-again")
      #expect(again.summary?.rowsUnchanged == AreaImportTests.rowCount)
    }
  }

  @Test func aDryRunShowsAndChangesNothing() async throws {
    try await AreaImportTests.run { _, areas in
      let dry = try await AreaFile.rows().imported(by: areas, as: "dry", isDryRun: true)
      #expect(dry.summary?.rowsCreated == AreaImportTests.rowCount)
      #expect(dry.summary?.dryRun == true)
      #expect(try await areas.listAreas(ListAreasRequest()).areas.isEmpty)
      #expect(
        await status { try await areas.getImport(GetImportRequest(importID: "dry")) }?.reason
          == "IMPORT_NOT_FOUND")

      _ = try await AreaFile.rows().imported(by: areas, as: "real")
      var changed = try AreaFile.rows()
      changed[3].name = "东城"
      changed[4].longitude = "116.4"
      changed[5].name = ""
      let difference = try await changed.imported(by: areas, as: "dry", isDryRun: true)
      #expect(difference.summary?.rowsUnchanged == AreaImportTests.rowCount - 3)
      #expect(difference.summary?.rowsUpdated == 2)
      #expect(
        difference.summary?.differences == [
          FieldDifference(field: "location", rowCount: 1), FieldDifference(field: "name", rowCount: 1),
        ])
      #expect(difference.errors.map(\.row) == [6])
      #expect(try await areas.getArea(GetAreaRequest(code: changed[3].code)).name != "东城")
    }
  }

  @Test func badRowsAreNamedAndGoodOnesTaken() async throws {
    try await AreaImportTests.run { _, areas in
      let rows = [
        AreaRow(code: "110000", name: "北京市", longitude: "116.4", latitude: "39.9"),
        AreaRow(code: "11000", name: "短"), AreaRow(code: "120000", name: " "),
        AreaRow(code: "130000", name: "河北省", longitude: "116.4"),
        AreaRow(code: "140000", name: "山西省", longitude: "200", latitude: "39"),
        AreaRow(code: "150000", name: "内蒙古自治区", longitude: "nan", latitude: "39"),
        AreaRow(code: "x", name: "", longitude: "a", latitude: "b"), AreaRow(code: "160000", name: "某省"),
      ]
      let reply = try await rows.imported(by: areas, as: "bad")
      #expect(reply.summary?.rowsCreated == 2)
      #expect(reply.summary?.rowsFailed == 6)
      #expect(reply.errors.map(\.row) == [2, 3, 4, 5, 6, 7, 7, 7])
      #expect(
        reply.errors.map(\.reason) == [
          "NOT_AN_AREA_CODE", "NAME_LENGTH", "NOT_A_LOCATION", "NOT_A_LOCATION", "NOT_A_LOCATION",
          "NOT_AN_AREA_CODE", "NAME_LENGTH", "NOT_A_LOCATION",
        ])
      #expect(
        reply.errors.map(\.column) == [
          "code", "name", "latitude", "latitude", "latitude", "code", "name", "latitude",
        ])
      #expect(reply.errors[0].value == "11000")
      let listed = try await areas.listImportErrors(ListImportErrorsRequest(importID: "bad", pageSize: 5))
      #expect(listed.errors == Array(reply.errors[0..<5]))
      let rest = try await areas.listImportErrors(
        ListImportErrorsRequest(importID: "bad", pageSize: 5, pageToken: listed.nextPageToken))
      #expect(rest.errors == Array(reply.errors[5...]) && rest.nextPageToken.isEmpty)
    }
  }

  @Test func coordinatesWithoutTheirSystemAreRefused() async throws {
    try await AreaImportTests.run { _, areas in
      let call = try await areas.importAreas()
      try await call.send(
        ImportAreasRequest(
          importID: "a", rows: [AreaRow(code: "110000", name: "北京市", longitude: "116", latitude: "39")]))
      let failure = await status { try await call.finish() }
      #expect(failure?.code == .invalidArgument)
      #expect(failure?.violations.first?.field == "coordinate_system")
    }
  }

  /// The table backwards: every county comes before its city, every city before its province.
  @Test func orderDoesNotMatter() async throws {
    try await AreaImportTests.run { _, areas in
      let rows = try AreaFile.rows()
      _ = try await rows.imported(by: areas, as: "forwards")
      let parents = try await AreaImportTests.parents(areas)
      try await AreaImportTests.run { _, others in
        _ = try await Array(rows.reversed()).imported(by: others, as: "backwards")
        #expect(try await AreaImportTests.parents(others) == parents)
      }
    }
  }

  private static func parents(_ areas: AreaServiceClient) async throws -> [String: String] {
    var parents: [String: String] = [:]
    var token = ""
    repeat {
      let page = try await areas.listAreas(ListAreasRequest(pageSize: 1000, pageToken: token))
      for area in page.areas { parents[area.code] = area.parentCode }
      token = page.nextPageToken
    } while !token.isEmpty
    return parents
  }
}
