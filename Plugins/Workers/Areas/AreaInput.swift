import ModuleKit

/// Areas as requests and rows give them, checked.
enum AreaInput {
  /// Longest name, in characters.
  static let maximumNameLength = 50

  /// - Throws: `WorkersError.invalid`.
  static func code(_ text: String, _ field: String = "area_code") throws -> AreaCode {
    guard let code = AreaCode(PlainText.tidied(text)) else {
      throw WorkersError.invalid([codeViolation(field)])
    }
    return code
  }

  static func codeViolation(_ field: String) -> FieldViolation {
    FieldViolation(
      field, "NOT_AN_AREA_CODE", "must be an area code of 6, 9, 12 or 15 digits (GB/T 2260 and below)",
      "须为 6、9、12 或 15 位区划代码(GB/T 2260 及以下)")
  }

  /// - Throws: `WorkersError.invalid`.
  static func name(_ text: String) throws -> String {
    let name = PlainText.tidied(text)
    if let violation = nameViolation(name) { throw WorkersError.invalid([violation]) }
    return name
  }

  static func nameViolation(_ name: String) -> FieldViolation? {
    (1...maximumNameLength).contains(name.unicodeScalars.count)
      ? nil
      : FieldViolation(
        "name", "NAME_LENGTH", "must have 1 to \(maximumNameLength) characters",
        "须为 1 至 \(maximumNameLength) 个字")
  }

  /// The point in WGS-84, to seven digits (a centimetre).
  /// - Throws: `WorkersError.invalid`.
  static func location(_ input: LocationInput) throws -> Location {
    guard let location = location(input.longitude, input.latitude, input.system) else {
      throw WorkersError.invalid([locationViolation("location")])
    }
    return location
  }

  /// Nil if the point is not on the earth.
  static func location(_ longitude: Double, _ latitude: Double, _ system: CoordinateSystem) -> Location? {
    guard (-180...180).contains(longitude), (-90...90).contains(latitude) else { return nil }
    var point = ChinaCoordinates.Point(longitude: longitude, latitude: latitude)
    if system == .gcj02 { point = ChinaCoordinates.wgs84(fromGCJ02: point) }
    return Location(
      longitude: (point.longitude * 1e7).rounded() / 1e7, latitude: (point.latitude * 1e7).rounded() / 1e7)
  }

  static func locationViolation(_ field: String) -> FieldViolation {
    FieldViolation(
      field, "NOT_A_LOCATION",
      "must be degrees: longitude -180 to 180 and latitude -90 to 90, both or neither",
      "须同时填写经度(-180 至 180)和纬度(-90 至 90),或都不填")
  }
}
