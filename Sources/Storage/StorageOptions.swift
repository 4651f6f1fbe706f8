internal import Glibc

/// What a host can choose of storage. The defaults suit a host of two cores and a database of some gigabytes.
public struct StorageOptions: Sendable {
  /// Where the time comes from.
  public var clock: StorageClock = .system
  /// Where random bytes come from; called once, at `Database.open`.
  public var random: StorageRandom = .system
  /// Seals what is kept of calls; nil keeps it as it is.
  public var sealer: (any StorageSealer)?
  /// How many jobs may wait for the writer, at most.
  public var maximumWaitingJobs = 8_192
  /// How many bytes the waiting jobs may hold (`WriteJob.sizeBytes`), at most.
  public var maximumWaitingBytes = 64 << 20
  /// How many jobs share a commit, at most.
  public var maximumBatchJobs = 512
  /// After how long a batch is committed although more jobs wait.
  public var maximumBatchDuration: Duration = .milliseconds(20)
  /// How long a job, a timer's handler or a consumer may take, at most.
  public var maximumWriteDuration: Duration = .seconds(5)
  /// How long a snapshot's statements may take, at most, also for callers that set no deadline. A snapshot
  /// keeps the write-ahead log from being reused.
  public var maximumReadDuration: Duration = .seconds(30)
  /// How long an idempotency key keeps its reply.
  public var idempotencyLifetime: Duration = .seconds(7 * 24 * 3_600)
  /// The size of the write-ahead log, in bytes, from which the writer copies it into the database even when busy.
  public var checkpointSizeBytes = 16 << 20
  /// The size of the write-ahead log, in bytes, from which the writer waits shortly for readers so that the log
  /// starts over and its file is cut.
  public var restartSizeBytes = 40 << 20
  /// The writer's page cache, in bytes.
  public var writerCacheBytes = 32 << 20
  /// Each reader's page cache, in bytes.
  public var readerCacheBytes = 8 << 20
  /// How many prepared statements each connection keeps, at most.
  public var maximumCachedStatements = 512
  /// How many threads run reports.
  public var reportThreads = 2
  /// How many reports may wait, at most.
  public var maximumWaitingReports = 1_024
  /// Takes what an operator should know, one line each.
  public var log: @Sendable (StorageLogLine) -> Void = { _ in }
  /// Runs what it is given: the answering of a batch's jobs, on the writer thread. For whoever passes answers on better
  /// together than one by one.
  public var settleBatch: @Sendable (_ settle: () -> Void) -> Void = { $0() }
  /// Called on the writer thread when a write's outcome is unknown. It must end the process: what was in flight
  /// is not answered, and nothing more is written. By default it writes the line to standard error and exits
  /// with status 70.
  public var onFatal: @Sendable (String) -> Void = { line in
    let text = "yizhan: " + line + "\n"
    _ = text.withCString { write(2, $0, strlen($0)) }
    _exit(70)
  }

  /// The defaults.
  public init() {}
}

/// One line for the operator's log.
public struct StorageLogLine: Sendable {
  /// How much it matters.
  public enum Level: Sendable {
    /// Worth knowing.
    case info
    /// Something does not work and is tried again.
    case warning
    /// Something needs the operator.
    case error
  }

  /// How much it matters.
  public var level: Level
  /// What happened and what to do about it.
  public var message: String
}
