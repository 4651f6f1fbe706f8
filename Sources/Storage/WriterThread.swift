internal import Synchronization

/// The loop of the writer thread: take what waits, run it as a batch, commit, answer, look after the log.
///
/// Sharing it is safe because everything but `controls` and the writer's queue is used by the writer thread alone
/// from `run` on.
final class WriterThread: @unchecked Sendable {
  private let connection: Connection
  private let writer: Writer
  private let options: StorageOptions
  private let clock: HostClock
  private let workspace: TransactionWorkspace
  private let timers: TimerService
  private let consumers: ConsumerService
  private let performer: UnitPerformer
  private let runner: BatchRunner
  private let checkpointer: Checkpointer
  private let controls = Mutex<[@Sendable () -> Void]>([])
  /// Jobs taken from the queue, the newest first, so that the next one is taken from the end.
  private var backlog: [QueuedJob] = []
  private var figures = StorageStatistics()
  private var nextExpiry: ContinuousClock.Instant
  /// No background work before this, after the disk was full.
  private var backgroundPausedUntil: ContinuousClock.Instant?

  private static let backgroundShare = 64
  private static let expiryPause: Duration = .seconds(60)
  private static let fullDiskPause: Duration = .seconds(1)

  init(
    _ connection: Connection, writer: Writer, options: StorageOptions, clock: HostClock,
    schemas: [ModuleSchema]
  ) throws {
    self.connection = connection
    self.writer = writer
    self.options = options
    self.clock = clock
    workspace = TransactionWorkspace(connection: connection, random: options.random.makeSource())
    connection.workspace = workspace
    let idempotency = try IdempotencyStore(
      connection: connection, workspace: workspace, lifetime: options.idempotencyLifetime,
      sealer: options.sealer)
    timers = TimerService(connection: connection, workspace: workspace, clock: clock, log: options.log)
    consumers = try ConsumerService(
      connection: connection, workspace: workspace, clock: clock, log: options.log)
    performer = UnitPerformer(
      connection: connection, workspace: workspace, idempotency: idempotency,
      audit: try AuditLog(
        connection: connection, workspace: workspace, sealer: options.sealer, schemas: schemas),
      timers: timers, consumers: consumers, maximumDuration: options.maximumWriteDuration)
    runner = try BatchRunner(
      connection: connection, workspace: workspace, performer: performer, options: options)
    checkpointer = Checkpointer(connection: connection, clock: clock, options: options)
    nextExpiry = clock.monotonic()
    checkpointer.watch()
  }

  // MARK: From other threads

  /// Registers background work, on the writer thread, and waits until that is done.
  func start(timers: [TimerRegistration], consumers: [ConsumerRegistration]) throws {
    let answer = WorkQueue<Result<Void, any Error>>(maximumCount: 1)
    controls.withLock { controls in
      controls.append { [unowned self] in
        let result = Result { try self.register(timers, consumers) }
        _ = answer.put(result, bytes: 0)
      }
    }
    writer.queue.wake()
    try answer.takeOne()?.get()
  }

  // MARK: On the writer thread

  func run() {
    var isClosed = false
    while !runner.isDead {
      if backlog.isEmpty {
        isClosed = writer.queue.sleep(nanoseconds: pause())
        runControls()
      }
      takeJobs()
      let units = takeUnits()
      if units.isEmpty, isClosed, backlog.isEmpty { break }
      if !units.isEmpty { runBatch(units) }
      if runner.isDead { break }
      lookAfterLog(isIdle: units.isEmpty)
    }
    stop()
  }

  private func runControls() {
    let waiting = controls.withLock { controls in
      defer { controls = [] }
      return controls
    }
    for control in waiting { control() }
  }

  private func register(_ timers: [TimerRegistration], _ consumers: [ConsumerRegistration]) throws {
    try runner.transaction {
      try self.consumers.start(consumers)
      try self.timers.start(timers)
    }
    figures.consumers = self.consumers.consumers.map(\.figures)
    writer.board.publish(figures)
  }

  private func takeJobs() {
    guard backlog.count < options.maximumBatchJobs else { return }
    var taken: [QueuedJob] = []
    writer.queue.takeAll(into: &taken)
    guard !taken.isEmpty else { return }
    taken.reverse()
    if !backlog.isEmpty { taken.append(contentsOf: backlog) }
    backlog = taken
  }

  private func takeUnits() -> [WorkUnit] {
    var units: [WorkUnit] = []
    let count = min(backlog.count, options.maximumBatchJobs)
    units.reserveCapacity(count + 8)
    for job in backlog.suffix(count).reversed() { units.append(.job(job)) }
    backlog.removeLast(count)
    appendBackground(&units)
    return units
  }

  private func appendBackground(_ units: inout [WorkUnit]) {
    let now = clock.monotonic()
    if let paused = backgroundPausedUntil {
      if now < paused { return }
      backgroundPausedUntil = nil
    }
    do {
      for due in try timers.due(limit: Self.backgroundShare) { units.append(.timer(due)) }
      for (consumer, event) in try consumers.ready(limit: Self.backgroundShare) {
        units.append(.event(consumer, event))
      }
    } catch {
      backgroundPausedUntil = now + Self.fullDiskPause
      options.log(StorageLogLine(level: .error, message: "timers and consumers cannot be read: \(error)"))
    }
    if now >= nextExpiry || performer.hasMoreExpired {
      units.append(.expiry)
      nextExpiry = now + Self.expiryPause
    }
  }

  private func runBatch(_ units: [WorkUnit]) {
    let (outcomes, commit) = runner.run(units)
    if runner.isDead { return }
    if let commit {
      checkpointer.noteCommit()
      if workspace.forgets { checkpointer.forget() }
      consumers.note(emitted: workspace.emitted)
      timers.note(scheduled: workspace.earliestTimer)
      figures.commits += 1
      figures.batchSizes.record(Int64(units.count))
      figures.commitMicroseconds.record(commit.wholeMicroseconds)
    }
    workspace.forgetBatch()
    settle(units, outcomes)
    publish()
    options.batchSettled?()
  }

  /// Answers the jobs and takes note of what became of the background work.
  private func settle(_ units: [WorkUnit], _ outcomes: [UnitOutcome]) {
    release(units, outcomes)
    var unreached: [QueuedJob] = []
    var timersTouched = false
    for (unit, outcome) in zip(units, outcomes) {
      switch unit {
      case .job(let queued):
        guard let result = result(of: outcome) else {
          unreached.append(queued)
          continue
        }
        queued.job.completion(result)
      case .timer:
        timersTouched = true
        if case .done = outcome { timers.fired += 1 }
        if case .lost = outcome { pauseBackground() }
      case .event(let consumer, let event):
        consumer.isStalled = false
        if case .done = outcome { consumers.consumed(consumer, event) }
        if case .lost = outcome { pauseBackground() }
        if case .failed(let error) = outcome, !(error is BackgroundError) {
          consumers.failed(consumer, event, error: error)
        }
      case .expiry:
        if case .lost = outcome { pauseBackground() }
      }
    }
    backlog.append(contentsOf: unreached.reversed())
    if timersTouched { refreshTimers() }
  }

  /// Makes room in the queue for as many jobs as are through. Before any of them is answered: whoever has been
  /// answered and writes again must not be refused for the write that is done.
  private func release(_ units: [WorkUnit], _ outcomes: [UnitOutcome]) {
    var count = 0
    var bytes = 0
    for (unit, outcome) in zip(units, outcomes) {
      guard case .job(let queued) = unit else { continue }
      if case .waiting = outcome { continue }
      count += 1
      bytes += queued.job.sizeBytes
    }
    if count > 0 { writer.queue.release(count: count, bytes: bytes) }
  }

  private func result(of outcome: UnitOutcome) -> Result<WriteReply, any Error>? {
    switch outcome {
    case .waiting: return nil
    case .done(let reply):
      figures.jobsSucceeded += 1
      if reply.replayed { figures.jobsReplayed += 1 }
      return .success(reply)
    case .failed(let error):
      figures.jobsFailed += 1
      return .failure(error)
    case .lost(let error):
      figures.jobsFailed += 1
      return .failure(error)
    }
  }

  private func pauseBackground() { backgroundPausedUntil = clock.monotonic() + Self.fullDiskPause }

  private func refreshTimers() {
    do {
      try timers.refresh()
    } catch {
      pauseBackground()
      options.log(StorageLogLine(level: .error, message: "timers cannot be read: \(error)"))
    }
  }

  private func publish() {
    figures.batchesRepeated = runner.repeated
    figures.walSizeBytes = checkpointer.sizeBytes
    figures.checkpoints = checkpointer.count
    figures.timersFired = timers.fired
    figures.timersFailed = timers.failed
    figures.timersDue = timers.backlog
    if !consumers.consumers.isEmpty { figures.consumers = consumers.consumers.map(\.figures) }
    figures.statementHits = connection.statements.hits
    figures.statementMisses = connection.statements.misses
    writer.board.publish(figures)
  }

  /// How long the thread may sleep when no job comes; nil for as long as it takes.
  private func pause() -> Int64? {
    if performer.hasMoreExpired { return 0 }
    let now = clock.monotonic()
    var pause = max(0, (nextExpiry - now).wholeMicroseconds * 1_000)
    if let copying = checkpointer.pause() { pause = min(pause, copying) }
    if let paused = backgroundPausedUntil, now < paused {
      return min(pause, max(0, (paused - now).wholeMicroseconds * 1_000))
    }
    if let timer = timers.pause() { pause = min(pause, timer) }
    if let consumer = consumers.pause() { pause = min(pause, consumer) }
    return pause
  }

  private func lookAfterLog(isIdle: Bool) {
    do {
      let before = checkpointer.count
      try checkpointer.work(isIdle: isIdle)
      if checkpointer.count != before { publish() }
    } catch {
      options.log(StorageLogLine(level: .error, message: "the write-ahead log cannot be copied: \(error)"))
    }
  }

  private func stop() {
    runControls()
    guard !runner.isDead else {
      writer.queue.close()
      return
    }
    do { try checkpointer.finish() } catch {
      options.log(
        StorageLogLine(level: .warning, message: "the write-ahead log stays for the next start: \(error)"))
    }
    connection.close()
  }
}
