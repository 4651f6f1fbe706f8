import Glibc

/// A file that is read from its beginning, a piece at a time.
final class FileSource {
  private let descriptor: Int32
  private let path: String

  /// - Throws: `UsageError`.
  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw UsageError("cannot read \(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// The next bytes; none at the end.
  /// - Throws: `UsageError`.
  func read(maximumBytes: Int) throws -> [UInt8] {
    while true {
      var count = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: maximumBytes) { buffer, initialized in
        count = Glibc.read(descriptor, buffer.baseAddress, maximumBytes)
        initialized = max(count, 0)
      }
      if count >= 0 { return bytes }
      guard errno == EINTR else {
        throw UsageError("cannot read \(path): \(String(cString: strerror(errno)))")
      }
    }
  }
}

/// A file that grows under another name, "FILE.part", until it is whole.
final class PartialFile: Sendable {
  let partPath: String
  /// How much was in it before, in bytes.
  let sizeAtFirst: Int64
  /// Whether there was anything in it before.
  var wasThere: Bool { sizeAtFirst > 0 }
  private let path: String
  private let descriptor: Int32

  /// Opens or makes the file; another process that writes it keeps it to itself.
  /// - Throws: `UsageError`.
  init(_ path: String) throws {
    self.path = path
    partPath = path + ".part"
    descriptor = open(partPath, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    sizeAtFirst = Int64(lseek(descriptor, 0, SEEK_END))
    guard descriptor >= 0 else { throw Self.failure(partPath) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw UsageError("another program is writing \(path).part", hint: "wait for it, or choose another name")
    }
  }

  deinit { close(descriptor) }

  /// What was written so far.
  /// - Throws: `UsageError`.
  func source() throws -> (_ maximumBytes: Int) throws -> [UInt8] {
    let source = try FileSource(partPath)
    return { try source.read(maximumBytes: $0) }
  }

  /// Drops what stands behind so many bytes.
  /// - Throws: `UsageError`.
  func cut(to sizeBytes: Int64) throws {
    guard ftruncate(descriptor, off_t(sizeBytes)) == 0 else { throw Self.failure(partPath) }
  }

  /// - Throws: `UsageError`.
  func append(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(partPath) }
      rest = rest.dropFirst(count)
    }
  }

  /// Removes the file.
  func discard() { unlink(partPath) }

  /// Gives the file its name once everything is on disk.
  /// - Throws: `UsageError`.
  func finish() throws {
    guard fsync(descriptor) == 0, rename(partPath, path) == 0 else { throw Self.failure(path) }
    let slash = path.lastIndex(of: "/")
    let folder = open(slash.map { String(path[...$0]) } ?? ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private static func failure(_ path: String) -> UsageError {
    UsageError("cannot write \(path): \(String(cString: strerror(errno)))")
  }
}
