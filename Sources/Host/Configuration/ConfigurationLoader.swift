import Configuration
import Foundation

/// Reads the configuration: defaults, then the file, then the environment, then flags; each wins over those
/// before it.
enum ConfigurationLoader {
  /// Resolves every key.
  /// - Parameters:
  ///   - arguments: Flags without the program's name: ["--data", "/srv/yizhan", "--loops=2"].
  ///   - environment: The process's environment.
  ///   - file: The file named by --config; nil for DIR/yizhan.json if there is one.
  /// - Throws: `ConfigurationError` for the first thing that is wrong.
  static func load(
    arguments: [String], environment: [String: String], file: String? = nil
  ) throws -> ResolvedConfiguration {
    let arguments = spelledOut(arguments)
    try checkFlags(arguments)
    try checkEnvironment(environment)
    let flags = CommandLineArgumentsProvider(arguments: ["yizhand"] + arguments).snapshot()
    let variables = EnvironmentVariablesProvider(environmentVariables: environment)
      .prefixKeys(with: ConfigKey(["yizhan"])).snapshot()

    var resolved: [ResolvedConfiguration.Entry] = []
    func look(_ key: ConfigurationKey, _ settings: FileSettings?) throws -> ResolvedConfiguration.Entry {
      if let text = try text(of: key, in: flags) {
        return try entry(key, text, .flag("--\(key.name)"))
      }
      if let text = try text(of: key, in: variables) {
        return try entry(key, text, .environment(key.environmentName))
      }
      if let settings, let text = try text(of: key, in: settings.values) {
        return try entry(key, text, .file(settings.path))
      }
      if key.name == ConfigurationKey.data.name, let directory = stateDirectory(environment) {
        return try entry(key, directory, .stateDirectory)
      }
      return try entry(key, key.defaultValue, .defaultValue)
    }

    // The data directory says where the file is, so it is looked up before the file when no file is named.
    let path: String
    if let file {
      path = file
      guard FileManager.default.fileExists(atPath: path) else { throw ConfigurationError.fileMissing(path) }
    } else {
      path = try look(.data, nil).text + "/yizhan.json"
    }
    let settings = try FileSettings.read(path)
    for key in ConfigurationKey.all { resolved.append(try look(key, settings)) }
    let hostKey = environment[HostKeySource.variableName].map { SecretText($0) }
    if hostKey == nil, isTrial(resolved) {
      resolved = resolved.map { entry in
        entry.key.name == ConfigurationKey.development.name
          ? ResolvedConfiguration.Entry(key: entry.key, text: "true", source: entry.source) : entry
      }
    }
    return ResolvedConfiguration(entries: resolved, hostKeyVariable: hostKey)
  }

  /// Whether nobody said anything of what a host for real people needs: then it is tried out, and a bare `yizhand
  /// serve` works. One that was told where its data lie or where it serves, and not which key it has, was forgotten
  /// something, and must not start on a key of its own making.
  private static func isTrial(_ entries: [ResolvedConfiguration.Entry]) -> Bool {
    entries.allSatisfy { entry in
      entry.source == .defaultValue || !ConfigurationKey.ofDeployment.contains(entry.key.name)
    }
  }

  /// Arguments with the value of each flag that is set by its mere presence: "--development".
  private static func spelledOut(_ arguments: [String]) -> [String] {
    arguments.enumerated().map { index, argument in
      guard argument.hasPrefix("--"), case .flag = ConfigurationKey.named(String(argument.dropFirst(2)))?.kind
      else { return argument }
      let next = index + 1 < arguments.count ? arguments[index + 1] : "--"
      return next.hasPrefix("--") ? argument + "=true" : argument
    }
  }

  private static func entry(
    _ key: ConfigurationKey, _ text: String, _ source: ResolvedConfiguration.Source
  ) throws -> ResolvedConfiguration.Entry {
    guard key.allows(text) else {
      throw ConfigurationError.badValue(
        key: key.name, value: String(text.prefix(200)), place: source.description, allowed: key.allowed)
    }
    return ResolvedConfiguration.Entry(key: key, text: text, source: source)
  }

  /// A key's value as text, whatever type the provider holds it in.
  private static func text(of key: ConfigurationKey, in values: any ConfigSnapshot) throws -> String? {
    let name = AbsoluteConfigKey([key.name])
    if case .flag = key.kind, let value = try? values.value(forKey: name, type: .bool).value,
      case .bool(let flag) = value.content
    {
      return flag ? "true" : "false"
    }
    if case .whole = key.kind, let value = try? values.value(forKey: name, type: .int).value,
      case .int(let number) = value.content
    {
      return String(number)
    }
    if let value = try? values.value(forKey: name, type: .string).value,
      case .string(let text) = value.content
    {
      return text
    }
    // A value of a type that no key has: shown as it stands, and refused by its key.
    for type in [ConfigType.double, .stringArray, .doubleArray] {
      if let value = try? values.value(forKey: name, type: type).value { return "\(value)" }
    }
    return nil
  }

  private static func checkFlags(_ arguments: [String]) throws {
    var seen: Set<String> = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      guard argument.hasPrefix("--") else { throw ConfigurationError.strayArgument(argument) }
      let name = String(argument.dropFirst(2).prefix { $0 != "=" })
      guard let key = ConfigurationKey.named(name) else {
        throw ConfigurationError.unknownKey(
          "--\(name)", place: "flags", suggestion: ConfigurationKey.nearest(to: name).map { "--\($0.name)" })
      }
      guard seen.insert(name).inserted else { throw ConfigurationError.repeatedFlag("--\(name)") }
      if !argument.contains("=") {
        guard index + 1 < arguments.count, !arguments[index + 1].hasPrefix("--") else {
          throw ConfigurationError.missingValue(flag: "--\(name)", allowed: key.allowed)
        }
        index += 1
      }
      index += 1
    }
  }

  /// Names in the environment that are not settings of the host: the CLI's, and those of tests and profiles.
  private static let otherPrograms: Set<String> = [
    "YIZHAN_SERVER", "YIZHAN_TOKEN", "YIZHAN_PROFILE", "YIZHAN_CONFIG", "YIZHAN_CA_FILE",
    "YIZHAN_CLIENT_CERTIFICATE", "YIZHAN_CLIENT_KEY", "YIZHAN_TIME_ZONE", HostKeySource.variableName,
  ]

  /// Refuses a variable that is nearly a key's: a typing error there would otherwise pass in silence. Others are
  /// let be, because the environment is shared with other programs.
  private static func checkEnvironment(_ environment: [String: String]) throws {
    for name in environment.keys.sorted() where name.hasPrefix("YIZHAN_") && !otherPrograms.contains(name) {
      let key = name.dropFirst("YIZHAN_".count).lowercased().replacing("_", with: "-")
      if ConfigurationKey.named(key) == nil, let near = ConfigurationKey.nearest(to: key) {
        throw ConfigurationError.unknownKey(name, place: "environment", suggestion: near.environmentName)
      }
    }
  }

  /// The first directory that systemd made for `StateDirectory=` (systemd.exec(5)).
  private static func stateDirectory(_ environment: [String: String]) -> String? {
    environment["STATE_DIRECTORY"]?.split(separator: ":").first.map(String.init)
  }
}

/// The configuration file, read and its names checked.
struct FileSettings {
  /// Where it was read from.
  let path: String
  /// Its values.
  let values: JSONSnapshot

  /// Reads a file; nil when there is none.
  /// - Throws: `ConfigurationError`.
  static func read(_ path: String) throws -> FileSettings? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let contents: Data
    do {
      contents = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw ConfigurationError.fileUnreadable(path, reason: error.localizedDescription)
    }
    guard contents.count <= 1 << 20 else {
      throw ConfigurationError.fileMalformed(path, reason: "it is longer than 1 MiB")
    }
    let object: Any
    do {
      object = try JSONSerialization.jsonObject(with: contents)
    } catch {
      throw ConfigurationError.fileMalformed(
        path, reason: "\((error as NSError).userInfo["NSDebugDescription"] ?? error)")
    }
    guard let names = (object as? [String: Any])?.keys.sorted() else {
      throw ConfigurationError.fileMalformed(path, reason: "the top level is not an object")
    }
    for name in names where ConfigurationKey.named(name) == nil {
      throw ConfigurationError.unknownKey(
        "\"\(name)\"", place: "file \(path)",
        suggestion: ConfigurationKey.nearest(to: name).map { "\"\($0.name)\"" })
    }
    do {
      let values = try JSONSnapshot(data: contents.bytes, providerName: path, parsingOptions: .default)
      return FileSettings(path: path, values: values)
    } catch {
      throw ConfigurationError.fileMalformed(path, reason: "\(error)")
    }
  }
}
