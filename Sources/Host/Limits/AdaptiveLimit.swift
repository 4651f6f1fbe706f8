import Synchronization

/// How many calls of one kind may be under way at once, found from how long they take.
///
/// By Little's law, calls under way are throughput times latency. So the limit that keeps the latency at a target
/// while the work behind it is saturated is `limit × target / latency`; that is what each window sets it to, half way
/// and by no more than a half, plus a root of the limit to find out whether more fits. A window in which calls did
/// not come near the limit says nothing about it and leaves it as it is. The target is not a constant, because a slow
/// disk or heavy reports make every call slow, with or without others beside it: it is a multiple of what a call takes
/// by itself, which is measured and not guessed from the fastest calls seen.
///
/// While more than one principal is at work, none may begin another call while it has more under way than are free.
/// One that is alone can have all; two that want all get a third each, and a third stays free for the next. A few
/// calls of each principal are taken although the limit is reached.
///
/// Sources: Netflix, concurrency-limits, Gradient2Limit (window, smoothing, no growth of a limit that is not used);
/// Envoy, adaptive concurrency filter, gradient controller (target from a measured ideal latency, root as headroom);
/// Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", IEEE/ACM Transactions on
/// Networking 6(2), 1998 (a share limited by what is free, with α = 1).
final class AdaptiveLimit: Sendable {
  /// What a limit keeps to.
  struct Settings: Sendable {
    /// The limit to begin with, and how low and how high it may go.
    var initial: Int
    /// See `initial`.
    var minimum: Int
    /// See `initial`.
    var maximum: Int
    /// The target latency, at least.
    var floorNanoseconds: Int64
    /// The target latency as a multiple of what a call takes by itself.
    var factor: Int64
    /// How long latencies are gathered before the limit is set again.
    var windowNanoseconds: Int64 = 250_000_000
    /// Calls that each principal may have under way although the limit is reached.
    var guaranteed = 16
  }

  /// Why a call may not begin.
  enum Refusal: Equatable {
    /// Too much is under way.
    case limit
    /// Too much of it is the principal's own.
    case share
  }

  private let settings: Settings
  private let limit: Atomic<Int>
  private let inFlight = Atomic<Int>(0)
  /// The window: when it ends, the latencies in it, what calls took by themselves, the most that were under way.
  private let windowEnd = Atomic<Int64>(0)
  private let latencySum = Atomic<Int64>(0)
  private let latencyCount = Atomic<Int64>(0)
  private let ownSum = Atomic<Int64>(0)
  private let ownCount = Atomic<Int64>(0)
  private let peak = Atomic<Int>(0)
  private let latencyMean = Atomic<Int64>(0)
  /// Periods of 268 ms, and how many principals began calls in this one and in the one before.
  private let period = Atomic<Int64>(-1)
  private let principals = Atomic<Int>(0)
  private let principalsBefore = Atomic<Int>(0)

  private static let periodBits: Int64 = 28
  /// Latencies that a window needs to say anything.
  private static let samplesNeeded: Int64 = 8

  init(_ settings: Settings) {
    self.settings = settings
    limit = Atomic(settings.initial)
  }

  /// What may be under way now.
  var current: Int { limit.load(ordering: .relaxed) }
  /// What is under way.
  var underWay: Int { inFlight.load(ordering: .relaxed) }
  /// How long calls took in the last window, in nanoseconds.
  var latencyNanoseconds: Int64 { latencyMean.load(ordering: .relaxed) }

  /// Lets a call begin, or says why not.
  /// - Parameter share: The calls of its principal.
  func enter(_ share: borrowing Share, at now: Int64) -> Refusal? {
    let isContended = note(share, at: now)
    let own = share.inFlight.add(1, ordering: .relaxed).newValue
    let total = inFlight.add(1, ordering: .relaxed).newValue
    let limit = limit.load(ordering: .relaxed)
    if total > settings.maximum || own > settings.guaranteed {
      if total > limit { return leave(share, .limit) }
      if isContended, own > limit - total { return leave(share, .share) }
    }
    // Read before it is raised: nearly always there is nothing to raise.
    if total > peak.load(ordering: .relaxed) { peak.max(total, ordering: .relaxed) }
    return nil
  }

  /// A call has ended.
  /// - Parameters:
  ///   - latency: Its nanoseconds from `enter` on; nil for one that did not get so far as to wait for anything.
  ///   - ownLatency: What a call takes by itself, in nanoseconds, asked once a window; nil where
  ///     `took` says it.
  func left(
    _ share: borrowing Share, latency: Int64?, at now: Int64, ownLatency: () -> Int64? = { nil }
  ) {
    _ = leave(share, .limit)
    guard let latency else { return }
    latencySum.add(latency, ordering: .relaxed)
    let count = latencyCount.add(1, ordering: .relaxed).newValue
    let end = windowEnd.load(ordering: .relaxed)
    guard now >= end, count >= Self.samplesNeeded,
      windowEnd.compareExchange(
        expected: end, desired: now + settings.windowNanoseconds, ordering: .relaxed
      ).exchanged
    else { return }
    // What ended long before is not of this window.
    adjust(isFresh: end > 0 && now - end < 4 * settings.windowNanoseconds, ownLatency)
  }

  /// A call took so long by itself, its wait left out, in nanoseconds.
  func took(_ nanoseconds: Int64) {
    ownSum.add(nanoseconds, ordering: .relaxed)
    ownCount.add(1, ordering: .relaxed)
  }

  private func leave(_ share: borrowing Share, _ refusal: Refusal) -> Refusal {
    share.inFlight.subtract(1, ordering: .relaxed)
    inFlight.subtract(1, ordering: .relaxed)
    return refusal
  }

  /// Counts the principals at work.
  /// - Returns: Whether there is more than one.
  private func note(_ share: borrowing Share, at now: Int64) -> Bool {
    let index = now >> Self.periodBits
    let known = period.load(ordering: .relaxed)
    if known != index,
      period.compareExchange(expected: known, desired: index, ordering: .relaxed).exchanged
    {
      let before = principals.exchange(0, ordering: .relaxed)
      principalsBefore.store(known == index - 1 ? before : 0, ordering: .relaxed)
    }
    if share.period.load(ordering: .relaxed) != index,
      share.period.exchange(index, ordering: .relaxed) != index
    {
      principals.add(1, ordering: .relaxed)
    }
    return principals.load(ordering: .relaxed) > 1 || principalsBefore.load(ordering: .relaxed) > 1
  }

  private func adjust(isFresh: Bool, _ ownLatency: () -> Int64?) {
    let count = latencyCount.exchange(0, ordering: .relaxed)
    let latency = max(1, latencySum.exchange(0, ordering: .relaxed) / max(1, count))
    let owns = ownCount.exchange(0, ordering: .relaxed)
    let ownTotal = ownSum.exchange(0, ordering: .relaxed)
    let highest = peak.exchange(0, ordering: .relaxed)
    latencyMean.store(latency, ordering: .relaxed)
    let limit = limit.load(ordering: .relaxed)
    // A principal that shares may hold a third of the limit, so that is when it is felt.
    guard isFresh, highest >= limit / 3 else { return }
    let own = ownLatency() ?? (owns > 0 ? ownTotal / owns : 0)
    let target = max(settings.floorNanoseconds, own * settings.factor)
    let gradient = min(1.5, max(0.5, Double(target) / Double(latency)))
    var wanted = Double(limit) * (1 + gradient) / 2
    if gradient >= 1 { wanted += Double(limit).squareRoot() }
    self.limit.store(
      min(settings.maximum, max(settings.minimum, Int(wanted))), ordering: .relaxed)
  }
}
