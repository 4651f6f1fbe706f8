import Glibc

/// Files as the commands need them: whole, with a limit, or written so that nobody sees half of one.
enum Files {
  /// Reads a whole file.
  /// - Throws: `UsageError` if it cannot be read or is longer than `limitBytes`.
  static func read(_ path: String, limitBytes: Int) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw UsageError("cannot read \(path): \(errorText())") }
    defer { close(descriptor) }
    return try read(descriptor: descriptor, name: path, limitBytes: limitBytes)
  }

  /// Reads what is left of an open file.
  static func read(descriptor: Int32, name: String, limitBytes: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw UsageError("cannot read \(name): \(errorText())")
      }
      bytes += buffer[..<count]
      if bytes.count > limitBytes {
        throw UsageError("\(name) is longer than the \(limitBytes >> 20) MiB allowed here")
      }
    }
  }

  /// Whether there is something of that name.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Writes a file that only its owner may read, in place of an older one: all of it or nothing.
  /// - Throws: `UsageError` if there can be no such file, `OutputError` if it cannot be written.
  static func writePrivately(_ bytes: [UInt8], to path: String) throws {
    try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    try write(bytes, to: path, mode: 0o600)
  }

  /// Writes a file in place of an older one: all of it or nothing.
  /// - Throws: `UsageError` if there can be no such file, `OutputError` if it cannot be written.
  static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws {
    try DraftFile(path, mode: mode).finish(bytes)
  }

  /// Makes a folder and those above it, for the owner alone.
  private static func makeFolder(_ path: String) throws {
    if path.isEmpty || exists(path) { return }
    try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw UsageError("cannot make the folder \(path): \(errorText())")
    }
  }

  /// What went wrong in the system call before.
  static func errorText() -> String { String(cString: strerror(errno)) }
}
