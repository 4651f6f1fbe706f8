import ModuleKit
import Testing

/// Codes from GB/T 2260 and the statistical codes of the National Bureau of Statistics.
@Suite struct AreaCodeTests {
  @Test(arguments: [
    ("410000", AreaCode.Level.province), ("410300", .city), ("410304", .county), ("469001", .county),
    ("410304001", .street), ("410304001002", .community), ("410304001002003", .compound),
  ])
  func levels(text: String, level: AreaCode.Level) throws {
    #expect(try #require(AreaCode(text)).level == level)
  }

  @Test(arguments: [
    "", "41", "41030", "4103041", "41030400100", "4103040010020034", "010000", "41030x", "\u{ff14}10304",
    " 410304",
    "-10304", "410304\u{0}",
  ])
  func refused(text: String) {
    #expect(AreaCode(text) == nil)
  }

  @Test func statisticalCodesBecomeTheCodesTheyStandFor() {
    #expect(AreaCode("410304000000")?.text == "410304")
    #expect(AreaCode("410304001000")?.text == "410304001")
    #expect(AreaCode("410000000000")?.text == "410000")
    #expect(AreaCode("410304001002")?.text == "410304001002")
  }

  @Test func subtreesAreRanges() throws {
    let province = try #require(AreaCode("410000"))
    #expect(province.lowerBound == "41" && province.upperBound == "42")
    let city = try #require(AreaCode("419900"))
    #expect(city.lowerBound == "4199" && city.upperBound == "419:")
    let county = try #require(AreaCode("410304"))
    #expect(county.lowerBound == "410304" && county.upperBound == "410305")
    #expect(try county.contains(#require(AreaCode("410304001002"))))
    #expect(try !county.contains(#require(AreaCode("410305"))))
    #expect(!county.contains(province))
    #expect(try city.contains(#require(AreaCode("419901"))))
  }

  @Test func ancestorsFromTheProvinceDown() throws {
    #expect(
      try #require(AreaCode("410304001002003")).ancestors.map(\.text)
        == ["410000", "410300", "410304", "410304001", "410304001002"])
    #expect(try #require(AreaCode("441900003")).ancestors.map(\.text) == ["440000", "441900"])
    #expect(try #require(AreaCode("410000")).ancestors == [])
    #expect(try #require(AreaCode("820001")).ancestors.map(\.text) == ["820000"])
  }
}
