import RPC
import Synchronization

/// Counts calls by method and status, and how long they take.
///
/// Each event loop has a shard of its own, so that counting never makes two cores share a cache line; one more
/// shard is for the writer and the report threads. A scrape adds the shards up.
final class CallMetrics: Sendable {
  /// Upper bounds of the latency buckets, in nanoseconds; one more bucket has no bound.
  static let boundsNanoseconds: [UInt64] = [
    50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
    100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
  ]
  private static let statuses = Status.Code.allCases.count
  private static let buckets = boundsNanoseconds.count + 1
  /// Statuses, buckets, and the sum of all times.
  private static let perMethod = statuses + buckets + 1

  let methods: [MethodDescriptor]
  private let shards: [CounterBlock]
  /// Calls that went to the writer, to a report thread or into a stream, and have not ended.
  private let inFlightCount = Atomic<Int>(0)

  init(methods: [MethodDescriptor], loops: Int) {
    self.methods = methods
    shards = (0...loops).map { _ in CounterBlock(count: methods.count * Self.perMethod) }
  }

  /// The shard for threads that are not event loops.
  var otherThreads: Int { shards.count - 1 }

  /// Counts a call that has ended.
  func ended(shard: Int, method: Int, code: Status.Code, nanoseconds: UInt64) {
    let block = shards[shard]
    let start = method * Self.perMethod
    block.add(1, at: start + code.rawValue)
    var bucket = 0
    while bucket < Self.boundsNanoseconds.count, nanoseconds > Self.boundsNanoseconds[bucket] { bucket += 1 }
    block.add(1, at: start + Self.statuses + bucket)
    block.add(nanoseconds, at: start + Self.perMethod - 1)
  }

  func entered() { inFlightCount.add(1, ordering: .relaxed) }
  func left() { inFlightCount.subtract(1, ordering: .relaxed) }
  var inFlight: Int { inFlightCount.load(ordering: .relaxed) }

  /// How often a method ended with a status.
  func count(method: Int, code: Status.Code) -> UInt64 { sum(method * Self.perMethod + code.rawValue) }

  /// Calls of a method at or below each bound, and all of them last.
  func cumulativeBuckets(method: Int) -> [UInt64] {
    var total: UInt64 = 0
    return (0..<Self.buckets).map { bucket in
      total += sum(method * Self.perMethod + Self.statuses + bucket)
      return total
    }
  }

  /// The time that all calls of a method took together.
  func sumNanoseconds(method: Int) -> UInt64 { sum((method + 1) * Self.perMethod - 1) }

  private func sum(_ index: Int) -> UInt64 { shards.reduce(0) { $0 + $1.value(at: index) } }
}

/// A row of counters in memory of their own.
///
/// Sendable because the memory never moves and every access to it is atomic.
final class CounterBlock: @unchecked Sendable {
  private let counters: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int

  init(count: Int) {
    // Eight counters of padding on each side keep neighbours in memory off our cache lines.
    self.count = count + 16
    counters = .allocate(capacity: self.count)
    for index in 0..<self.count { (counters + index).initialize(to: Atomic(0)) }
  }

  deinit {
    counters.deinitialize(count: count)
    counters.deallocate()
  }

  func add(_ amount: UInt64, at index: Int) {
    counters[index + 8].wrappingAdd(amount, ordering: .relaxed)
  }

  /// Adds to a counter that no other thread writes to: several times as fast as `add`.
  func addAlone(_ amount: UInt64, at index: Int) {
    let counter = counters + (index + 8)
    counter.pointee.store(counter.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  func value(at index: Int) -> UInt64 { counters[index + 8].load(ordering: .relaxed) }
}
