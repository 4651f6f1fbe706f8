import Glibc
import SwiftASN1

/// A file of certificates, keys or lists, as it is read and watched.
enum TLSFile {
  /// A chain, an authority file or a key.
  static let limitBytes = 4 << 20
  /// A revocation list of some 400,000 certificates.
  static let listLimitBytes = 16 << 20

  /// Reads a whole file.
  static func read(_ path: String, limitBytes: Int = limitBytes) throws(TLSError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .fileUnreadable(path, reason: "it is not a file")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(path)
      }
      bytes += buffer[..<count]
      guard bytes.count <= limitBytes else {
        throw .fileUnreadable(path, reason: "it is longer than \(limitBytes >> 20) MiB")
      }
    }
  }

  /// The PEM blocks with one of these labels ("CERTIFICATE"), as DER.
  static func blocks(_ bytes: [UInt8], labels: Set<String>, path: String) throws(TLSError) -> [[UInt8]] {
    do {
      return try PEMDocument.parseMultiple(pemString: String(decoding: bytes, as: UTF8.self))
        .filter { labels.contains($0.discriminator) }.map(\.derBytes)
    } catch {
      throw .malformed(path, reason: "it is not in PEM form (\(error))")
    }
  }

  /// Whether others than its owner and its group may read a file.
  static func isReadableByAnyone(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IROTH != 0
  }

  private static func failure(_ path: String) -> TLSError {
    switch errno {
    case ENOENT, ENOTDIR: .fileMissing(path)
    case EACCES, EPERM:
      .fileUnreadable(
        path, reason: "this user may not read it; make it readable for user id \(geteuid()) alone")
    default: .fileUnreadable(path, reason: String(cString: strerror(errno)))
    }
  }
}

/// What tells one version of a file from the next without reading it.
public struct TLSFileVersion: Equatable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  private let sizeBytes: Int64
  private let seconds: Int64
  private let nanoseconds: Int64

  /// Nil for a file that is not there.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    sizeBytes = Int64(status.st_size)
    seconds = Int64(status.st_mtim.tv_sec)
    nanoseconds = Int64(status.st_mtim.tv_nsec)
  }
}
