import ModuleTesting
import RPC
import Testing
import Workers

@Suite struct AreaServiceTests {
  @Test func namesAndParents() async throws {
    try await Register.run { register in
      let area = try await register.areas.getArea(GetAreaRequest(code: "410304001000"))
      #expect(area.code == "410304001")
      #expect(area.level == .street)
      #expect(area.parentCode == "410304")
      #expect(area.fullName == "河南省洛阳市瀍河回族区东关街道")
      let district = try await register.areas.getArea(GetAreaRequest(code: "110102"))
      #expect(district.fullName == "北京市西城区")
      #expect(
        await status { try await register.areas.getArea(GetAreaRequest(code: "500000")) }?.code == .notFound)
      #expect(
        await status { try await register.areas.getArea(GetAreaRequest(code: "50")) }?.code
          == .invalidArgument)
    }
  }

  /// A client shows a violation beside the field that it names.
  @Test func violationsNameFieldsOfTheRequest() async throws {
    try await Register.run { register in
      let areas = register.areas
      let failures = [
        await status { try await areas.getArea(GetAreaRequest(code: "50")) },
        await status { try await areas.createArea(CreateAreaRequest(code: "50", name: "重庆市")) },
        await status { try await areas.updateArea(UpdateAreaRequest(code: "50", name: "重庆市")) },
      ]
      for failure in failures {
        #expect(failure?.violations.map { "\($0.field) \($0.reason)" } == ["code NOT_AN_AREA_CODE"])
      }
    }
  }

  @Test func aMissingLevelIsBridgedAndTakenOver() async throws {
    try await Register.run { register in
      let areas = register.areas
      for (code, name) in [("460000", "海南省"), ("469001", "五指山市"), ("469002", "琼海市")] {
        _ = try await areas.createArea(CreateAreaRequest(code: code, name: name))
      }
      #expect(try await areas.getArea(GetAreaRequest(code: "469001")).parentCode == "460000")
      _ = try await areas.createArea(CreateAreaRequest(code: "469000", name: "省直辖县级行政区划"))
      #expect(try await areas.getArea(GetAreaRequest(code: "469001")).parentCode == "469000")
      #expect(try await areas.getArea(GetAreaRequest(code: "469000")).parentCode == "460000")
      let children = try await areas.listAreas(ListAreasRequest(parentCode: "460000"))
      #expect(children.areas.map(\.code) == ["469000"])
      // What comes before its province waits at the root.
      _ = try await areas.createArea(CreateAreaRequest(code: "500101", name: "万州区"))
      #expect(try await areas.getArea(GetAreaRequest(code: "500101")).parentCode == "")
      _ = try await areas.createArea(CreateAreaRequest(code: "500000", name: "重庆市"))
      #expect(try await areas.getArea(GetAreaRequest(code: "500101")).parentCode == "500000")
    }
  }

  @Test func listsByParentLevelNameAndSubtree() async throws {
    try await Register.run { register in
      func list(_ request: ListAreasRequest) async throws -> [String] {
        try await register.areas.listAreas(request).areas.map(\.code)
      }
      let provinces = try await list(ListAreasRequest(parentCode: "root"))
      #expect(provinces == ["110000", "410000"])
      #expect(try await list(ListAreasRequest(parentCode: "410304")) == ["410304001", "410304002"])
      #expect(try await list(ListAreasRequest(level: .county)) == ["110102", "410304"])
      #expect(try await list(ListAreasRequest(nameContains: "街道")) == ["410304001", "410304002"])
      #expect(try await list(ListAreasRequest(nameContains: "%")) == [])
      #expect(
        try await list(ListAreasRequest(withinCode: "410300")) == [
          "410300", "410304", "410304001", "410304002",
        ])
    }
  }

  @Test func pagesFollowEachOther() async throws {
    try await Register.run { register in
      var codes: [String] = []
      var token = ""
      repeat {
        let page = try await register.areas.listAreas(ListAreasRequest(pageSize: 3, pageToken: token))
        #expect(page.areas.count <= 3)
        codes += page.areas.map(\.code)
        token = page.nextPageToken
      } while !token.isEmpty
      #expect(
        codes == ["110000", "110100", "110102", "410000", "410300", "410304", "410304001", "410304002"])
      let first = try await register.areas.listAreas(ListAreasRequest(pageSize: 3))
      let foreign = await status {
        try await register.areas.listAreas(
          ListAreasRequest(level: .county, pageSize: 3, pageToken: first.nextPageToken))
      }
      #expect(foreign?.code == .invalidArgument)
      #expect(foreign?.violations.first?.field == "page_token")
    }
  }

  @Test func updatesNeedTheCurrentVersion() async throws {
    try await Register.run { register in
      let area = try await register.areas.getArea(GetAreaRequest(code: "410304"))
      let renamed = try await register.areas.updateArea(
        UpdateAreaRequest(code: "410304", name: "瀍河区", etag: area.etag))
      #expect(renamed.name == "瀍河区")
      let stale = await status {
        try await register.areas.updateArea(UpdateAreaRequest(code: "410304", name: "瀍河", etag: area.etag))
      }
      #expect(stale?.code == .aborted)
      #expect(stale?.reason == "ETAG_STALE")
      let nothing = await status { try await register.areas.updateArea(UpdateAreaRequest(code: "410304")) }
      #expect(nothing?.code == .invalidArgument)
      let unknown = await status {
        try await register.areas.updateArea(
          UpdateAreaRequest(code: "410304", name: "x", updateMask: ProtoFieldMask(paths: ["code"])))
      }
      #expect(unknown?.violations.first?.reason == "FIELD_UNKNOWN")
    }
  }

  /// The vector of ChinaCoordinatesTests: GCJ-02 comes in, WGS-84 is kept, to seven digits.
  @Test func locationsAreKeptInWGS84() async throws {
    try await Register.run { register in
      let area = try await register.areas.updateArea(
        UpdateAreaRequest(
          code: "110102",
          location: LocationInput(longitude: 116.38404722455657, latitude: 39.91334545536069, system: .gcj02))
      )
      #expect(area.location == Location(longitude: 116.377817, latitude: 39.911954))
      let plain = try await register.areas.updateArea(
        UpdateAreaRequest(
          code: "110102", location: LocationInput(longitude: 116.377817, latitude: 39.911954, system: .wgs84))
      )
      #expect(plain.location == area.location)
      let unsaid = await status {
        try await register.areas.updateArea(
          UpdateAreaRequest(code: "110102", location: LocationInput(longitude: 116, latitude: 39)))
      }
      #expect(unsaid?.code == .invalidArgument)
      let nowhere = await status {
        try await register.areas.updateArea(
          UpdateAreaRequest(
            code: "110102", location: LocationInput(longitude: 116, latitude: .nan, system: .wgs84)))
      }
      #expect(nowhere?.code == .invalidArgument)
    }
  }

  @Test func staffChangeTheirOwnAreaOnly() async throws {
    try await Register.run { register in
      let staff = AreaServiceClient(try await register.host.channel(as: .staff, areaCode: "410304"))
      _ = try await staff.createArea(CreateAreaRequest(code: "410304003", name: "北窑街道"))
      let foreign = await status {
        try await staff.createArea(CreateAreaRequest(code: "110102001", name: "西长安街街道"))
      }
      #expect(foreign?.code == .permissionDenied)
      #expect(foreign?.reason == "AREA_NOT_YOURS")
      let taken = await status {
        try await staff.createArea(CreateAreaRequest(code: "410304003", name: "北窑街道"))
      }
      #expect(taken?.code == .alreadyExists)
    }
  }
}
