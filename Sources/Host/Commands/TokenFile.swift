import Glibc
import ModuleKit

/// A file that only its owner may read.
enum TokenFile {
  /// Writes a token and a newline. An old file of the name is replaced whole, so that nobody who opened it before
  /// reads the new token.
  /// - Throws: `StartError.tokenFile`.
  static func write(_ token: String, to path: String) throws(StartError) {
    let temporary = path + ".new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    var line = token + "\n"
    let isWritten =
      line.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) == $0.count }
      && fsync(descriptor) == 0
    let failure = isWritten ? nil : failure(path)
    close(descriptor)
    if let failure {
      unlink(temporary)
      throw failure
    }
    guard rename(temporary, path) == 0 else {
      let failure = Self.failure(path)
      unlink(temporary)
      throw failure
    }
  }

  /// Checks that a token could be written there, before one is made that nobody would ever see.
  /// - Throws: `StartError.tokenFile`.
  static func check(_ path: String) throws(StartError) {
    // No file can be put in the place of a folder.
    if FileFacts(path: path)?.isDirectory == true {
      throw .tokenFile(path, reason: String(cString: strerror(EISDIR)))
    }
    let temporary = path + ".new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      // A host that has its token serves on a full disk too, and one that has none cannot be made on it.
      if errno == ENOSPC || errno == EDQUOT { return }
      throw failure(path)
    }
    close(descriptor)
    unlink(temporary)
  }

  private static func failure(_ path: String) -> StartError {
    .tokenFile(path, reason: String(cString: strerror(errno)))
  }
}
