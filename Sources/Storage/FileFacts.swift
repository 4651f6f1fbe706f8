import Glibc

/// What the system says of a file.
///
/// Here, because for the compiler `stat` is a type of Foundation's wherever Foundation's C headers are read first, and
/// the targets above this one are built on packages that read them.
package struct FileFacts: Sendable {
  /// Whether it is a file, and not a directory, a device or a pipe.
  package let isRegularFile: Bool
  /// Whether it is a directory.
  package let isDirectory: Bool
  /// Who may read, write and run it: the lower twelve bits of its mode (inode(7)).
  package let permissions: UInt32

  /// Of an open file; nil with `errno` where the system does not say.
  package init?(descriptor: Int32) {
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { return nil }
    self.init(facts)
  }

  /// Of the file that a path leads to; nil with `errno` where the system does not say.
  package init?(path: String) {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return nil }
    self.init(facts)
  }

  private init(_ facts: stat) {
    isRegularFile = facts.st_mode & S_IFMT == S_IFREG
    isDirectory = facts.st_mode & S_IFMT == S_IFDIR
    permissions = facts.st_mode & 0o7777
  }
}
