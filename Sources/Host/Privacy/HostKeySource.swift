/// Where the host's keys come from.
public enum HostKeySource: Sendable, Equatable {
  /// A file, by its path.
  case file(String)
  /// The text of the environment variable `YIZHAN_HOST_KEY`.
  case variable(SecretText)
  /// What a command prints, run by /bin/sh.
  case command(String)

  /// The environment variable that may hold the keys themselves.
  static let variableName = "YIZHAN_HOST_KEY"
}

/// A text that no description, dump or log line shows.
public struct SecretText: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  let text: String

  init(_ text: String) { self.text = text }

  /// "(secret)".
  public var description: String { "(secret)" }
  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
