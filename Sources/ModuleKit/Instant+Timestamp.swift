extension ProtoTimestamp {
  /// The instant as a `google.protobuf.Timestamp`.
  public init(_ instant: Instant) {
    // The remainder has to be positive also before 1970: nanoseconds always count forward.
    let (seconds, milliseconds) = CivilTime.split(instant.milliseconds, by: 1000)
    self.init(seconds: seconds, nanos: Int32(milliseconds) * 1_000_000)
  }
}

extension Instant {
  /// The timestamp as an instant, to the millisecond, rounded down.
  ///
  /// Nil if the timestamp is outside of what `google.protobuf.Timestamp` allows: years 1 to 9999, nanoseconds
  /// 0 to 999,999,999.
  public init?(_ timestamp: ProtoTimestamp) {
    guard CivilTime.secondsRange.contains(timestamp.seconds),
      (0...999_999_999).contains(timestamp.nanos)
    else { return nil }
    self.init(milliseconds: timestamp.seconds * 1000 + Int64(timestamp.nanos / 1_000_000))
  }
}
