import Glibc

/// Conversion between WGS-84 and GCJ-02, the offset system of maps published in China.
///
/// GCJ-02 itself is not published; this is the approximation that all map tools share (an ellipsoid of
/// Krasovsky 1940 and a sum of sines), exact enough to agree with vendors' maps within a few metres. Outside of
/// the box 72.004° – 137.8347° E, 0.8293° – 55.8271° N the systems are the same.
/// Source: the algorithm published as "eviltransform" (github.com/googollee/eviltransform).
enum ChinaCoordinates {
  /// A point on the earth, in degrees.
  struct Point: Equatable, Sendable {
    var longitude: Double
    var latitude: Double
  }

  /// The GCJ-02 point of a WGS-84 one.
  static func gcj02(fromWGS84 point: Point) -> Point {
    guard isOffset(point) else { return point }
    let offset = offset(at: point)
    return Point(
      longitude: point.longitude + offset.longitude, latitude: point.latitude + offset.latitude)
  }

  /// The WGS-84 point of a GCJ-02 one: the point that `gcj02(fromWGS84:)` takes there.
  ///
  /// Found by iteration until a step is below 10⁻⁹ degrees, which leaves an error below 10⁻⁸ degrees (about a
  /// millimetre) against the formula above; steps shrink about a thousandfold, so three or four are enough.
  static func wgs84(fromGCJ02 point: Point) -> Point {
    guard isOffset(point) else { return point }
    var estimate = point
    for _ in 0..<10 {
      let offset = offset(at: estimate)
      let next = Point(
        longitude: point.longitude - offset.longitude, latitude: point.latitude - offset.latitude)
      let step = max(abs(next.longitude - estimate.longitude), abs(next.latitude - estimate.latitude))
      estimate = next
      if step < 1e-9 { break }
    }
    return estimate
  }

  private static func isOffset(_ point: Point) -> Bool {
    (72.004...137.8347).contains(point.longitude) && (0.8293...55.8271).contains(point.latitude)
  }

  private static func offset(at point: Point) -> Point {
    let semiMajorAxisMetres = 6_378_245.0
    let eccentricitySquared = 0.00669342162296594323
    let x = point.longitude - 105
    let y = point.latitude - 35
    let radians = point.latitude / 180 * Double.pi
    let w = 1 - eccentricitySquared * sin(radians) * sin(radians)
    let metresPerDegreeNorth =
      semiMajorAxisMetres * (1 - eccentricitySquared) / (w * w.squareRoot()) * Double.pi / 180
    let metresPerDegreeEast = semiMajorAxisMetres / w.squareRoot() * cos(radians) * Double.pi / 180
    return Point(
      longitude: metresEast(x, y) / metresPerDegreeEast, latitude: metresNorth(x, y) / metresPerDegreeNorth)
  }

  private static func metresNorth(_ x: Double, _ y: Double) -> Double {
    let polynomial = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * abs(x).squareRoot()
    let short = 20 * sin(6 * x * .pi) + 20 * sin(2 * x * .pi)
    let middle = 20 * sin(y * .pi) + 40 * sin(y / 3 * .pi)
    let long = 160 * sin(y / 12 * .pi) + 320 * sin(y / 30 * .pi)
    return polynomial + (short + middle + long) * 2 / 3
  }

  private static func metresEast(_ x: Double, _ y: Double) -> Double {
    let polynomial = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * abs(x).squareRoot()
    let short = 20 * sin(6 * x * .pi) + 20 * sin(2 * x * .pi)
    let middle = 20 * sin(x * .pi) + 40 * sin(x / 3 * .pi)
    let long = 150 * sin(x / 12 * .pi) + 300 * sin(x / 30 * .pi)
    return polynomial + (short + middle + long) * 2 / 3
  }
}
