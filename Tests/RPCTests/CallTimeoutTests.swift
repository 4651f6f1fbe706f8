import RPC
import Testing

/// `grpc-timeout` as gRPC over HTTP/2 defines it: TimeoutValue of at most eight digits, TimeoutUnit.
struct CallTimeoutTests {
  @Test(arguments: [
    ("1H", Duration.seconds(3_600)), ("2M", .seconds(120)), ("3S", .seconds(3)), ("4m", .milliseconds(4)),
    ("5u", .microseconds(5)), ("6n", .nanoseconds(6)), ("0n", .zero), ("00000001S", .seconds(1)),
    ("99999999H", .seconds(359_999_996_400)),
  ])
  func validTimeouts(text: String, expected: Duration) {
    #expect(parse(text) == expected)
  }

  @Test(arguments: [
    "", "1", "S", "100000000S", "+1S", "-1S", " 1S", "1S ", "1 S", "1s", "1h", "1.5S", "0x1S", "１S",
  ])
  func otherTextIsNotATimeout(text: String) {
    #expect(parse(text) == nil)
  }

  @Test(arguments: [
    (Duration.zero, "0n"), (.seconds(-5), "0n"), (.nanoseconds(1), "1n"), (.milliseconds(50), "50000000n"),
    (.milliseconds(100), "100000u"), (.seconds(1), "1000000u"), (.seconds(99), "99000000u"),
    (.seconds(100), "100000m"), (.seconds(99_999), "99999000m"), (.seconds(100_000), "100000S"),
    (.seconds(99_999_999), "99999999S"), (.seconds(100_000_000), "1666667M"),
    (.seconds(Int64.max), "99999999H"),
  ])
  func durationsAreWrittenInEightDigits(duration: Duration, expected: String) {
    #expect(CallTimeout.format(duration) == expected)
  }

  @Test func aTimeoutIsNeverSentShorterThanItIs() {
    for exponent in 0..<62 {
      let duration = Duration.nanoseconds((Int64(1) << exponent) + 1)
      let text = CallTimeout.format(duration)
      #expect(text.utf8.count <= 9)
      #expect(parse(text).map { $0 >= duration } == true, "\(duration) \(text)")
    }
  }

  private func parse(_ text: String) -> Duration? {
    Array(text.utf8).withUnsafeBufferPointer { CallTimeout.parse($0) }
  }
}
