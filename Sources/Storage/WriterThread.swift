internal import Synchronization

/// The loop of the writer thread: take what waits, run it as a batch, commit, answer, look after the log.
///
/// Sharing it is safe because everything but `starts` and the writer's queue is used by the writer thread alone
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
  private let starts = Mutex(Starts())
  /// Jobs taken from the queue, the newest first, so that the next one is taken from the end.
  private var backlog: [QueuedJob] = []
  private var figures = StorageStatistics()
  private var nextExpiry: ContinuousClock.Instant
  private var backgroundPause = BackgroundPause()
  /// Whether the last batch had no time left for background work. The next one begins with it, and the one after that
  /// with calls again: otherwise calls that never stop coming would keep every timer and consumer waiting, or a long
  /// row of these all calls.
  private var isBackgroundOverdue = false

  private static let backgroundShare = 64
  private static let expiryPause: Duration = .seconds(60)

  /// Background work that another thread wants registered, and where it waits for the answer.
  private struct Start: Sendable {
    let timers: [TimerRegistration]
    let consumers: [ConsumerRegistration]
    let answer = WorkQueue<Result<Void, any Error>>(maximumCount: 1)
  }

  /// What waits to be registered, and whether nobody will look at it any more.
  private struct Starts: Sendable {
    var waiting: [Start] = []
    var isOver = false
  }

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
  /// - Throws: `StorageError`; `closed` once the writer's queue is.
  func start(timers: [TimerRegistration], consumers: [ConsumerRegistration]) throws {
    let start = Start(timers: timers, consumers: consumers)
    let isTaken = starts.withLock { starts in
      if !starts.isOver { starts.waiting.append(start) }
      return !starts.isOver
    }
    guard isTaken else { throw StorageError.closed }
    writer.queue.wake()
    try start.answer.takeOne()?.get()
  }

  // MARK: On the writer thread

  func run() {
    while !runner.isDead {
      if backlog.isEmpty { writer.queue.sleep(nanoseconds: pause()) }
      // Asked before jobs are taken: once it is closed, the jobs that it accepted are all there to be taken.
      let isClosed = writer.queue.isClosed
      if !isClosed { runStarts() }
      takeJobs()
      // Background work is durable and brings forth more of itself: a stop leaves it to the next start.
      let units = takeUnits(withBackground: !isClosed)
      if units.isEmpty, isClosed, backlog.isEmpty { break }
      if !units.isEmpty { runBatch(units) }
      if runner.isDead { break }
      lookAfterLog(isIdle: units.isEmpty)
    }
    stop()
  }

  private func runStarts() {
    let waiting = starts.withLock { starts in
      defer { starts.waiting = [] }
      return starts.waiting
    }
    for start in waiting {
      let result = Result { try register(start.timers, start.consumers) }
      _ = start.answer.put(result, bytes: 0)
    }
  }

  private func refuseStarts() {
    let waiting = starts.withLock { starts in
      defer { starts = Starts(waiting: [], isOver: true) }
      return starts.waiting
    }
    for start in waiting { _ = start.answer.put(.failure(StorageError.closed), bytes: 0) }
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

  private func takeUnits(withBackground: Bool) -> [WorkUnit] {
    var units: [WorkUnit] = []
    let count = min(backlog.count, options.maximumBatchJobs)
    units.reserveCapacity(count + 8)
    if withBackground, isBackgroundOverdue { appendBackground(&units) }
    for job in backlog.suffix(count).reversed() { units.append(.job(job)) }
    backlog.removeLast(count)
    if withBackground, !isBackgroundOverdue { appendBackground(&units) }
    return units
  }

  private func appendBackground(_ units: inout [WorkUnit]) {
    let now = clock.monotonic()
    guard backgroundPause.remaining(at: now) == nil else { return }
    do {
      let due = try timers.due(limit: Self.backgroundShare)
      let ready = try consumers.ready(limit: Self.backgroundShare)
      for timer in due { units.append(.timer(timer)) }
      for (consumer, event) in ready { units.append(.event(consumer, event)) }
    } catch {
      pauseBackground("timers and consumers cannot be read", error)
      return
    }
    if now >= nextExpiry || performer.hasMoreExpired {
      units.append(.expiry)
      nextExpiry = now + Self.expiryPause
    }
  }

  private func runBatch(_ units: [WorkUnit]) {
    let (outcomes, end) = runner.run(units)
    if runner.isDead { return }
    let (hasBackground, isShort) = Self.background(of: units, outcomes)
    isBackgroundOverdue = isShort && !isBackgroundOverdue
    switch end {
    case .committed(let duration):
      note(commit: duration, of: units.count)
      if hasBackground { backgroundPause.reset() }
    case .empty: if hasBackground { backgroundPause.reset() }
    case .undone(let error):
      // Its timers and events are all as due as before, those included that failed by themselves.
      if hasBackground { pauseBackground("timers and consumers cannot be committed", error) }
    }
    workspace.forgetBatch()
    options.settleBatch { settle(units, outcomes) }
    publish()
  }

  private func note(commit duration: Duration, of count: Int) {
    checkpointer.noteCommit()
    if workspace.forgets { checkpointer.forget() }
    consumers.note(emitted: workspace.emitted)
    timers.note(scheduled: workspace.earliestTimer)
    figures.commits += 1
    figures.batchSizes.record(Int64(count))
    figures.commitMicroseconds.record(duration.wholeMicroseconds)
  }

  /// Whether a batch came to background work, and whether it left some of it for want of time.
  private static func background(
    of units: [WorkUnit], _ outcomes: [UnitOutcome]
  ) -> (isReached: Bool, isShort: Bool) {
    var found = (isReached: false, isShort: false)
    for (unit, outcome) in zip(units, outcomes) {
      if case .job = unit { continue }
      if case .waiting = outcome { found.isShort = true } else { found.isReached = true }
    }
    return found
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
      case .event(let consumer, let event):
        if case .done = outcome { consumers.consumed(consumer, event) }
        if case .failed(let error) = outcome, consumer.stalledAt == event.sequence {
          consumers.failed(consumer, event, error: error)
        }
      case .expiry: break
      }
    }
    for consumer in consumers.consumers { consumer.stalledAt = nil }
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

  private func pauseBackground(_ what: String, _ error: any Error) {
    let pause = backgroundPause.begin(at: clock.monotonic())
    options.log(StorageLogLine(level: .error, message: "\(what) and are tried again in \(pause): \(error)"))
  }

  private func refreshTimers() {
    do {
      try timers.refresh()
    } catch {
      pauseBackground("timers cannot be read", error)
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
    let now = clock.monotonic()
    let copying = checkpointer.pause()
    if let remaining = backgroundPause.remaining(at: now) {
      let pause = remaining.wholeMicroseconds * 1_000
      return min(pause, copying ?? pause)
    }
    if performer.hasMoreExpired { return 0 }
    var pause = max(0, (nextExpiry - now).wholeMicroseconds * 1_000)
    if let copying { pause = min(pause, copying) }
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
    refuseStarts()
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
