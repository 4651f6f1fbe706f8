/// One setting of the host: its name, what it may be, what it is unless set, and what it means.
///
/// A key has one name everywhere: `--log-level` as a flag, `YIZHAN_LOG_LEVEL` in the environment, `"log-level"`
/// in the configuration file.
public struct ConfigurationKey: Sendable {
  /// What a value may be.
  public enum Kind: Sendable {
    /// A path of a file or directory.
    case path
    /// A command line.
    case command
    /// HOST:PORT; with `orOff`, "off" as well.
    case address(orOff: Bool)
    /// One of a few words.
    case choice([String])
    /// A whole number within limits.
    case whole(ClosedRange<Int>)
    /// true or false.
    case flag
    /// Limits of single principals; empty for none.
    case principalLimits
  }

  /// The key's name: lower case words with hyphens between them, the unit last.
  public let name: String
  /// What a value may be.
  public let kind: Kind
  /// The value unless set, in the form in which it is written.
  public let defaultValue: String
  /// What the key means, for the operator.
  public let meaning: String

  init(_ name: String, _ kind: Kind, default defaultValue: String, _ meaning: String) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.meaning = meaning
  }

  /// The name of the environment variable: "YIZHAN_LOG_LEVEL".
  public var environmentName: String {
    "YIZHAN_" + name.uppercased().replacing("-", with: "_")
  }

  /// What a value may be, in words: "a whole number from 1 to 64".
  public var allowed: String {
    switch kind {
    case .path: "a path"
    case .command: "a command line, or none"
    case .address(let orOff):
      "HOST:PORT with a numeric address or localhost, such as 127.0.0.1:7040 or [::1]:7040"
        + (orOff ? ", or off" : "")
    case .choice(let words): "one of " + words.joined(separator: ", ")
    case .whole(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .flag: "true or false"
    case .principalLimits:
      "NAME: LIMIT=NUMBER LIMIT=NUMBER; NAME: … with the limits "
        + LimitOverrides.names.joined(separator: ", ")
    }
  }

  /// Whether a written value is allowed.
  func allows(_ text: String) -> Bool {
    switch kind {
    case .path, .command: !text.isEmpty && text.utf8.count <= 4_000 && !text.utf8.contains(0)
    case .address(let orOff): (orOff && text == "off") || HostAndPort(text) != nil
    case .choice(let words): words.contains(text)
    case .whole(let range): Int(text).map { range.contains($0) } ?? false
    case .flag: text == "true" || text == "false"
    case .principalLimits: LimitOverrides(text) != nil
    }
  }
}
