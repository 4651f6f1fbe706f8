/// Reads on one thread, several calls to a snapshot.
///
/// The first read of a batch takes the snapshot, the following ones share it, `endBatch` lets it go. A reader
/// belongs to one thread at a time and is not kept across a wait: an open snapshot keeps the write-ahead log from
/// being reused.
public final class Reader {
  private let connection: Connection
  private let begin: ControlStatement
  private let commit: ControlStatement
  private let figures: ReaderFigures
  private let maximumDuration: Duration
  private var isBatchOpen = false
  private var now = Instant(milliseconds: 0)
  private var reads: UInt64 = 0

  init(path: String, options: StorageOptions, clock: HostClock, figures: ReaderFigures) throws {
    connection = try Connection(path: path, role: .reader, options: options, clock: clock)
    begin = try ControlStatement("BEGIN", on: connection)
    commit = try ControlStatement("COMMIT", on: connection)
    maximumDuration = options.maximumReadDuration
    self.figures = figures
  }

  /// Runs a call on the batch's snapshot.
  /// - Throws: `StorageError`, or what `body` throws.
  public func read<T>(call: consuming CallContext, body: (Snapshot) throws -> T) throws -> T {
    if !isBatchOpen {
      try begin()
      now = connection.clock.now()
      isBatchOpen = true
    }
    reads &+= 1
    connection.enter(deadline: call.deadline, maximumDuration: maximumDuration)
    defer { connection.leave() }
    return try body(Snapshot(call: call, scope: call.module, now: now, connection: connection))
  }

  /// Lets the snapshot go; the next read takes a new one.
  public func endBatch() {
    guard isBatchOpen else { return }
    isBatchOpen = false
    // An engine error may have ended the transaction already.
    if !connection.isOutsideTransaction { _ = commit.run() }
    figures.publish(reads: reads, hits: connection.statements.hits, misses: connection.statements.misses)
  }
}
