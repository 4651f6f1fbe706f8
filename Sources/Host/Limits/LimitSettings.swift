/// The host's limits, as its configuration sets them.
struct LimitSettings: Sendable {
  /// What a principal may ask unless something else is set for it.
  var common: PrincipalLimits
  /// What is set for single principals.
  var overrides: LimitOverrides
  /// How many seconds' worth of calls may come at once.
  var burstSeconds: Int
  /// Calls a second without a valid token from one address, on each event loop.
  var failedAuthentications: CallRate
  /// The latency to which writes are held by refusing some; zero for no limit but the queue's.
  var writeLatency: Duration
  /// See `writeLatency`.
  var reportLatency: Duration

  init(_ resolved: ResolvedConfiguration) {
    let burstSeconds = resolved.whole(.limitBurstSeconds)
    func rate(_ key: ConfigurationKey) -> CallRate {
      CallRate(perSecond: resolved.whole(key), burstSeconds: burstSeconds)
    }
    guard let overrides = LimitOverrides(resolved.text(.limitOverrides)) else {
      preconditionFailure("values are checked when they are resolved")
    }
    self.overrides = overrides
    self.burstSeconds = burstSeconds
    common = PrincipalLimits(
      reads: rate(.limitReadsPerSecond), reports: rate(.limitReportsPerSecond),
      writes: rate(.limitWritesPerSecond), streams: rate(.limitStreamsPerSecond),
      openStreams: resolved.whole(.limitOpenStreams),
      rowsReturned: resolved.whole(.quotaRowsReturnedPerDay),
      rowsReceived: resolved.whole(.quotaRowsReceivedPerDay),
      bytesSent: resolved.whole(.quotaBytesSentPerDay),
      bytesReceived: resolved.whole(.quotaBytesReceivedPerDay))
    failedAuthentications = rate(.limitFailedAuthenticationsPerSecond)
    writeLatency = resolved.milliseconds(.limitWriteLatencyMilliseconds)
    reportLatency = resolved.milliseconds(.limitReportLatencyMilliseconds)
  }

  /// No limit at all.
  init() {
    common = .none
    overrides = LimitOverrides()
    burstSeconds = 1
    failedAuthentications = .unlimited
    writeLatency = .zero
    reportLatency = .zero
  }

  /// What a principal may ask.
  func limits(of name: String) -> PrincipalLimits {
    overrides.limits(of: name, common: common, burstSeconds: burstSeconds)
  }
}
