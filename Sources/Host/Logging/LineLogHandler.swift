import Formats
import Glibc
public import Logging

/// Writes one line for each event to standard error: `2026-01-05T01:00:00.123Z info listening address=127.0.0.1:7040`.
///
/// Values that hold spaces, quotes, `=` or control characters are quoted and escaped, so that a line is a line
/// and nothing from outside can forge another.
public struct LineLogHandler: LogHandler {
  /// Values for every line of this logger.
  public var metadata: Logger.Metadata = [:]
  /// The least serious lines that are written.
  public var logLevel: Logger.Level
  /// Values from the task that logs.
  public var metadataProvider: Logger.MetadataProvider?
  private let write: @Sendable (String) -> Void

  /// Creates a handler.
  /// - Parameter write: Takes each line with its newline; standard error unless given.
  public init(
    level: Logger.Level, write: @escaping @Sendable (String) -> Void = LineLogHandler.standardError
  ) {
    logLevel = level
    self.write = write
  }

  /// One value of the logger's own.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes an event.
  public func log(event: LogEvent) {
    var line = "\(LogTime.now()) \(event.level) "
    Self.append(event.message.description, to: &line, isMessage: true)
    var values = metadata
    if let provided = metadataProvider?.get() { values.merge(provided) { $1 } }
    if let own = event.metadata { values.merge(own) { $1 } }
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      line += " \(key)="
      Self.append("\(value)", to: &line, isMessage: false)
    }
    line += "\n"
    write(line)
  }

  /// Writes a line to standard error with one call, so that lines of several threads do not mix.
  public static func standardError(_ line: String) {
    var line = line
    line.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private static func append(_ text: String, to line: inout String, isMessage: Bool) {
    let isPlain = text.utf8.allSatisfy { byte in
      byte >= 0x20 && byte != 0x7f && byte != 0x22 && byte != 0x5c
        && (isMessage || (byte != 0x20 && byte != 0x3d))
    }
    if isPlain && (isMessage || !text.isEmpty) {
      line += text
      return
    }
    if !isMessage { line += "\"" }
    for scalar in text.unicodeScalars.prefix(4_000) {
      switch scalar {
      case "\"", "\\": line += isMessage && scalar == "\"" ? "\"" : "\\\(scalar)"
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      case _
      where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
        || (0x2028...0x2029).contains(scalar.value):
        line += "\\u{\(String(scalar.value, radix: 16))}"
      default: line.unicodeScalars.append(scalar)
      }
    }
    if !isMessage { line += "\"" }
  }
}

/// The time of day in the log: UTC to the millisecond (RFC 3339).
enum LogTime {
  static func now() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return text(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
  }

  static func text(seconds: Int, milliseconds: Int) -> String {
    CivilTime.text(milliseconds: Int64(seconds) * 1000 + Int64(milliseconds))
  }
}
