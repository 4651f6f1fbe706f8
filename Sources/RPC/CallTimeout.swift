/// The value of `grpc-timeout`: one to eight digits and a unit, H M S m u n.
/// Source: gRPC over HTTP/2, "Timeout".
public enum CallTimeout {
  /// Reads a header's value; nil for anything that is not a timeout (nine digits, no unit, a sign, a space).
  public static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Duration? {
    guard (2...9).contains(text.count) else { return nil }
    var number: Int64 = 0
    for index in 0..<(text.count - 1) {
      let digit = text[index]
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      number = number * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    switch text[text.count - 1] {
    case UInt8(ascii: "H"): return .seconds(number * 3_600)
    case UInt8(ascii: "M"): return .seconds(number * 60)
    case UInt8(ascii: "S"): return .seconds(number)
    case UInt8(ascii: "m"): return .milliseconds(number)
    case UInt8(ascii: "u"): return .microseconds(number)
    case UInt8(ascii: "n"): return .nanoseconds(number)
    default: return nil
    }
  }

  /// Writes a timeout in the finest unit that keeps it within eight digits, rounded up so that it is never
  /// shorter than asked for; a negative one becomes `0n`.
  public static func format(_ timeout: Duration) -> String {
    if timeout <= .zero { return "0n" }
    let (seconds, attoseconds) = timeout.components
    let largest: Int64 = 99_999_999
    // Within 99 days of seconds nothing below overflows 64 bits.
    if seconds <= largest / 10 {
      let nanoseconds = seconds * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000
      for (unit, size) in [("n", Int64(1)), ("u", 1_000), ("m", 1_000_000), ("S", 1_000_000_000)] {
        let count = (nanoseconds + size - 1) / size
        if count <= largest { return "\(count)\(unit)" }
      }
    }
    let wholeSeconds = attoseconds > 0 ? seconds.addingReportingOverflow(1).partialValue : seconds
    if wholeSeconds <= largest { return "\(wholeSeconds)S" }
    let minutes = (seconds - 1) / 60 + 1
    if minutes <= largest { return "\(minutes)M" }
    return "\(min((seconds - 1) / 3_600 + 1, largest))H"
  }
}
