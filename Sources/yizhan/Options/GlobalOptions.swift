/// How results are written.
enum OutputFormat: String, CaseIterable, Sendable {
  /// Columns for people; the default on a terminal.
  case table
  /// Protobuf's canonical JSON, indented; the default elsewhere.
  case json
  /// JSON, one object a line.
  case jsonl
  /// RFC 4180 with a header.
  case csv
}

/// The options that every command takes.
struct GlobalOptions: Sendable {
  var server: String?
  var tls: TLSOptions
  /// The token of the command line.
  var givenToken: String?
  /// The token of the command line, or else of the environment.
  var token: String?
  var profile: String?
  var output: OutputFormat
  var timeout: Duration?
  var assumesYes = false
  var timeZone: String
  /// Whether tables and help may use colours.
  var usesColour: Bool
  /// Whether messages are shown in Chinese where there is a Chinese one.
  var prefersChinese: Bool

  static let specs: [OptionSpec] =
    [
      OptionSpec(
        name: "server", placeholder: "HOST:PORT",
        about:
          "The host to call; https://HOST:PORT over TLS. Default: YIZHAN_SERVER, the profile's, or 127.0.0.1:7040."
      ),
      OptionSpec(
        name: "token", placeholder: "TOKEN",
        about: "The bearer token to call with. Default: YIZHAN_TOKEN, or the profile's. Other users of this "
          + "machine can see it on the command line; prefer \"yizhan login\"."),
      OptionSpec(
        name: "profile", placeholder: "NAME",
        about: "The profile that \"yizhan login\" keeps. Default: YIZHAN_PROFILE, or \"default\"."),
    ] + TLSOptions.specs + [
      OptionSpec(
        name: "output", letter: "o", placeholder: "FORMAT",
        about:
          "table, json, jsonl (one object a line) or csv. Default: table on a terminal, json elsewhere. In csv, "
          + "texts that begin with = + - @ or a tab have a ' before them, so that no spreadsheet takes them for "
          + "formulas; imports take it off.",
        completion: .words(OutputFormat.allCases.map { OptionSpec.Word(text: $0.rawValue) })),
      OptionSpec(
        name: "timeout", placeholder: "DURATION",
        about:
          "How long to wait for an answer, retries included: 500ms, 90s, 15m. Default: 30s; none for streams."
      ),
      OptionSpec(
        name: "time-zone", placeholder: "ZONE",
        about: "The zone of times shown and typed: Asia/Shanghai, +08:00, UTC. Default: YIZHAN_TIME_ZONE, or "
          + "Asia/Shanghai."),
      OptionSpec(name: "yes", letter: "y", about: "Do not ask before what cannot be undone."),
      OptionSpec(name: "help", letter: "h", about: "Show help."),
    ]

  /// Reads the options from a parsed command line and the environment.
  /// - Throws: `UsageError`.
  init(_ parsed: ParsedArguments, environment: Environment, console: any Console) throws {
    server = parsed.value("server") ?? environment["YIZHAN_SERVER"]
    tls = TLSOptions(parsed, environment: environment)
    givenToken = parsed.value("token")
    token = givenToken ?? environment["YIZHAN_TOKEN"]
    profile = parsed.value("profile") ?? environment["YIZHAN_PROFILE"]
    output = console.isOutputTerminal ? .table : .json
    if let name = parsed.value("output") {
      guard let format = OutputFormat(rawValue: name.lowercased()) else {
        throw UsageError(
          "there is no output format \"\(name)\"", hint: "one of: table, json, jsonl, csv")
      }
      output = format
    }
    if let text = parsed.value("timeout") {
      guard let duration = DurationValue.parse(text), duration > .zero else {
        throw UsageError("\"\(text)\" is not a time to wait", hint: "for example: --timeout 90s")
      }
      timeout = duration
    }
    assumesYes = parsed.has("yes")
    timeZone = parsed.value("time-zone") ?? environment["YIZHAN_TIME_ZONE"] ?? LocalTime.defaultZone
    usesColour = console.isOutputTerminal && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
    prefersChinese = environment.prefersChinese
  }
}

/// The environment variables of the process.
struct Environment: Sendable {
  private let variables: [String: String]

  init(_ variables: [String: String]) { self.variables = variables }

  /// The value of a variable; nil if it is unset or empty.
  subscript(_ name: String) -> String? {
    guard let value = variables[name], !value.isEmpty else { return nil }
    return value
  }

  /// Whether the locale for messages is a Chinese one (POSIX: LC_ALL, then LC_MESSAGES, then LANG).
  var prefersChinese: Bool {
    (self["LC_ALL"] ?? self["LC_MESSAGES"] ?? self["LANG"] ?? "").lowercased().hasPrefix("zh")
  }
}
