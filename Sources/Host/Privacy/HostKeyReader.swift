import Glibc
import ModuleKit
import NIOPosix

/// Reads the host's keys from where the configuration says; again whenever they may have changed.
struct HostKeyReader: Sendable {
  private let source: HostKeySource?
  private let isDevelopment: Bool
  private let directory: String

  init(_ configuration: HostConfiguration) {
    source = configuration.hostKeys
    isDevelopment = configuration.isDevelopment
    directory = configuration.dataDirectory
  }

  /// The keys that are given.
  /// - Returns: nil in development mode if none are; see `readOwn`.
  /// - Throws: `HostKeyError`.
  func read() async throws -> HostKeyRing? {
    switch source {
    case .none:
      guard isDevelopment else { throw HostKeyError.noneGiven }
      return nil
    case .variable(let secret):
      return try parse(secret.text, place: "the environment variable \(HostKeySource.variableName)")
    case .file(let path):
      return try parse(try HostKeyFile.read(path), place: "the host key file \(path)")
    case .command(let command):
      // It may take seconds, and then on a thread where nobody waits for it.
      let text = try await NIOThreadPool.singleton.runIfActive { try HostKeyCommand.run(command) }
      return try parse(text, place: "the output of host-key-command")
    }
  }

  /// The key that a host in development mode keeps in its data directory, made if there is none.
  /// - Throws: `HostKeyError`, `StartError`.
  func readOwn() throws -> HostKeyRing {
    let path = directory + "/development.key"
    if access(path, F_OK) != 0 {
      var generator = SystemRandomNumberGenerator()
      let suffix = String(generator.next() as UInt32, radix: 16)
      try TokenFile.write(try HostKey.make(id: HostKey.developmentPrefix + suffix).line, to: path)
    }
    return try parse(try HostKeyFile.read(path), place: "the host key file \(path)")
  }

  private func parse(_ text: String, place: String) throws -> HostKeyRing {
    try HostKeyRing(parsing: text, place: place, allowsDevelopmentKeys: isDevelopment)
  }
}

/// A file with keys, which nobody but its owner may read.
enum HostKeyFile {
  /// - Throws: `HostKeyError`.
  static func read(_ path: String) throws -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { close(descriptor) }
    guard let facts = FileFacts(descriptor: descriptor) else { throw unreadable(path) }
    guard facts.isRegularFile else {
      throw HostKeyError.fileUnreadable(path: path, reason: "it is not a regular file")
    }
    guard facts.permissions & 0o077 == 0 || isCredential(path, facts) else {
      throw HostKeyError.fileExposed(path: path)
    }
    // One byte more than allowed, so that a longer file is refused and not cut.
    return try BoundedRead.text(from: descriptor, limit: HostKeyRing.maximumSizeBytes + 1) {
      HostKeyError.fileUnreadable(path: path, reason: $0)
    }
  }

  /// Whether systemd lends the file to this unit alone: it opens such files to the unit's user by an access control
  /// list, whose mask stat(2) shows as the group's rights (systemd.exec(5), LoadCredential=).
  private static func isCredential(_ path: String, _ facts: FileFacts) -> Bool {
    guard let folder = ProcessEnvironment.variables["CREDENTIALS_DIRECTORY"], !folder.isEmpty,
      path.hasPrefix(folder + "/"), facts.permissions & 0o027 == 0
    else { return false }
    return FileFacts(path: folder).map { $0.permissions & 0o027 == 0 } ?? false
  }

  private static func unreadable(_ path: String) -> HostKeyError {
    .fileUnreadable(path: path, reason: String(cString: strerror(errno)))
  }
}

/// Reads a descriptor to its end, but no more than so much.
enum BoundedRead {
  static func text(
    from descriptor: Int32, limit: Int, _ failure: (String) -> HostKeyError
  ) throws -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while bytes.count < limit {
      let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(String(cString: strerror(errno)))
      }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("it is not UTF-8") }
    return text
  }
}
