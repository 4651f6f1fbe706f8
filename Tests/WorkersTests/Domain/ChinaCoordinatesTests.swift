import Testing

@testable import Workers

/// Vectors of the published reference implementation (eviltransform, its own test data): Shanghai, Shenzhen,
/// Beijing.
@Suite struct ChinaCoordinatesTests {
  typealias Point = ChinaCoordinates.Point
  static let vectors = [
    (
      Point(longitude: 121.5272106, latitude: 31.1774276),
      Point(longitude: 121.531541859215, latitude: 31.17530398364597)
    ),
    (
      Point(longitude: 113.912316, latitude: 22.543847),
      Point(longitude: 113.9171764808363, latitude: 22.540796131694766)
    ),
    (
      Point(longitude: 116.377817, latitude: 39.911954),
      Point(longitude: 116.38404722455657, latitude: 39.91334545536069)
    ),
  ]

  @Test(arguments: vectors) func towardsGCJ02(wgs84: Point, gcj02: Point) {
    let point = ChinaCoordinates.gcj02(fromWGS84: wgs84)
    #expect(abs(point.longitude - gcj02.longitude) < 1e-12)
    #expect(abs(point.latitude - gcj02.latitude) < 1e-12)
  }

  @Test(arguments: vectors) func towardsWGS84(wgs84: Point, gcj02: Point) {
    let point = ChinaCoordinates.wgs84(fromGCJ02: gcj02)
    #expect(abs(point.longitude - wgs84.longitude) < 1e-8)
    #expect(abs(point.latitude - wgs84.latitude) < 1e-8)
  }

  @Test func theInverseIsExactAllOverChina() {
    for longitude in stride(from: 74.0, to: 135, by: 0.83) {
      for latitude in stride(from: 4.0, to: 53, by: 0.71) {
        let point = Point(longitude: longitude, latitude: latitude)
        let back = ChinaCoordinates.wgs84(fromGCJ02: ChinaCoordinates.gcj02(fromWGS84: point))
        #expect(abs(back.longitude - longitude) < 1e-8 && abs(back.latitude - latitude) < 1e-8, "\(point)")
      }
    }
  }

  @Test func nothingChangesOutside() {
    let paris = Point(longitude: 2.3522, latitude: 48.8566)
    #expect(ChinaCoordinates.gcj02(fromWGS84: paris) == paris)
    #expect(ChinaCoordinates.wgs84(fromGCJ02: paris) == paris)
  }
}
