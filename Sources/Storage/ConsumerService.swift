/// Hands events to their consumers, each in order and once. Belongs to the writer thread.
final class ConsumerService {
  /// A consumer and how far it is.
  final class Consumer {
    let registration: ConsumerRegistration
    let typeNumber: Int64
    /// The last event consumed, as committed.
    var position: Int64
    var figures: ConsumerStatistics
    /// Not before this; nil for at once.
    var retryAt: ContinuousClock.Instant?
    /// The event of the running batch that failed, so that those behind it must wait.
    var stalledAt: Int64?

    init(_ registration: ConsumerRegistration, typeNumber: Int64, position: Int64, lag: Int) {
      self.registration = registration
      self.typeNumber = typeNumber
      self.position = position
      figures = ConsumerStatistics(name: Self.name(registration))
      figures.lag = lag
    }

    static func name(_ registration: ConsumerRegistration) -> String {
      "\(registration.module.name)/\(registration.type)"
    }

    func isReady(_ now: ContinuousClock.Instant) -> Bool {
      figures.lag > 0 && retryAt.map { now >= $0 } ?? true
    }
  }

  private let connection: Connection
  private let workspace: TransactionWorkspace
  private let clock: HostClock
  private let log: @Sendable (StorageLogLine) -> Void
  private(set) var consumers: [Consumer] = []
  private var byType: [Int64: [Consumer]] = [:]
  private var turn = 0

  static let firstPause: Duration = .milliseconds(200)
  static let longestPause: Duration = .seconds(60)

  init(
    connection: Connection, workspace: TransactionWorkspace, clock: HostClock,
    log: @escaping @Sendable (StorageLogLine) -> Void
  ) throws {
    self.connection = connection
    self.workspace = workspace
    self.clock = clock
    self.log = log
    // Positions count too: events may be gone from the table one day, and their numbers must not come again.
    let last = try connection.first(
      """
      SELECT max((SELECT coalesce(max(sequence), 0) FROM kernel_event),
        (SELECT coalesce(max(position), 0) FROM kernel_consumer))
      """
    ) { $0.int64(0) }
    workspace.nextEvent = (last ?? 0) + 1
  }

  /// Takes the consumers; inside a transaction.
  func start(_ registrations: [ConsumerRegistration]) throws {
    for registration in registrations {
      let name = Consumer.name(registration)
      precondition(!consumers.contains { $0.figures.name == name }, "\(name) has two consumers")
      let type = try workspace.typeNumber(registration.type)
      let stored = try connection.first("SELECT position FROM kernel_consumer WHERE name = ?", name) {
        $0.int64(0)
      }
      let position = stored ?? (registration.start == .now ? workspace.nextEvent - 1 : 0)
      if stored == nil {
        try connection.execute("INSERT INTO kernel_consumer (name, position) VALUES (?, ?)", name, position)
      }
      let lag = try connection.first(
        "SELECT count(*) FROM kernel_event WHERE type = ? AND sequence > ?", type, position
      ) { $0.int(0) }
      let consumer = Consumer(registration, typeNumber: type, position: position, lag: lag ?? 0)
      consumers.append(consumer)
      byType[type, default: []].append(consumer)
    }
  }

  /// Nanoseconds until a consumer can go on; nil when none has anything to do.
  func pause() -> Int64? {
    let now = clock.monotonic()
    var pause: Int64?
    for consumer in consumers where consumer.figures.lag > 0 {
      let wait = consumer.retryAt.map { max(0, ($0 - now).wholeMicroseconds * 1_000) } ?? 0
      pause = min(pause ?? wait, wait, 1_000_000_000)
    }
    return pause
  }

  /// Events for consumers that can go on; the consumers take turns at being first.
  func ready(limit: Int) throws -> [(Consumer, StoredEvent)] {
    guard !consumers.isEmpty else { return [] }
    let now = clock.monotonic()
    let ready = consumers.filter { $0.isReady(now) }
    guard !ready.isEmpty else { return [] }
    turn = (turn + 1) % ready.count
    let share = max(limit / ready.count, 1)
    var events: [(Consumer, StoredEvent)] = []
    for consumer in ready[turn...] + ready[..<turn] where events.count < limit {
      let found = try connection.all(
        """
        SELECT sequence, time, module, subject, payload FROM kernel_event
        WHERE type = ? AND sequence > ? ORDER BY sequence LIMIT ?
        """, consumer.typeNumber, consumer.position, share
      ) { row in
        StoredEvent(
          sequence: row.int64(0), time: row.instant(1), module: row.text(2), type: consumer.registration.type,
          subject: row.text(3), payload: row.bytes(4))
      }
      // The count is kept by hand; the table is the truth.
      if found.isEmpty { consumer.figures.lag = 0 }
      events += found.map { (consumer, $0) }
    }
    return events
  }

  /// Moves a consumer's cursor past an event; in the event's own transaction.
  func advance(_ consumer: Consumer, past event: StoredEvent) throws {
    try connection.execute(
      "UPDATE kernel_consumer SET position = ? WHERE name = ?", event.sequence, consumer.figures.name)
  }

  /// Takes note of a committed event.
  func consumed(_ consumer: Consumer, _ event: StoredEvent) {
    consumer.position = event.sequence
    consumer.retryAt = nil
    consumer.figures.lag = max(consumer.figures.lag - 1, 0)
    consumer.figures.consumed += 1
    consumer.figures.attempt = 0
    consumer.figures.lastError = ""
  }

  /// Takes note of a failed event: the consumer pauses, the others go on.
  func failed(_ consumer: Consumer, _ event: StoredEvent, error: any Error) {
    consumer.figures.attempt += 1
    consumer.figures.lastError = String(String(describing: error).prefix(500))
    let pause = Backoff.pause(
      attempt: consumer.figures.attempt, first: Self.firstPause, longest: Self.longestPause,
      random: workspace.random)
    consumer.retryAt = clock.monotonic() + pause
    log(
      StorageLogLine(
        level: .warning,
        message: "consumer \(consumer.figures.name) failed on event \(event.sequence) at attempt "
          + "\(consumer.figures.attempt) and tries again in \(pause): \(error)"))
  }

  /// Takes note of the events that a committed batch emitted.
  func note(emitted types: [Int64]) {
    for type in types { byType[type]?.forEach { $0.figures.lag += 1 } }
  }
}
