import Glibc
import ModuleTesting
import Testing

@testable import Host

/// Tokens that are not what they seem, all refused with the same words.
@Suite struct ForgeryTests {
  @Test(arguments: TestHost.Way.allCases)
  func everyTokenThatDoesNotCountIsRefusedAlike(way: TestHost.Way) async throws {
    let stranger = try await TestHost.run([EchoModule.self]) { host in
      try await AccessServiceClient(try await host.channel())
        .createToken(CreateTokenRequest(principalName: "p", roles: [.staff])).secret
    }
    try await TestHost.run([EchoModule.self], way: way) { host in
      let access = AccessServiceClient(try await host.channel())
      func make(_ name: String, lifetimeSeconds: Int64 = 3_600) async throws -> (String, Token) {
        let made = try await access.createToken(
          CreateTokenRequest(
            principalName: name, roles: [.staff],
            expireTime: ProtoTimestamp(host.now + .seconds(lifetimeSeconds))))
        return (made.secret, try #require(made.token))
      }
      let (good, _) = try await make("good")
      let (replayed, token) = try await make("revoked")
      let (expired, _) = try await make("expired", lifetimeSeconds: 10)
      for secret in [good, replayed, expired] {
        // Each is seen once while it counts, so that it is in the cache.
        let echo = EchoClient(try await host.anonymousChannel(token: secret))
        #expect(try await echo.call("Get", "x") == "read x")
      }
      _ = try await access.revokeToken(RevokeTokenRequest(tokenID: token.id))
      try await host.advance(by: .seconds(11))

      var refused = [
        stranger, replayed, expired, String(good.dropLast()), good + "A", "yz_", good.uppercased(),
      ]
      for position in [3, 20, 45] {
        var forged = Array(good.utf8)
        forged[position] = forged[position] == UInt8(ascii: "B") ? UInt8(ascii: "C") : UInt8(ascii: "B")
        refused.append(String(decoding: forged, as: UTF8.self))
      }
      var words: Set<String> = []
      for secret in refused {
        let status = await EchoClient(try await host.anonymousChannel(token: secret)).failure("Get", "x")
        #expect(status.code == .unauthenticated, "\(secret)")
        words.insert("\(status.reason) \(status.message) \(status.messageChinese)")
      }
      #expect(words.count == 1, "\(words)")
      let echo = EchoClient(try await host.anonymousChannel(token: good))
      #expect(try await echo.call("Get", "x") == "read x")
    }
  }

  @Test func comparisonFindsADifferenceInEveryPlace() {
    let text = (0..<53).map { UInt8($0) }
    func isEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
      first.withUnsafeBufferPointer { first in
        second.withUnsafeBufferPointer { ConstantTime.areEqual(first, $0) }
      }
    }
    #expect(isEqual(text, text) && isEqual([], []))
    #expect(!isEqual(text, Array(text.dropLast())) && !isEqual([], text))
    for position in text.indices {
      for bit in 0..<8 {
        var other = text
        other[position] ^= 1 << UInt8(bit)
        #expect(!isEqual(text, other))
      }
    }
  }

  /// A difference in the first byte and one in the last take the same time: the ratio of the medians of measurements
  /// that take turns. A comparison that stops at the first difference is told apart by the same measure, which shows that
  /// the measure can tell.
  ///
  /// What is measured is the comparison by itself, of texts that are long enough to measure. The cache of credentials
  /// looks headers up by a seeded hash of 64 bits, so that a wrong token comes to be compared by a collision alone, which
  /// no test can make. That the cache compares in this way and in no other is what `SourceTests` of `TidyTests` look at.
  @Test func comparisonTakesTheSameTimeWhereverTheDifferenceIs() {
    let size = 16_384
    let text = [UInt8](repeating: 7, count: size)
    var early = text
    early[0] = 8
    var late = text
    late[size - 1] = 8
    func medianRatio(_ compare: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool) -> Double {
      var times: [[UInt64]] = [[], []]
      for round in 0..<2_000 {
        let other = round % 2 == 0 ? early : late
        text.withUnsafeBufferPointer { text in
          other.withUnsafeBufferPointer { other in
            let start = Self.processorNanoseconds()
            let isEqual = compare(text, other)
            times[round % 2].append(Self.processorNanoseconds() - start)
            precondition(!isEqual)
          }
        }
      }
      let medians = times.map { Double($0.sorted()[$0.count / 2]) }
      return medians[1] / medians[0]
    }
    let constant = medianRatio { ConstantTime.areEqual($0, $1) }
    let leaky = medianRatio { left, right in
      for index in left.indices where left[index] != right[index] { return false }
      return true
    }
    print("late over early difference: constant time \(constant), early exit \(leaky)")
    #expect((0.8...1.25).contains(constant))
    #expect(leaky > 2)
  }

  /// The thread's own processor time, so that other threads do not count.
  private static func processorNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
