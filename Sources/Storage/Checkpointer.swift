internal import CSQLite

/// Copies the write-ahead log into the database, on the writer's own connection: two connections that write or
/// checkpoint at once can damage the log with SQLite before 3.51.3.
///
/// A passive checkpoint copies what no reader still needs. When readers have kept the log from starting over
/// until it is large, the writer waits for them shortly and cuts the file; so it does, again and again until it can,
/// when something is to be gone from the log for good.
final class Checkpointer {
  private let connection: Connection
  private let clock: HostClock
  private let passiveFrames: Int32
  private let restartFrames: Int32
  /// Frames in the log, after the last commit or checkpoint.
  fileprivate var frames: Int32 = 0
  private var copiedFrames: Int32 = 0
  private var lastCommit: ContinuousClock.Instant
  private var nextRestart: ContinuousClock.Instant
  private(set) var count: UInt64 = 0
  /// Whether the log holds what is to be gone. True at first: the process before may have died before it was cut.
  private var holdsForgotten = true

  /// The log's header, and what each page takes in it with its own.
  private static let headerBytes = 32
  private static let frameBytes = 4_096 + 24
  /// How long the writer waits for readers before the log can start over.
  private static let restartWaitMilliseconds: Int32 = 20
  private static let idlePause: Duration = .seconds(1)

  init(connection: Connection, clock: HostClock, options: StorageOptions) {
    self.connection = connection
    self.clock = clock
    passiveFrames = Int32(max(options.checkpointSizeBytes / Self.frameBytes, 16))
    restartFrames = Int32(max(options.restartSizeBytes / Self.frameBytes, 32))
    lastCommit = clock.monotonic()
    nextRestart = lastCommit
  }

  /// Starts watching the log; `self` must outlive the connection's use.
  func watch() {
    sqlite3_wal_hook(
      connection.handle,
      { context, _, _, frames in
        Unmanaged<Checkpointer>.fromOpaque(context!).takeUnretainedValue().frames = frames
        return SQLITE_OK
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  /// The part of the log that is in use, in bytes.
  var sizeBytes: Int { frames == 0 ? 0 : Self.headerBytes + Int(frames) * Self.frameBytes }

  private var uncopiedFrames: Int32 { frames >= copiedFrames ? frames - copiedFrames : frames }

  func noteCommit() {
    lastCommit = clock.monotonic()
    // A commit that started the log over has fewer frames than were copied before.
    if frames < copiedFrames { copiedFrames = 0 }
  }

  /// Has the log cut as soon as no reader needs it: its old frames hold what was overwritten since.
  func forget() { holdsForgotten = true }

  /// Nanoseconds until an idle writer should copy the log; nil when there is nothing to copy.
  func pause() -> Int64? {
    if holdsForgotten { return max(0, (nextRestart - clock.monotonic()).wholeMicroseconds * 1_000) }
    guard uncopiedFrames > 0 else { return nil }
    return max(0, (lastCommit + Self.idlePause - clock.monotonic()).wholeMicroseconds * 1_000)
  }

  /// Copies if it is time to; between transactions.
  /// - Throws: `StorageError`; on a disk error the connection has told its `onUnknownOutcome` before.
  func work(isIdle: Bool) throws {
    let now = clock.monotonic()
    if frames >= restartFrames || holdsForgotten, now >= nextRestart {
      nextRestart = now + .milliseconds(500)
      if try run(SQLITE_CHECKPOINT_TRUNCATE) { holdsForgotten = false }
    } else if uncopiedFrames >= passiveFrames
      || (isIdle && uncopiedFrames > 0 && now >= lastCommit + Self.idlePause)
    {
      try run(SQLITE_CHECKPOINT_PASSIVE)
      lastCommit = now
    }
  }

  /// Copies everything and cuts the file, waiting for nobody.
  func finish() throws { try run(SQLITE_CHECKPOINT_TRUNCATE) }

  /// - Returns: whether nothing kept it from its end.
  @discardableResult
  private func run(_ mode: Int32) throws -> Bool {
    var inLog: Int32 = 0
    var copied: Int32 = 0
    if mode != SQLITE_CHECKPOINT_PASSIVE {
      sqlite3_busy_timeout(connection.handle, Self.restartWaitMilliseconds)
    }
    let code = sqlite3_wal_checkpoint_v2(connection.handle, "main", mode, &inLog, &copied)
    if mode != SQLITE_CHECKPOINT_PASSIVE { sqlite3_busy_timeout(connection.handle, 5_000) }
    count += 1
    switch code & 0xff {
    case SQLITE_OK, SQLITE_BUSY:
      if inLog >= 0 {
        frames = inLog
        copiedFrames = copied
      }
    // No room in the database file: the log stays, and commits that no longer fit say so.
    case SQLITE_FULL: copiedFrames = frames
    default: throw connection.failure(code, in: .kernel)
    }
    return code == SQLITE_OK
  }
}
