internal import Synchronization

/// What storage has done and what waits, for metrics.
public struct StorageStatistics: Sendable {
  /// Commits that made something durable.
  public var commits: UInt64 = 0
  /// Jobs that succeeded, replays included.
  public var jobsSucceeded: UInt64 = 0
  /// Jobs answered with an error.
  public var jobsFailed: UInt64 = 0
  /// Jobs answered with the stored reply of an earlier use of their key.
  public var jobsReplayed: UInt64 = 0
  /// Jobs that a full queue refused.
  public var jobsRefused: UInt64 = 0
  /// Batches that were run again because one of their jobs failed after it had written.
  public var batchesRepeated: UInt64 = 0
  /// Units of work in a commit.
  public var batchSizes = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
  /// How long COMMIT took, in microseconds.
  public var commitMicroseconds = Histogram(
    bounds: [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000])
  /// Jobs that wait or run.
  public var waitingJobs = 0
  /// The bytes that they hold.
  public var waitingBytes = 0
  /// Reports and streams' reads that wait or run.
  public var waitingReports = 0
  /// The write-ahead log in use, in bytes.
  public var walSizeBytes = 0
  /// Checkpoints.
  public var checkpoints: UInt64 = 0
  /// Timers that fired.
  public var timersFired: UInt64 = 0
  /// Attempts of timers that failed.
  public var timersFailed: UInt64 = 0
  /// Timers that are due and have not fired, counted up to 10,000.
  public var timersDue = 0
  /// Each consumer.
  public var consumers: [ConsumerStatistics] = []
  /// Snapshots taken by calls.
  public var reads: UInt64 = 0
  /// Statements found prepared.
  public var statementHits: UInt64 = 0
  /// Statements that had to be prepared.
  public var statementMisses: UInt64 = 0
}

/// How far a consumer is.
public struct ConsumerStatistics: Sendable, Equatable {
  /// The consuming module and the type of event: "points/yizhan.events.v1.WishFulfilled".
  public var name: String
  /// Events of its type that it has not consumed.
  public var lag = 0
  /// Events that it has consumed since the start.
  public var consumed: UInt64 = 0
  /// How often the event that it is at has failed.
  public var attempt = 0
  /// The last error; "" for none since the last success.
  public var lastError = ""
}

/// A reader's counts, published at the end of each of its batches.
final class ReaderFigures: Sendable {
  private let reads = Atomic<UInt64>(0)
  private let hits = Atomic<UInt64>(0)
  private let misses = Atomic<UInt64>(0)

  func publish(reads: UInt64, hits: UInt64, misses: UInt64) {
    self.reads.store(reads, ordering: .relaxed)
    self.hits.store(hits, ordering: .relaxed)
    self.misses.store(misses, ordering: .relaxed)
  }

  func add(to statistics: inout StorageStatistics) {
    statistics.reads &+= reads.load(ordering: .relaxed)
    statistics.statementHits &+= hits.load(ordering: .relaxed)
    statistics.statementMisses &+= misses.load(ordering: .relaxed)
  }
}

/// Where the writer leaves its figures after each batch.
final class StatisticsBoard: Sendable {
  private let latest = Mutex(StorageStatistics())

  func publish(_ statistics: StorageStatistics) { latest.withLock { $0 = statistics } }
  func read() -> StorageStatistics { latest.withLock { $0 } }
}
