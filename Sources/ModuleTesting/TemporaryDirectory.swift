import Glibc

/// A directory of a test's own.
struct TemporaryDirectory {
  let path: String

  init() throws {
    var template = Array("/tmp/yizhan-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(message: String(cString: strerror(errno))) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes the directory and everything in it.
  func remove() { Self.remove(path) }

  private static func remove(_ path: String) {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name != ".", name != ".." else { continue }
        let child = path + "/" + name
        // unlink(2): EISDIR says that it is a directory.
        if unlink(child) != 0, errno == EISDIR { remove(child) }
      }
      closedir(directory)
    }
    rmdir(path)
  }

  struct Failure: Error {
    let message: String
  }
}
