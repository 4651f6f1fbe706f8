import Foundation
import ModuleKit

/// Unique personal values that a test puts in and that must turn up nowhere in the clear: files of the data
/// directory, log lines, the metrics page, errors. Each value is looked for in UTF-8, in UTF-16 of both byte orders,
/// in hexadecimal, in Base64 (both alphabets, at every alignment), percent-encoded and with JSON's escapes.
/// ```swift
/// let canary = Canary(["name": "欧阳金丝雀", "phone": "13912345678"])
/// …                                                       // calls that carry the values
/// #expect(try await canary.hits(in: host) == [])
/// ```
public struct Canary: Sendable {
  /// Where a value was found: "phone as base64 in yizhan.db-wal".
  public typealias Hit = String

  private struct Needle: Sendable {
    let name: String
    let form: String
    let bytes: Data
  }

  private let needles: [Needle]

  /// - Parameter values: What to look for, by a name for each that says what it is. At least five bytes of UTF-8, so
  ///   that none is found by chance in sealed bytes.
  public init(_ values: [String: String]) {
    var needles: [Needle] = []
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      precondition(value.utf8.count >= 5, "\(name) is too short to be looked for")
      for (form, bytes) in Self.forms(of: value) where bytes.count >= 5 {
        needles.append(Needle(name: name, form: form, bytes: Data(bytes)))
      }
    }
    self.needles = needles
  }

  /// Looks everywhere that a host leaves traces: all files below its data directory, the database and its log among
  /// them, the lines that it has logged, and its metrics page.
  /// - Throws: What keeps a file from being read.
  public func hits(in host: TestHost) async throws -> [Hit] {
    // What was written is on the disk once the writer has answered another call.
    try await host.settle()
    var hits = try hits(inFilesBelow: host.directory)
    hits += self.hits(in: Data(host.logText.utf8), place: "the log")
    return hits + self.hits(in: Data(try host.metricsPage().utf8), place: "the metrics page")
  }

  /// Looks in bytes.
  public func hits(in bytes: [UInt8], place: String) -> [Hit] { hits(in: Data(bytes), place: place) }

  /// Looks in everything that an error tells its caller.
  public func hits(in error: any Error) -> [Hit] {
    guard let status = error as? Status else { return hits(in: Data("\(error)".utf8), place: "an error") }
    var parts = [status.message, status.messageChinese, status.reason]
    parts += status.metadata.flatMap { [$0.key, $0.value] }
    parts += status.violations.flatMap { [$0.field, $0.description, $0.descriptionChinese] }
    return hits(in: Data(parts.joined(separator: "\n").utf8), place: "an error")
  }

  private func hits(inFilesBelow directory: String) throws -> [Hit] {
    let files = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
    return try files.sorted().flatMap { file -> [Hit] in
      let path = directory + "/" + file
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
        return []
      }
      return hits(in: try Data(contentsOf: URL(filePath: path)), place: file)
    }
  }

  private func hits(in bytes: Data, place: String) -> [Hit] {
    needles.compactMap { needle in
      bytes.range(of: needle.bytes).map { _ in "\(needle.name) as \(needle.form) in \(place)" }
    }
  }

  /// A value as it may be written.
  private static func forms(of value: String) -> [(form: String, bytes: [UInt8])] {
    let plain = Array(value.utf8)
    let units = Array(value.utf16)
    let hexadecimal = plain.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    var forms: [(form: String, bytes: [UInt8])] = [
      ("UTF-8", plain),
      ("UTF-16LE", units.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }),
      ("UTF-16BE", units.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }),
      ("hexadecimal", Array(hexadecimal.joined().utf8)),
      ("upper-case hexadecimal", Array(hexadecimal.joined().uppercased().utf8)),
    ]
    if plain.contains(where: { $0 >= 0x80 }) {
      forms.append(("percent-encoding", Array(hexadecimal.map { "%" + $0.uppercased() }.joined().utf8)))
      let escapes = units.map {
        "\\u" + String(repeating: "0", count: 4 - String($0, radix: 16).count)
          + String($0, radix: 16)
      }
      forms.append(("JSON escapes", Array(escapes.joined().utf8)))
    }
    // Whatever stands around the value, three of four alignments of digits hold no bits but its own.
    for skipped in 0..<3 where plain.count - skipped >= 6 {
      let whole = plain.dropFirst(skipped).prefix((plain.count - skipped) / 3 * 3)
      for (alphabet, name) in [(Base64.Alphabet.standard, "base64"), (.url, "base64url")] {
        forms.append((name, Array(Base64.encode(Array(whole), alphabet, padded: false).utf8)))
      }
    }
    return forms
  }
}
