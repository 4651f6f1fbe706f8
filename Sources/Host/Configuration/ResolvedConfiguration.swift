/// Every key with its value and where the value comes from.
public struct ResolvedConfiguration: Sendable {
  /// Where a value comes from; later cases win over earlier ones.
  public enum Source: Sendable, Equatable, CustomStringConvertible {
    case defaultValue
    case stateDirectory
    case file(String)
    case environment(String)
    case flag(String)

    /// "default", "file /etc/yizhan.json", "environment YIZHAN_DATA", "flag --data".
    public var description: String {
      switch self {
      case .defaultValue: "default"
      case .stateDirectory: "environment STATE_DIRECTORY"
      case .file(let path): "file \(path)"
      case .environment(let name): "environment \(name)"
      case .flag(let name): "flag \(name)"
      }
    }
  }

  /// A key's value as it was written.
  public struct Entry: Sendable {
    /// The key.
    public let key: ConfigurationKey
    /// The value in the form in which it is written.
    public let text: String
    /// Where it comes from.
    public let source: Source
  }

  /// One entry for each key, in the order of `ConfigurationKey.all`.
  public let entries: [Entry]

  /// The host's keys, if the environment holds them.
  let hostKeyVariable: SecretText?

  init(entries: [Entry], hostKeyVariable: SecretText?) {
    self.entries = entries
    self.hostKeyVariable = hostKeyVariable
  }

  func text(_ key: ConfigurationKey) -> String {
    guard let entry = entries.first(where: { $0.key.name == key.name }) else {
      preconditionFailure("the key \(key.name) is not in ConfigurationKey.all")
    }
    return entry.text
  }

  /// A file or a command; nil for "none".
  func file(_ key: ConfigurationKey) -> String? { text(key) == "none" ? nil : text(key) }

  func whole(_ key: ConfigurationKey) -> Int {
    guard let number = Int(text(key)) else { preconditionFailure("\(key.name) was not checked") }
    return number
  }

  func flag(_ key: ConfigurationKey) -> Bool { text(key) == "true" }

  func address(_ key: ConfigurationKey) -> HostAndPort? { HostAndPort(text(key)) }

  func milliseconds(_ key: ConfigurationKey) -> Duration { .milliseconds(whole(key)) }
}
