import ArgumentParser
import ModuleKit

/// `yizhand make-key`: a fresh key for the host.
struct MakeKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-key", abstract: "Prints a line with a fresh random key for the host-key-file.",
    discussion: """
      The first line of the file is the current key, the lines below are older ones. Make the file readable by its \
      owner only, keep it apart from the data directory, and back both up apart from each other: whoever has both \
      can read all personal data, and whoever loses the key has lost them.
      """)

  @Option(
    help: "The key's name: lower-case letters, digits, '.', '_' and '-', at most 48. A new key, a new name.")
  var id = "k1"

  func run() throws {
    guard !id.hasPrefix(HostKey.developmentPrefix) else { throw HostKeyError.developmentKey(id: id) }
    print(try HostKey.make(id: id).line)
  }
}
