internal import Synchronization

/// The one way to write: jobs wait in a queue, and a single thread runs them, many to a commit.
public final class Writer: Sendable {
  let queue: WorkQueue<QueuedJob>
  let board: StatisticsBoard
  private let refused = Atomic<UInt64>(0)

  init(options: StorageOptions, board: StatisticsBoard) {
    queue = WorkQueue(maximumCount: options.maximumWaitingJobs, maximumBytes: options.maximumWaitingBytes)
    self.board = board
  }

  /// Hands a job to the writer. Its completion tells the outcome: `StorageError.overloaded` at once when too much
  /// waits, `.closed` when the database is closed.
  public func submit(_ job: WriteJob) {
    switch queue.put(QueuedJob(job), bytes: job.sizeBytes) {
    case .taken: break
    case .closed: job.completion(.failure(StorageError.closed))
    case .full:
      refused.wrappingAdd(1, ordering: .relaxed)
      job.completion(.failure(StorageError.overloaded(retryAfter: .milliseconds(200))))
    }
  }

  /// Runs a transaction; returns once its commit is durable.
  ///
  /// When the task is cancelled before the transaction begins, it has no effect and `StorageError.cancelled` is
  /// thrown. `body` may run more than once, as a job's.
  /// - Throws: `StorageError`, or what `body` throws.
  public func perform<T: Sendable>(
    call: CallContext, body: @escaping @Sendable (Transaction) throws -> T
  ) async throws -> T {
    let outcome = Outcome<T>()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        submit(
          WriteJob(call: call, isCancelled: { outcome.isCancelled.load(ordering: .relaxed) }) {
            transaction, _ in
            let value = try body(transaction)
            outcome.value.withLock { $0 = value }
          } completion: { result in
            continuation.resume(with: result.map { _ in outcome.value.withLock { $0! } })
          })
      }
    } onCancel: {
      outcome.isCancelled.store(true, ordering: .relaxed)
    }
  }

  private final class Outcome<T: Sendable>: Sendable {
    let value = Mutex<T?>(nil)
    let isCancelled = Atomic<Bool>(false)
  }

  func add(to statistics: inout StorageStatistics) {
    let load = queue.load
    statistics.waitingJobs = load.count
    statistics.waitingBytes = load.bytes
    statistics.jobsRefused = refused.load(ordering: .relaxed)
  }
}
