internal import Glibc

/// The directory of a database, made if need be and held against every other host while this one lives.
final class DataDirectory: Sendable {
  let path: String
  private let lock: Int32

  /// The database file.
  var databasePath: String { path + "/yizhan.db" }

  /// Takes the directory.
  /// - Throws: `StorageError.dataDirectoryInUse`, `.dataDirectoryUnusable`.
  init(path: String) throws {
    self.path = path
    try Self.make(path)
    let file = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Self.unusable(path) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let owner = Self.owner(file)
      close(file)
      throw StorageError.dataDirectoryInUse(path: path, process: owner)
    }
    lock = file
    // The number is for the error message above only; the lock itself ends with the process, however it ends.
    let text = "\(getpid())\n"
    ftruncate(file, 0)
    _ = text.withCString { pwrite(file, $0, strlen($0), 0) }
    do {
      try makeDatabaseFile()
    } catch {
      release()
      throw error
    }
  }

  /// Makes the database file for its owner alone; SQLite gives its other files the same mode. It is closed again
  /// before SQLite opens it: closing any descriptor of a file drops the process's locks on it.
  private func makeDatabaseFile() throws {
    let file = open(databasePath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Self.unusable(path) }
    close(file)
  }

  /// Lets the directory go. Unlocked by name: a child that another thread has forked and that has not yet become its
  /// program shares the open file, and closing it here would leave the lock with the child.
  func release() {
    flock(lock, LOCK_UN)
    close(lock)
  }

  private static func make(_ path: String) throws {
    if mkdir(path, 0o700) == 0 {
      // The new name must survive a power cut like everything that is put under it.
      let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
      let directory = open(parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard directory >= 0 else { throw unusable(path) }
      defer { close(directory) }
      guard fsync(directory) == 0 else { throw unusable(path) }
      return
    }
    guard errno == EEXIST else { throw unusable(path) }
    var status = stat()
    guard stat(path, &status) == 0 else { throw unusable(path) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw StorageError.dataDirectoryUnusable(path: path, message: "it is not a directory")
    }
  }

  private static func owner(_ file: Int32) -> Int32? {
    var buffer = [CChar](repeating: 0, count: 16)
    let count = pread(file, &buffer, 15, 0)
    return count > 0 ? Int32(atoi(buffer)) : nil
  }

  private static func unusable(_ path: String) -> StorageError {
    .dataDirectoryUnusable(path: path, message: String(cString: strerror(errno)))
  }
}
