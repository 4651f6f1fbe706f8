import Testing

@testable import Host

/// The limit against simulated servers, in simulated time.
@Suite struct AdaptiveLimitTests {
  private static let millisecond: Int64 = 1_000_000

  private static func settings(floorMilliseconds: Int64 = 100) -> AdaptiveLimit.Settings {
    AdaptiveLimit.Settings(
      initial: 2_048, minimum: 16, maximum: 20_000, floorNanoseconds: floorMilliseconds * millisecond,
      factor: 10)
  }

  /// A server that answers calls in the order in which they came, so many a second, each after a time of its own.
  private final class Queue {
    let limit: AdaptiveLimit
    let ownNanoseconds: Int64
    var perSecond: Int64
    var now: Int64 = 1_000_000_000_000
    private(set) var answered: [Int: Int] = [:]
    private(set) var refused: [Int: Int] = [:]
    private(set) var latencies: [Int: [Int64]] = [:]
    private var waiting: [(principal: Int, at: Int64)] = []
    private var credit: Int64 = 0
    private let shares: [PrincipalAccount]

    init(
      _ settings: AdaptiveLimit.Settings, perSecond: Int64, ownMilliseconds: Int64 = 1, principals: Int = 1
    ) {
      limit = AdaptiveLimit(settings)
      self.perSecond = perSecond
      ownNanoseconds = ownMilliseconds * AdaptiveLimitTests.millisecond
      shares = (0..<principals).map {
        PrincipalAccount(id: "\($0)", name: "", limits: .none, day: 0, stored: Usage(), shards: 1)
      }
    }

    /// One millisecond, in which so many calls of each principal come.
    func tick(_ arrivals: [Int]) {
      for (principal, count) in arrivals.enumerated() {
        for _ in 0..<count {
          if limit.enter(shares[principal].writes, at: now) == nil {
            waiting.append((principal, now))
          } else {
            refused[principal, default: 0] += 1
          }
        }
      }
      now += AdaptiveLimitTests.millisecond
      credit = min(perSecond, credit + perSecond)
      var done = 0
      while credit >= 1_000, done < waiting.count, now - waiting[done].at >= ownNanoseconds {
        credit -= 1_000
        done += 1
      }
      if done == waiting.count { credit = min(credit, 1_000) }
      for (principal, at) in waiting.prefix(done) {
        answered[principal, default: 0] += 1
        latencies[principal, default: []].append(now - at)
        limit.left(shares[principal].writes, latency: now - at, at: now) { self.ownNanoseconds }
      }
      waiting.removeFirst(done)
    }

    func run(milliseconds: Int, _ arrivals: [Int]) {
      for _ in 0..<milliseconds { tick(arrivals) }
    }

    func forget() { (answered, refused, latencies) = ([:], [:], [:]) }

    func median(_ principal: Int) -> Double {
      let sorted = (latencies[principal] ?? []).sorted()
      return sorted.isEmpty ? 0 : Double(sorted[sorted.count / 2]) / 1e6
    }
  }

  @Test func keepsTheLatencyUnderTwiceTheLoad() {
    // 5,000 a second can be done, 10,000 come. At 100 ms, 500 may be under way.
    let queue = Queue(Self.settings(), perSecond: 5_000)
    queue.run(milliseconds: 5_000, [10])
    queue.forget()
    queue.run(milliseconds: 10_000, [10])
    #expect((400...700).contains(queue.limit.current))
    #expect((70...150).contains(queue.median(0)))
    // Nothing is lost by refusing: the server is never idle.
    #expect((queue.answered[0] ?? 0) > 49_000)
  }

  @Test func followsAServerThatGetsSlowerAndFasterAgain() {
    let queue = Queue(Self.settings(), perSecond: 20_000)
    queue.run(milliseconds: 5_000, [40])
    #expect((1_600...2_600).contains(queue.limit.current))
    queue.perSecond = 2_000
    queue.run(milliseconds: 10_000, [40])
    #expect((150...320).contains(queue.limit.current))
    queue.perSecond = 20_000
    queue.run(milliseconds: 10_000, [40])
    #expect((1_600...2_600).contains(queue.limit.current))
  }

  @Test func takesASlowDiskForWhatItIs() {
    // A call takes 40 ms by itself: then ten of those are the target, not 100 ms.
    let queue = Queue(Self.settings(), perSecond: 5_000, ownMilliseconds: 40)
    queue.run(milliseconds: 20_000, [10])
    #expect((1_600...2_600).contains(queue.limit.current))
  }

  @Test func leavesALimitAloneThatNobodyMeets() {
    let queue = Queue(Self.settings(), perSecond: 5_000, ownMilliseconds: 300)
    queue.run(milliseconds: 5_000, [1])
    #expect(queue.limit.current == 2_048)
    #expect(queue.refused.isEmpty)
  }

  @Test func givesOnePrincipalEverythingWhileItIsAlone() {
    let queue = Queue(Self.settings(), perSecond: 5_000)
    queue.tick([2_048])
    #expect(queue.refused.isEmpty)
    #expect(queue.limit.underWay >= 2_040)
  }

  @Test func keepsRoomForTheOther() {
    // One principal asks for four times what can be done, the other for a tenth of it.
    let queue = Queue(Self.settings(), perSecond: 5_000, principals: 2)
    queue.run(milliseconds: 3_000, [20, 0])
    queue.run(milliseconds: 2_000, [20, 1])
    queue.forget()
    for _ in 0..<5_000 {
      queue.tick([20, 1])
      queue.tick([20, 0])
    }
    #expect(queue.refused[1] == nil)
    #expect((queue.answered[1] ?? 0) > 4_900)
    #expect((queue.answered[0] ?? 0) + (queue.answered[1] ?? 0) > 49_000)
    #expect(queue.median(1) < 200)
  }

  @Test func sharesEvenlyAmongTheGreedy() {
    let queue = Queue(Self.settings(), perSecond: 5_000, principals: 3)
    queue.run(milliseconds: 3_000, [50, 10, 10])
    queue.forget()
    queue.run(milliseconds: 10_000, [50, 10, 10])
    let counts = (0..<3).map { Double(queue.answered[$0] ?? 0) }
    #expect((counts.max() ?? 0) < 2 * (counts.min() ?? 0), "\(counts)")
  }

  @Test func letsAFewOfEachInThoughFull() {
    let limit = AdaptiveLimit(Self.settings())
    let accounts = (0..<2).map {
      PrincipalAccount(id: "\($0)", name: "", limits: .none, day: 0, stored: Usage(), shards: 1)
    }
    for _ in 0..<2_048 { #expect(limit.enter(accounts[0].writes, at: 0) == nil) }
    #expect(limit.enter(accounts[0].writes, at: 0) == .limit)
    for _ in 0..<16 { #expect(limit.enter(accounts[1].writes, at: 0) == nil) }
    #expect(limit.enter(accounts[1].writes, at: 0) == .limit)
    #expect(limit.underWay == 2_064)
    for _ in 0..<1_500 { limit.left(accounts[0].writes, latency: nil, at: 0) }
    // Of the first's 548 and the second's 16 there are 564: both may begin more until they have what is free.
    #expect(limit.enter(accounts[1].writes, at: 0) == nil)
    for _ in 0..<467 { #expect(limit.enter(accounts[0].writes, at: 0) == nil) }
    #expect(limit.enter(accounts[0].writes, at: 0) == .share)
    #expect(limit.enter(accounts[1].writes, at: 0) == nil)
  }
}
