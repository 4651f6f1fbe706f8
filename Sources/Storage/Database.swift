internal import Synchronization

/// A database directory, opened and held by this process.
public final class Database: Sendable {
  /// Runs all writes.
  public let writer: Writer
  /// Runs reads that take their time.
  public let readPool: ReadPool
  private let directory: DataDirectory
  private let options: StorageOptions
  private let clock: HostClock
  private let loop: WriterThread
  private let thread: WorkerThread
  private let readers = Mutex<[ReaderFigures]>([])
  private let isClosed = Atomic<Bool>(false)

  /// Opens a database, making directory and file if need be, and brings its schema up to the program's.
  /// - Parameters:
  ///   - path: the directory; it is made with mode 0700 if it is not there. Its parent must be.
  ///   - options: see `StorageOptions`.
  ///   - schemas: every module's migrations.
  /// - Throws: `StorageError`: `dataDirectoryInUse` when another host holds it, `schemaTooNew` and
  ///   `migrationEdited` when the schema is not what this program knows.
  public static func open(
    directory path: String, options: StorageOptions = StorageOptions(), schemas: [ModuleSchema]
  ) throws -> Database {
    try Connection.checkEngine()
    let directory = try DataDirectory(path: path)
    do {
      return try Database(directory, options, schemas)
    } catch {
      directory.release()
      throw error
    }
  }

  private init(_ directory: DataDirectory, _ options: StorageOptions, _ schemas: [ModuleSchema]) throws {
    self.directory = directory
    self.options = options
    let clock = HostClock(options.clock)
    self.clock = clock
    let board = StatisticsBoard()
    let writer = Writer(options: options, board: board)
    let connection = try Connection(
      path: directory.databasePath, role: .writer, options: options, clock: clock)
    try MigrationRunner(connection: connection, now: clock.now()).run(schemas)
    let loop = try WriterThread(
      connection, writer: writer, options: options, clock: clock, schemas: schemas)
    let pool = Mutex<[ReaderFigures]>([])
    let readPool = try ReadPool(
      threads: options.reportThreads, maximumWaiting: options.maximumWaitingReports, clock: clock
    ) {
      let figures = ReaderFigures()
      pool.withLock { $0.append(figures) }
      return try Reader(path: directory.databasePath, options: options, clock: clock, figures: figures)
    }
    self.writer = writer
    self.loop = loop
    self.readPool = readPool
    thread = WorkerThread(name: "writer") { loop.run() }
    let made = pool.withLock { $0 }
    readers.withLock { $0 = made }
  }

  deinit { close() }

  /// Starts timers and consumers; called once, before the host takes calls.
  /// - Throws: `StorageError`; `closed` once `close` has been called.
  public func start(timers: [TimerRegistration] = [], consumers: [ConsumerRegistration] = []) throws {
    try loop.start(timers: timers, consumers: consumers)
  }

  /// A reader for a thread of the host's. It must be let go before the database is closed.
  /// - Throws: `StorageError`.
  public func makeReader() throws -> Reader {
    guard !isClosed.load(ordering: .acquiring) else { throw StorageError.closed }
    let figures = ReaderFigures()
    let reader = try Reader(path: directory.databasePath, options: options, clock: clock, figures: figures)
    readers.withLock { $0.append(figures) }
    return reader
  }

  /// What storage has done and what waits.
  public var statistics: StorageStatistics {
    var statistics = writer.board.read()
    writer.add(to: &statistics)
    readPool.add(to: &statistics)
    for figures in readers.withLock({ $0 }) { figures.add(to: &statistics) }
    return statistics
  }

  /// Runs the jobs that wait, copies the write-ahead log into the database and lets the directory go. Timers
  /// that are due and events that wait are left to the next start. Jobs handed in afterwards fail with
  /// `StorageError.closed`. Blocks until done; a second call does nothing.
  public func close() {
    guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    readPool.close()
    writer.queue.close()
    thread.join()
    directory.release()
  }

  /// Wakes the writer so that it looks at its clock; for tests with a clock of their own.
  func lookAtClock() { writer.queue.wake() }
}
