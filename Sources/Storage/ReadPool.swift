/// Threads with read connections of their own, for reads that take their time: reports and streams.
public final class ReadPool: Sendable {
  private struct Task {
    let deadline: ContinuousClock.Instant?
    /// Reads; what it returns tells the caller.
    let run: @Sendable (Reader) -> () -> Void
    let refuse: @Sendable (StorageError) -> Void
  }

  private let queue: WorkQueue<Task>
  private let threads: [WorkerThread]

  init(threads count: Int, maximumWaiting: Int, clock: HostClock, makeReader: () throws -> Reader) throws {
    let queue = WorkQueue<Task>(maximumCount: maximumWaiting)
    self.queue = queue
    var readers: [ReaderBox] = []
    for _ in 0..<max(count, 1) { readers.append(ReaderBox(try makeReader())) }
    threads = readers.enumerated().map { index, box in
      WorkerThread(name: "report-\(index)") { Self.work(box.reader, queue, clock) }
    }
  }

  /// A reader on its way to the thread that will own it; nobody else keeps it, which makes that safe.
  private struct ReaderBox: @unchecked Sendable {
    let reader: Reader
    init(_ reader: Reader) { self.reader = reader }
  }

  /// Runs a call on a snapshot of its own and hands the bytes that it wrote to `completion`, on a thread of the
  /// pool; when the pool is full or closed, on the caller's.
  /// - Parameters:
  ///   - call: the call.
  ///   - body: the read; it appends the encoded reply to the array.
  ///   - completion: called once.
  public func submit(
    _ call: CallContext, body: @escaping @Sendable (Snapshot, inout [UInt8]) throws -> Void,
    completion: @escaping @Sendable (Result<[UInt8], any Error>) -> Void
  ) {
    put(
      Task(deadline: call.deadline) { reader in
        let result = Result {
          try reader.read(call: call) { snapshot in
            var output: [UInt8] = []
            try body(snapshot, &output)
            return output
          }
        }
        reader.endBatch()
        return { completion(result) }
      } refuse: {
        completion(.failure($0))
      })
  }

  /// Runs a call on a snapshot of its own.
  /// - Throws: `StorageError`; `overloaded` when too many wait. What `body` throws.
  public func run<T: Sendable>(call: CallContext, body: @escaping @Sendable (Snapshot) throws -> T)
    async throws
    -> T
  {
    try await withCheckedThrowingContinuation { continuation in
      put(
        Task(deadline: call.deadline) { reader in
          let result = Result { try reader.read(call: call, body: body) }
          reader.endBatch()
          return { continuation.resume(with: result) }
        } refuse: {
          continuation.resume(throwing: $0)
        })
    }
  }

  private func put(_ task: Task) {
    switch queue.put(task, bytes: 0) {
    case .taken: break
    case .full: task.refuse(.overloaded(retryAfter: .seconds(1)))
    case .closed: task.refuse(.closed)
    }
  }

  func add(to statistics: inout StorageStatistics) { statistics.waitingReports = queue.load.count }

  /// Lets what waits run and ends the threads.
  func close() {
    queue.close()
    for thread in threads { thread.join() }
  }

  private static func work(_ reader: Reader, _ queue: WorkQueue<Task>, _ clock: HostClock) {
    while let task = queue.takeOne() {
      if let deadline = task.deadline, clock.monotonic() >= deadline {
        queue.release(count: 1, bytes: 0)
        task.refuse(.deadlineExceeded)
      } else {
        let answer = task.run(reader)
        // There is room again before anybody is answered, so that whoever then calls once more is taken.
        queue.release(count: 1, bytes: 0)
        answer()
      }
    }
  }
}
