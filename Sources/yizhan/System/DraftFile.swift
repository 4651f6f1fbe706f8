import Glibc

/// A file that takes its name, and the place of an older one, once all of it is written. It is made early, so that a
/// place where nothing can be written shows before the work that the file is for.
final class DraftFile {
  /// The name that it takes.
  let path: String
  /// The name that it has meanwhile; nil for a device, or a shell's pipe, which is written to as it is.
  private let draftPath: String?
  private let descriptor: Int32
  private var isInPlace = false

  /// - Throws: `UsageError` if there can be no such file.
  init(_ path: String, mode: mode_t = 0o644) throws {
    // No file can be put in the place of a folder, and none should be in that of a device.
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      close(folder)
      throw UsageError("cannot write \(path): it is a folder")
    }
    let isDevice = path.hasPrefix("/dev/") && !path.hasPrefix("/dev/shm/")
    let draftPath = isDevice ? nil : "\(path).\(getpid()).tmp"
    let descriptor =
      draftPath.map { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode) }
      ?? Self.standardStream(path).map { dup($0) } ?? open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw UsageError("cannot write \(path): \(Files.errorText())") }
    self.path = path
    self.draftPath = draftPath
    self.descriptor = descriptor
  }

  /// The descriptor of a stream that the process has already. Opened anew by its name, a file would be written from its
  /// beginning, over what the stream has written and will write.
  private static func standardStream(_ path: String) -> Int32? {
    switch path {
    case "/dev/stdout": STDOUT_FILENO
    case "/dev/stderr": STDERR_FILENO
    case _ where path.hasPrefix("/dev/fd/"): Int32(path.dropFirst("/dev/fd/".count))
    default: nil
    }
  }

  deinit {
    close(descriptor)
    if let draftPath, !isInPlace { unlink(draftPath) }
  }

  /// Writes the content and gives the file its name.
  /// - Throws: `OutputError`.
  func finish(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      rest = rest.dropFirst(count)
    }
    guard let draftPath else { return }
    guard fsync(descriptor) == 0, rename(draftPath, path) == 0 else { throw failure() }
    isInPlace = true
  }

  private func failure() -> OutputError { OutputError("cannot write \(path): \(Files.errorText())") }
}
