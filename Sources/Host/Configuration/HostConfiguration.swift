public import Logging
import ModuleKit
public import RPCTransport

/// The host's settings, checked and typed.
public struct HostConfiguration: Sendable {
  /// The data directory.
  public var dataDirectory: String
  /// Whether the host may make a key for itself.
  public var isDevelopment: Bool
  /// Where the host's keys come from; nil for nowhere.
  public var hostKeys: HostKeySource?
  /// Where calls are served.
  public var listen: HostAndPort
  /// Where metrics are served; nil for nowhere.
  public var metrics: HostAndPort?
  /// The files of TLS; nil for calls in the clear.
  public var tls: ServerTLSConfiguration?
  /// The least serious lines that are logged.
  public var logLevel: Logger.Level
  /// A call that takes longer is logged.
  public var slowCall: Duration
  /// Event loops.
  public var loops: Int
  /// Threads for reports.
  public var reportThreads: Int
  /// Reports that may wait.
  public var reportQueue: Int
  /// Writes that may wait.
  public var writeQueue: Int
  /// The memory of writes that wait.
  public var writeQueueSizeBytes: Int
  /// Writes in one commit.
  public var writesPerCommit: Int
  /// The writer's page cache.
  public var writerCacheSizeBytes: Int
  /// Each reader's page cache.
  public var readerCacheSizeBytes: Int
  /// The size of the write-ahead log from which it is copied.
  public var walCheckpointSizeBytes: Int
  /// The size of the write-ahead log from which it has to start over.
  public var walRestartSizeBytes: Int
  /// Connections at once.
  public var connections: Int
  /// Calls at once on a connection.
  public var streamsPerConnection: Int
  /// The largest message.
  public var messageSizeBytes: Int
  /// The most metadata of a call.
  public var metadataSizeBytes: Int
  /// The most memory for decoding a message.
  public var decodedSizeBytes: Int
  /// The unfinished messages of a connection.
  public var bufferedSizeBytes: Int
  /// How long the settings of a connection may take.
  public var handshake: Duration
  /// How long a message may take to arrive.
  public var body: Duration
  /// How long a reply may lie.
  public var stall: Duration
  /// How long a connection without calls is kept.
  public var idle: Duration
  /// How long a client with calls may be silent.
  public var keepalive: Duration
  /// See `ConfigurationKey.connectionAgeSeconds`; nil for never.
  public var connectionAge: Duration?
  /// The longest that a READ, a REPORT and a WRITE may take.
  public var readDeadline: Duration
  /// See `readDeadline`.
  public var reportDeadline: Duration
  /// See `readDeadline`.
  public var writeDeadline: Duration
  /// How long a stop waits for accepted calls.
  public var drain: Duration
  /// How long a checked token is taken unasked.
  public var tokenCache: Duration
  /// How long a token holds without a time of expiry.
  public var tokenLifetimeDays: Int
  /// How long replies of keyed writes are kept.
  public var idempotencyRetentionHours: Int
  /// What principals may ask.
  var limits: LimitSettings

  /// Types the values of a resolved configuration.
  /// - Throws: `ConfigurationError.insecureAddress` for an address that other machines reach, unless it has TLS or
  ///   that is allowed by name; `.incomplete` for half of what TLS needs; `HostKeyError.givenTwice`.
  public init(_ resolved: ResolvedConfiguration) throws {
    dataDirectory = resolved.text(.data)
    isDevelopment = resolved.flag(.development)
    hostKeys = try Self.hostKeys(resolved)
    guard let listen = resolved.address(.listen), let level = Logger.Level(rawValue: resolved.text(.logLevel))
    else {
      preconditionFailure("values are checked when they are resolved")
    }
    self.listen = listen
    metrics = resolved.address(.metrics)
    tls = try ServerTLSConfiguration(resolved)
    logLevel = level
    slowCall = resolved.milliseconds(.slowCallMilliseconds)
    loops = resolved.whole(.loops)
    reportThreads = resolved.whole(.reportThreads)
    reportQueue = resolved.whole(.reportQueue)
    writeQueue = resolved.whole(.writeQueue)
    writeQueueSizeBytes = resolved.whole(.writeQueueSizeBytes)
    writerCacheSizeBytes = resolved.whole(.writerCacheSizeBytes)
    readerCacheSizeBytes = resolved.whole(.readerCacheSizeBytes)
    walCheckpointSizeBytes = resolved.whole(.walCheckpointSizeBytes)
    walRestartSizeBytes = resolved.whole(.walRestartSizeBytes)
    bufferedSizeBytes = resolved.whole(.bufferedSizeBytes)
    handshake = resolved.milliseconds(.handshakeMilliseconds)
    body = resolved.milliseconds(.bodyMilliseconds)
    stall = resolved.milliseconds(.stallMilliseconds)
    idle = .seconds(resolved.whole(.idleSeconds))
    keepalive = .seconds(resolved.whole(.keepaliveSeconds))
    let age = resolved.whole(.connectionAgeSeconds)
    connectionAge = age == 0 ? nil : .seconds(age)
    writesPerCommit = resolved.whole(.writesPerCommit)
    connections = resolved.whole(.connections)
    streamsPerConnection = resolved.whole(.streamsPerConnection)
    messageSizeBytes = resolved.whole(.messageSizeBytes)
    metadataSizeBytes = resolved.whole(.metadataSizeBytes)
    decodedSizeBytes = resolved.whole(.decodedSizeBytes)
    readDeadline = resolved.milliseconds(.readDeadlineMilliseconds)
    reportDeadline = resolved.milliseconds(.reportDeadlineMilliseconds)
    writeDeadline = resolved.milliseconds(.writeDeadlineMilliseconds)
    drain = resolved.milliseconds(.drainMilliseconds)
    tokenCache = resolved.milliseconds(.tokenCacheMilliseconds)
    tokenLifetimeDays = resolved.whole(.tokenLifetimeDays)
    idempotencyRetentionHours = resolved.whole(.idempotencyRetentionHours)
    limits = LimitSettings(resolved)
    if !resolved.flag(.insecureListenAnywhere) {
      if tls == nil { try Self.requireLoopback(listen, key: .listen) }
      if let metrics { try Self.requireLoopback(metrics, key: .metrics) }
    }
  }

  private static func hostKeys(_ resolved: ResolvedConfiguration) throws -> HostKeySource? {
    var sources: [(place: String, source: HostKeySource)] = []
    if let file = resolved.file(.hostKeyFile) {
      sources.append((ConfigurationKey.hostKeyFile.name, .file(file)))
    }
    if let secret = resolved.hostKeyVariable {
      sources.append((HostKeySource.variableName, .variable(secret)))
    }
    if let command = resolved.file(.hostKeyCommand) {
      sources.append((ConfigurationKey.hostKeyCommand.name, .command(command)))
    }
    guard sources.count < 2 else { throw HostKeyError.givenTwice(sources.map(\.place)) }
    return sources.first?.source
  }

  private static func requireLoopback(_ address: HostAndPort, key: ConfigurationKey) throws {
    guard address.isLoopback else {
      throw ConfigurationError.insecureAddress(key: key.name, address: "\(address)")
    }
  }
}

extension HostConfiguration {
  /// The configuration of a test's host: everything at its default but a data directory of its own with a key that
  /// the host makes, free ports on loopback and no metrics.
  /// - Throws: `ConfigurationError` for settings that a configuration file could not have either.
  package init(testing settings: [String: String], directory: String) throws {
    var all = ["data": directory, "development": "true", "listen": "127.0.0.1:0", "metrics": "off"]
    all.merge(settings) { $1 }
    let arguments = all.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    try self.init(try ConfigurationLoader.load(arguments: arguments, environment: [:]))
  }
}
