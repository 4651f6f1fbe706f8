import ModuleKit
import Synchronization

/// What one principal has asked of the host and may still ask: its buckets, what it has under way, and its use of
/// the day. All its credentials, on all loops, share one.
final class PrincipalAccount: Sendable {
  /// The principal's identifier.
  let id: String
  /// Its name, for people.
  let name: String
  /// What it may ask.
  let limits: PrincipalLimits
  /// Its writes and reports that have begun and not ended.
  let writes = Share()
  /// See `writes`.
  let reports = Share()
  /// Its streams that are open.
  let openStreams = Atomic<Int>(0)
  /// The day that its use is counted for, see `ChinaDay`.
  private let day: Atomic<Int64>

  private let readBucket: TokenBucket
  private let reportBucket: TokenBucket
  private let writeBucket: TokenBucket
  private let streamBucket: TokenBucket
  private let quotas: [(figure: Usage.Figure, limit: Limit, value: Int)]
  /// A row for each shard: counts since the account was made, never reset.
  private let counters: CounterBlock
  private let shards: Int
  /// What the counters showed when the day began.
  private let start: CounterBlock
  /// What was written down last.
  private let written: Mutex<Usage>

  /// Counters of one shard stand so far from the next shard's that two cores do not share a cache line.
  private static let stride = 16

  /// - Parameters:
  ///   - stored: What was written down for the day before the account was made.
  ///   - shards: One for each event loop and one for all other threads.
  init(id: String, name: String, limits: PrincipalLimits, day: Int64, stored: Usage, shards: Int) {
    self.id = id
    self.name = name
    self.limits = limits
    self.shards = shards
    self.day = Atomic(day)
    readBucket = TokenBucket(limits.reads)
    reportBucket = TokenBucket(limits.reports)
    writeBucket = TokenBucket(limits.writes)
    streamBucket = TokenBucket(limits.streams)
    quotas = limits.quotas
    counters = CounterBlock(count: shards * Self.stride)
    start = CounterBlock(count: Usage.Figure.allCases.count)
    written = Mutex(stored)
    for figure in Usage.Figure.allCases { start.add(0 &- stored[figure], at: figure.rawValue) }
  }

  // MARK: Rates

  /// Takes a token of a kind of calls.
  /// - Returns: 0 when there was one, else the nanoseconds until there will be.
  func take(_ kind: MethodKind, at now: Int64) -> Int64 {
    switch kind {
    case .read: readBucket.take(at: now)
    case .report: reportBucket.take(at: now)
    case .write: writeBucket.take(at: now)
    case .stream: streamBucket.take(at: now)
    }
  }

  // MARK: Use

  /// Counts use.
  /// - Parameter shard: The index of the event loop that this runs on; the last one for other threads.
  func add(_ amount: Int, to figure: Usage.Figure, shard: Int) {
    let index = shard * Self.stride + figure.rawValue
    if shard < shards - 1 {
      counters.addAlone(UInt64(amount), at: index)
    } else {
      counters.add(UInt64(amount), at: index)
    }
  }

  /// What was used on the day.
  var usage: (day: Int64, usage: Usage) {
    (day.load(ordering: .relaxed), Usage { used($0) })
  }

  /// The quota that is used up, if one is and the day is not over.
  /// - Parameter counts: which quotas do.
  func exhaustedQuota(
    where counts: (Limit) -> Bool = { _ in true }, today: () -> Int64
  ) -> (limit: Limit, value: Int)? {
    guard let quota = quotas.first(where: { counts($0.limit) && used($0.figure) >= UInt64($0.value) }),
      day.load(ordering: .relaxed) >= today()
    else { return nil }
    return (quota.limit, quota.value)
  }

  private func used(_ figure: Usage.Figure) -> UInt64 {
    var total = 0 &- start.value(at: figure.rawValue)
    for shard in 0..<shards { total &+= counters.value(at: shard * Self.stride + figure.rawValue) }
    return total
  }

  // MARK: Writing down

  /// What is to be written down: nil when nothing has changed since the last time.
  func unwritten(today: Int64) -> (day: Int64, usage: Usage)? {
    let (day, usage) = self.usage
    return usage != written.withLock({ $0 }) || day < today ? (day, usage) : nil
  }

  /// Takes note of what was written down; once the day is over, counts for the new one.
  func wrote(_ usage: Usage, today: Int64) {
    if day.load(ordering: .relaxed) < today {
      // What came in after the figures were taken counts for the new day.
      for figure in Usage.Figure.allCases { start.add(usage[figure], at: figure.rawValue) }
      day.store(today, ordering: .relaxed)
      written.withLock { $0 = Usage() }
    } else {
      written.withLock { $0 = usage }
    }
  }

  /// Whether a new account with what is written down would be as good.
  func isIdle(at now: Int64) -> Bool {
    readBucket.isFull(at: now) && reportBucket.isFull(at: now) && writeBucket.isFull(at: now)
      && streamBucket.isFull(at: now) && writes.isEmpty && reports.isEmpty
      && openStreams.load(ordering: .relaxed) == 0 && usage.usage == written.withLock { $0 }
  }
}

/// What one principal has under way of one kind.
struct Share: ~Copyable, Sendable {
  /// Its calls that have begun and not ended.
  let inFlight = Atomic<Int>(0)
  /// The last period in which it began one; see `AdaptiveLimit`.
  let period = Atomic<Int64>(-1)

  var isEmpty: Bool { inFlight.load(ordering: .relaxed) == 0 }
}
