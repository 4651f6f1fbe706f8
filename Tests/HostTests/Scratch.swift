import Foundation

/// A directory of a test's own.
enum Scratch {
  /// Runs the body with the path of a directory that does not exist yet, in one that is removed afterwards.
  static func with<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let parent = FileManager.default.temporaryDirectory.appendingPathComponent("yizhan-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: parent) }
    return try await body(parent.path + "/data")
  }
}
