import Foundation
import ModuleTesting
import Testing
import Workers

/// The real table of areas: code, name, longitude and latitude in GCJ-02.
enum AreaFile {
  static let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../../Fixtures/areas.csv"
  ).standardizedFileURL.path

  /// The rows. No value of this file holds a comma or a quote.
  static func rows() throws -> [AreaRow] {
    try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst().map {
      line in
      let values = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      try #require(values.count == 4, "\(line)")
      return AreaRow(code: values[0], name: values[1], longitude: values[2], latitude: values[3])
    }
  }
}

extension [AreaRow] {
  /// Imports the rows, 500 in a message.
  func imported(by areas: AreaServiceClient, as importID: String, isDryRun: Bool = false) async throws
    -> ImportAreasResponse
  {
    let call = try await areas.importAreas()
    for start in stride(from: 0, to: count, by: 500) {
      try await call.send(
        ImportAreasRequest(
          importID: importID, dryRun: isDryRun, firstRow: Int64(start) + 1, coordinateSystem: .gcj02,
          rows: Array(self[start..<Swift.min(start + 500, count)])))
    }
    return try await call.finish()
  }
}
