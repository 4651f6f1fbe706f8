import Foundation

/// The programs that generation runs.
struct Toolchain {
  private let protoc: String
  private let protocGenC: String

  /// Finds the programs.
  /// - Throws: `GenerationError` that names the package to install.
  init() throws {
    protoc = try Self.find("protoc", package: "protobuf-compiler")
    protocGenC = try Self.find("protoc-gen-c", package: "protobuf-c-compiler")
  }

  /// Compiles protos to an encoded FileDescriptorSet with comments and everything they import.
  func describe(_ files: [String], folders: [String]) throws -> Data {
    let output = FileManager.default.temporaryDirectory.appending(path: "protogen-\(UUID().uuidString).binpb")
    defer { try? FileManager.default.removeItem(at: output) }
    let arguments =
      folders.map { "--proto_path=\($0)" }
      + ["--include_imports", "--include_source_info", "--descriptor_set_out=\(output.path)"] + files
    let result = try Self.run(protoc, arguments)
    if result.status != 0 {
      if result.text.contains("google/protobuf/"), result.text.contains("File not found") {
        throw GenerationError(
          "protoc does not find its own protos (google/protobuf/…): on Debian, apt-get install libprotobuf-dev\n"
            + result.text)
      }
      throw GenerationError("protoc refuses the protos:\n\(result.text)")
    }
    return try Data(contentsOf: output)
  }

  /// Writes the C codecs of some files of an encoded FileDescriptorSet.
  func writeCodecs(_ files: [String], of set: Data, to folder: URL) throws {
    let input = FileManager.default.temporaryDirectory.appending(path: "protogen-\(UUID().uuidString).binpb")
    defer { try? FileManager.default.removeItem(at: input) }
    try set.write(to: input)
    let result = try Self.run(
      protoc,
      [
        "--plugin=protoc-gen-c=\(protocGenC)", "--descriptor_set_in=\(input.path)", "--c_out=\(folder.path)",
      ] + files)
    if result.status != 0 { throw GenerationError("protoc-gen-c fails:\n\(result.text)") }
  }

  /// Formats Swift files in place.
  static func format(_ files: [URL], configuration: URL) throws {
    var arguments = ["swift", "format", "format", "--in-place", "--parallel"]
    if FileManager.default.fileExists(atPath: configuration.path) {
      arguments += ["--configuration", configuration.path]
    }
    let result = try run("/usr/bin/env", arguments + files.map(\.path))
    if result.status != 0 { throw GenerationError("swift format fails on generated code:\n\(result.text)") }
  }

  private static func find(_ name: String, package: String) throws -> String {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
      return "\(folder)/\(name)"
    }
    throw GenerationError(
      "\(name) is not installed. On Debian: apt-get install \(package)\nAll that generation needs: "
        + "protobuf-compiler protobuf-c-compiler libprotobuf-dev libprotobuf-c-dev")
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }
}
