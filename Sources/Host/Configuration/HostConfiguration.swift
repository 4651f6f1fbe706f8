public import Logging

/// The host's settings, checked and typed.
public struct HostConfiguration: Sendable {
  /// The data directory.
  public var dataDirectory: String
  /// Where calls are served.
  public var listen: HostAndPort
  /// Where metrics are served; nil for nowhere.
  public var metrics: HostAndPort?
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

  /// Types the values of a resolved configuration.
  /// - Throws: `ConfigurationError.insecureAddress` for an address that other machines reach, unless that is
  ///   allowed by name.
  public init(_ resolved: ResolvedConfiguration) throws {
    dataDirectory = resolved.text(.data)
    guard let listen = resolved.address(.listen), let level = Logger.Level(rawValue: resolved.text(.logLevel))
    else {
      preconditionFailure("values are checked when they are resolved")
    }
    self.listen = listen
    metrics = resolved.address(.metrics)
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
    if !resolved.flag(.insecureListenAnywhere) {
      try Self.requireLoopback(listen, key: .listen)
      if let metrics { try Self.requireLoopback(metrics, key: .metrics) }
    }
  }

  private static func requireLoopback(_ address: HostAndPort, key: ConfigurationKey) throws {
    guard address.isLoopback else {
      throw ConfigurationError.insecureAddress(key: key.name, address: "\(address)")
    }
  }
}

extension HostConfiguration {
  /// The configuration of a test's host: everything at its default but a data directory of its own, free ports on
  /// loopback and no metrics.
  /// - Throws: `ConfigurationError` for settings that a configuration file could not have either.
  package init(testing settings: [String: String], directory: String) throws {
    var all = ["data": directory, "listen": "127.0.0.1:0", "metrics": "off"]
    all.merge(settings) { $1 }
    let arguments = all.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    try self.init(try ConfigurationLoader.load(arguments: arguments, environment: [:]))
  }
}
