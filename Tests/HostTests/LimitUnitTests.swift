import ModuleKit
import Synchronization
import Testing

@testable import Host

@Suite struct TokenBucketTests {
  private let millisecond: Int64 = 1_000_000

  @Test func letsABurstInAndThenTheRate() {
    // Ten a second with bursts of 20: a token is worth 100 ms.
    let bucket = TokenBucket(CallRate(perSecond: 10, burstSeconds: 2))
    let start: Int64 = 1_000 * millisecond
    for _ in 0..<20 { #expect(bucket.take(at: start) == 0) }
    #expect(bucket.take(at: start) == 100 * millisecond)
    #expect(bucket.take(at: start + 60 * millisecond) == 40 * millisecond)
    #expect(bucket.take(at: start + 100 * millisecond) == 0)
    #expect(bucket.take(at: start + 100 * millisecond) == 100 * millisecond)
    // All but one of the 21 tokens taken have come back after 2,000 ms, the last after 2,100 ms.
    let (before, after) = (
      bucket.isFull(at: start + 2_099 * millisecond), bucket.isFull(at: start + 2_100 * millisecond)
    )
    #expect(!before && after)
  }

  @Test func savesNoMoreThanABurst() {
    let bucket = TokenBucket(CallRate(perSecond: 1, burstSeconds: 3))
    let hour: Int64 = 3_600_000 * millisecond
    #expect((0..<10).filter { _ in bucket.take(at: hour) == 0 }.count == 3)
    #expect((0..<10).filter { _ in bucket.take(at: 2 * hour) == 0 }.count == 3)
  }

  @Test func takesAClockThatIsBehind() {
    let bucket = TokenBucket(CallRate(perSecond: 1, burstSeconds: 1))
    #expect(bucket.take(at: 5_000 * millisecond) == 0)
    // A call that read the coarse clock before is told to wait from its own time on.
    #expect(bucket.take(at: 4_996 * millisecond) == 1_004 * millisecond)
  }

  @Test func holdsTheRateAmongThreads() async {
    let bucket = SharedBucket(CallRate(perSecond: 1_000, burstSeconds: 5))
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { for _ in 0..<5_000 { bucket.count(at: 1_000_000) } }
      }
    }
    #expect(bucket.taken.load(ordering: .relaxed) == 5_000)
  }

  @Test func isOffAtZero() {
    let bucket = TokenBucket(.unlimited)
    #expect((0..<100_000).allSatisfy { _ in bucket.take(at: 0) == 0 })
  }

  private final class SharedBucket: Sendable {
    let bucket: TokenBucket
    let taken = Atomic<Int>(0)
    init(_ rate: CallRate) { bucket = TokenBucket(rate) }
    func count(at now: Int64) {
      if bucket.take(at: now) == 0 { taken.add(1, ordering: .relaxed) }
    }
  }
}

@Suite struct FailedCallersTests {
  private let second: Int64 = 1_000_000_000

  @Test func holdsBackTheAddressThatGuesses() {
    var callers = FailedCallers(CallRate(perSecond: 2, burstSeconds: 5))
    let now = 100 * second
    for port in 0..<10 {
      #expect(callers.wait(of: "192.0.2.1:\(40_000 + port)", at: now) == 0)
      callers.failed("192.0.2.1:\(40_000 + port)", at: now)
    }
    #expect(callers.wait(of: "192.0.2.1:5", at: now) == second / 2)
    #expect(callers.wait(of: "192.0.2.2:5", at: now) == 0)
    // A flood does not lengthen the wait.
    for _ in 0..<1_000 { callers.failed("192.0.2.1:7", at: now) }
    #expect(callers.wait(of: "192.0.2.1:5", at: now) == second / 2)
    #expect(callers.wait(of: "192.0.2.1:5", at: now + second / 2) == 0)
  }

  @Test func takesASubscribersIPv6AddressesForOne() {
    var callers = FailedCallers(CallRate(perSecond: 1, burstSeconds: 1))
    callers.failed("[2001:db8:0:1::1]:1", at: 0)
    #expect(callers.wait(of: "[2001:db8:0:1:ffff::2]:9", at: 0) > 0)
    #expect(callers.wait(of: "[2001:db8:0:2::1]:1", at: 0) == 0)
    callers.failed("[::ffff:192.0.2.1]:1", at: 0)
    #expect(callers.wait(of: "[::ffff:192.0.2.1]:2", at: 0) > 0)
    #expect(callers.wait(of: "[::ffff:192.0.2.2]:2", at: 0) == 0)
  }

  @Test func remembersABoundedNumber() {
    var callers = FailedCallers(CallRate(perSecond: 1, burstSeconds: 1), sets: 2)
    for number in 0..<10_000 { callers.failed("192.0.2.1:\(number % 3)", at: Int64(number)) }
    for number in 0..<1_000 { callers.failed("host-\(number):1", at: 20_000) }
    let held = (0..<1_000).filter { callers.wait(of: "host-\($0):1", at: 20_000) > 0 }
    #expect((1...8).contains(held.count))
  }
}

@Suite struct LimitOverrideTests {
  @Test func readsNamesAndNumbers() throws {
    let overrides = try #require(
      LimitOverrides("meituan-production: writes=2000 rows-returned=1000000; 王:芳 : reads=20;"))
    var common = PrincipalLimits.none
    common.bytesSent = 7
    let platform = overrides.limits(of: "meituan-production", common: common, burstSeconds: 3)
    #expect(platform.writes == CallRate(perSecond: 2_000, burstSeconds: 3))
    #expect(platform.writes.burst == 6_000)
    #expect(platform.rowsReturned == 1_000_000)
    #expect(platform.reads == .unlimited)
    #expect(platform.bytesSent == 7)
    #expect(overrides.limits(of: "王:芳", common: common, burstSeconds: 1).reads.perSecond == 20)
    #expect(overrides.limits(of: "else", common: common, burstSeconds: 1) == common)
  }

  @Test(arguments: [
    "x", ": reads=1", "x: ", "x: reads", "x: reads=", "x: reads=-1", "x: reads=1000001", "x: wishes=1",
    "x: reads=1 reads=2", "x: reads=1; x: reads=1", "x: reads=1=2", "x: reads=1,writes=2",
  ])
  func refusesOtherTexts(text: String) {
    #expect(LimitOverrides(text) == nil)
    #expect(!ConfigurationKey.limitOverrides.allows(text))
  }
}

@Suite struct RowFieldsTests {
  private func count(_ fields: RowFields, _ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBytes { fields.count(in: $0) }
  }

  @Test func countsRepeatedMessagesAtTheTop() {
    // Field 1 twice (of 2 and 0 bytes), field 2 as a text, field 3 as a number, field 4 fixed, field 5 fixed.
    let bytes: [UInt8] =
      [0x0a, 2, 0x0a, 0, 0x12, 1, 0x41, 0x0a, 0, 0x18, 0xac, 0x02]
      + [0x25, 1, 2, 3, 4] + [0x29, 1, 2, 3, 4, 5, 6, 7, 8]
    #expect(count(RowFields([1]), bytes) == 2)
    #expect(count(RowFields([2]), bytes) == 1)
    #expect(count(RowFields([1, 2]), bytes) == 3)
    #expect(count(RowFields([9]), bytes) == 0)
    #expect(count(RowFields([]), bytes) == 1)
    #expect(count(RowFields([1]), []) == 0)
  }

  @Test func endsAtWhatIsNoMessage() {
    for bytes: [UInt8] in [[0x0a], [0x0a, 5, 1], [0x0b], [0x80], [0x0a, 0xff, 0xff], [0x25, 1]] {
      #expect(count(RowFields([1]), bytes) == 0)
    }
    #expect(count(RowFields([1]), [0x0a, 0, 0x07]) == 1)
  }

  @Test func findsThemInDescriptors() throws {
    let rows = try MethodRows.all(
      in: Schema.files(in: HostDescriptors.fileDescriptorSet)
        + Schema.files(in: WireDescriptors.fileDescriptorSet))
    // ListTokensResponse { repeated Token tokens = 1; string next_page_token = 2; }
    let list = try #require(rows["/yizhan.access.v1.AccessService/ListTokens"])
    #expect(list.reply == RowFields([1]))
    #expect(list.request == RowFields([]))
    // Erasure { string id = 1; …; repeated ErasurePart parts = 7; }: a thing with an identifier is one row.
    let thing = try #require(rows["/yizhan.privacy.v1.PersonalDataService/ErasePerson"])
    #expect(thing.reply == RowFields([]))
    // Token.roles is repeated, but an enum; the reply is one row.
    #expect(rows["/yizhan.access.v1.AccessService/RevokeToken"]?.reply == RowFields([]))
  }
}

@Suite struct ChinaDayTests {
  @Test func turnsAtMidnightInChina() {
    // 2026-01-05T15:59:59.999Z and one millisecond later: midnight in China.
    let before = Instant(milliseconds: 1_767_628_799_999)
    #expect(ChinaDay.text(ChinaDay.number(of: before)) == "2026-01-05")
    #expect(ChinaDay.text(ChinaDay.number(of: before + .milliseconds(1))) == "2026-01-06")
    #expect(ChinaDay.end(after: before) == before + .milliseconds(1))
    #expect(ChinaDay.number(of: Instant(milliseconds: 0)) == 0)
    #expect(ChinaDay.number(of: Instant(milliseconds: -8 * 3_600_000 - 1)) == -1)
  }

  @Test(arguments: [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-01-05", 20_458), ("1969-12-31", -1)])
  func countsDays(text: String, number: Int64) {
    #expect(ChinaDay.number(of: text) == number)
    #expect(ChinaDay.text(number) == text)
  }
}

@Suite struct PrincipalAccountTests {
  private func account(_ limits: PrincipalLimits, stored: Usage = Usage()) -> PrincipalAccount {
    PrincipalAccount(id: "1", name: "one", limits: limits, day: 100, stored: stored, shards: 2)
  }

  @Test func addsUpShardsAndWhatWasStored() {
    let account = account(.none, stored: Usage { $0 == .calls ? 40 : 0 })
    #expect(account.unwritten(today: 100) == nil)
    account.add(1, to: .calls, shard: 0)
    account.add(1, to: .calls, shard: 1)
    account.add(500, to: .bytesSent, shard: 1)
    let use = account.usage
    #expect(use.usage == Usage { [.calls: 42, .bytesSent: 500][$0] ?? 0 })
    #expect(account.unwritten(today: 100)?.usage == use.usage)
    account.wrote(use.usage, today: 100)
    #expect(account.unwritten(today: 100) == nil)
  }

  @Test func beginsAnewWithTheDay() {
    var limits = PrincipalLimits.none
    limits.bytesSent = 100
    let account = account(limits)
    account.add(100, to: .bytesSent, shard: 0)
    #expect(account.exhaustedQuota(today: { 100 })?.limit == .bytesSent)
    // The day is over although nobody has written down the old one yet.
    #expect(account.exhaustedQuota(today: { 101 }) == nil)
    let use = account.unwritten(today: 101)
    #expect(use?.day == 100)
    account.add(7, to: .bytesSent, shard: 1)
    account.wrote(use?.usage ?? Usage(), today: 101)
    #expect(account.usage.day == 101)
    #expect(account.usage.usage[.bytesSent] == 7)
    #expect(account.exhaustedQuota(today: { 101 }) == nil)
  }

  @Test func isDroppedOnceIdleAndHeldByNobody() throws {
    let settings = HostLimits.settings("one: reads=1000; two: reads=1000")
    let registry = AccountRegistry(settings, loops: 1)
    func make(_ name: String) -> PrincipalAccount {
      registry.makeAccount(of: Caller(id: name, name: name, roles: 0), day: 1, stored: Usage())
    }
    let held = make("one")
    #expect(make("two").take(.read, at: 0) == 0)
    make("three").add(1, to: .calls, shard: 0)
    registry.dropIdle(at: 0, keeping: 0)
    // One is held, two has a bucket that is not full, three has use that is not written down.
    #expect(registry.count == 3)
    registry.dropIdle(at: 1_000_000, keeping: 0)
    #expect(registry.account(of: "two") == nil)
    #expect(registry.account(of: "one") === held)
    #expect(registry.account(of: "three") != nil)
  }
}

/// Limits for tests.
enum HostLimits {
  static func settings(_ overrides: String) -> LimitSettings {
    var settings = LimitSettings()
    settings.overrides = LimitOverrides(overrides) ?? LimitOverrides()
    return settings
  }
}

extension Schema {
  /// The files of a google.protobuf.FileDescriptorSet.
  static func files(in set: [UInt8]) -> [[UInt8]] {
    var index = DescriptorIndex()
    try? index.add(fileDescriptorSet: set)
    return index.fileBytes
  }
}
