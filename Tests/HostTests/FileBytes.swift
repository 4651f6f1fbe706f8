import Foundation

/// Files as bytes.
enum FileBytes {
  static func read(_ path: String) -> [UInt8] {
    (try? Data(contentsOf: URL(fileURLWithPath: path))).map { Array($0) } ?? []
  }

  static func contains(_ needle: [UInt8], in bytes: [UInt8]) -> Bool {
    Data(bytes).range(of: Data(needle)) != nil
  }
}
