import ArgumentParser

/// `yizhand config`: every key with its value, where it comes from, its default and its meaning.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Prints every key with its value, source, default and meaning.",
    discussion: "Takes the same settings as 'serve' and refuses what 'serve' would refuse.")

  @Flag(help: "Prints the values alone, as a configuration file.")
  var json = false

  @OptionGroup var options: ConfigurationOptions

  func run() throws {
    let resolved = try options.resolve()
    _ = try HostConfiguration(resolved)
    print(json ? Self.file(resolved) : Self.table(resolved))
  }

  static func table(_ resolved: ResolvedConfiguration) -> String {
    resolved.entries.map { entry in
      """
      \(entry.key.name) = \(entry.text)    (\(entry.source))
          \(entry.key.meaning)
          default \(entry.key.defaultValue); \(entry.key.allowed); --\(entry.key.name), \(entry.key.environmentName)
      """
    }.joined(separator: "\n\n")
  }

  static func file(_ resolved: ResolvedConfiguration) -> String {
    let lines = resolved.entries.map { entry in
      switch entry.key.kind {
      case .whole, .flag: "  \"\(entry.key.name)\": \(entry.text)"
      default:
        "  \"\(entry.key.name)\": \"" + entry.text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
          + "\""
      }
    }
    return "{\n" + lines.joined(separator: ",\n") + "\n}"
  }
}
