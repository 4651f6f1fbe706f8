import ModuleKit

/// What one principal may ask of the host.
struct PrincipalLimits: Sendable, Equatable {
  /// Calls a second, by the kind of their methods.
  var reads: CallRate
  /// See `reads`.
  var reports: CallRate
  /// See `reads`.
  var writes: CallRate
  /// Streams opened a second.
  var streams: CallRate
  /// Streams open at once; 0 for no limit.
  var openStreams: Int
  /// Rows and bytes a day; 0 for no limit.
  var rowsReturned: Int
  /// See `rowsReturned`.
  var rowsReceived: Int
  /// See `rowsReturned`.
  var bytesSent: Int
  /// See `rowsReturned`.
  var bytesReceived: Int

  /// No limit at all.
  static let none = PrincipalLimits(
    reads: .unlimited, reports: .unlimited, writes: .unlimited, streams: .unlimited, openStreams: 0,
    rowsReturned: 0, rowsReceived: 0, bytesSent: 0, bytesReceived: 0)

  /// The quotas that are set.
  var quotas: [(figure: Usage.Figure, limit: Limit, value: Int)] {
    let all: [(figure: Usage.Figure, limit: Limit, value: Int)] = [
      (.rowsReturned, .rowsReturned, rowsReturned), (.rowsReceived, .rowsReceived, rowsReceived),
      (.bytesSent, .bytesSent, bytesSent), (.bytesReceived, .bytesReceived, bytesReceived),
    ]
    return all.filter { $0.value > 0 }
  }

  /// The rate of a kind of methods and the limit that it is.
  func rate(of kind: MethodKind) -> (rate: CallRate, limit: Limit) {
    switch kind {
    case .read: (reads, .readRate)
    case .report: (reports, .reportRate)
    case .write: (writes, .writeRate)
    case .stream: (streams, .streamRate)
    }
  }
}

/// Limits of single principals, by name, as the configuration writes them:
/// `meituan-production: writes=2000 rows-returned=1000000; wang.fang: reads=20`.
///
/// A principal's name may hold anything but a semicolon; its limits stand behind the last colon.
struct LimitOverrides: Sendable {
  /// Principals that can be named at most.
  static let principalsLimit = 1_000
  /// Bytes of the whole text at most.
  static let sizeLimitBytes = 65_536
  /// The names of what can be set.
  static let names = ranges.map { $0.name }

  private static let rateRange = 0...CallRate.maximumPerSecond
  private static let quotaRange = 0...1_000_000_000_000_000
  private static let ranges: [(name: String, range: ClosedRange<Int>)] = [
    ("reads", rateRange), ("reports", rateRange), ("writes", rateRange), ("streams", rateRange),
    ("open-streams", 0...1_000_000),
    ("rows-returned", quotaRange), ("rows-received", quotaRange), ("bytes-sent", quotaRange),
    ("bytes-received", quotaRange),
  ]

  private var values: [String: [String: Int]] = [:]

  /// None.
  init() {}

  /// Nil for a text that is not of that form.
  init?(_ text: String) {
    guard text.utf8.count <= Self.sizeLimitBytes else { return nil }
    for part in text.split(separator: ";") where !part.allSatisfy({ $0 == " " }) {
      guard let colon = part.lastIndex(of: ":") else { return nil }
      let name = Self.trimmed(part[..<colon])
      guard !name.isEmpty, values[name] == nil, values.count < Self.principalsLimit else { return nil }
      var limits: [String: Int] = [:]
      for setting in part[part.index(after: colon)...].split(separator: " ") {
        let sides = setting.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2, let known = Self.ranges.first(where: { $0.name == sides[0] }),
          let number = Int(sides[1]), known.range.contains(number),
          limits.updateValue(number, forKey: known.name) == nil
        else { return nil }
      }
      guard !limits.isEmpty else { return nil }
      values[name] = limits
    }
  }

  /// The limits of a principal: the common ones, but for what is set for it.
  func limits(of name: String, common: PrincipalLimits, burstSeconds: Int) -> PrincipalLimits {
    guard let set = values[name] else { return common }
    var limits = common
    func rate(_ name: String) -> CallRate? {
      set[name].map { CallRate(perSecond: $0, burstSeconds: burstSeconds) }
    }
    limits.reads = rate("reads") ?? limits.reads
    limits.reports = rate("reports") ?? limits.reports
    limits.writes = rate("writes") ?? limits.writes
    limits.streams = rate("streams") ?? limits.streams
    limits.openStreams = set["open-streams"] ?? limits.openStreams
    limits.rowsReturned = set["rows-returned"] ?? limits.rowsReturned
    limits.rowsReceived = set["rows-received"] ?? limits.rowsReceived
    limits.bytesSent = set["bytes-sent"] ?? limits.bytesSent
    limits.bytesReceived = set["bytes-received"] ?? limits.bytesReceived
    return limits
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
