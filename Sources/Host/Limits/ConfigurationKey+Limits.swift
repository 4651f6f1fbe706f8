extension ConfigurationKey {
  static let limitReadsPerSecond = ConfigurationKey(
    "limit-reads-per-second", .whole(0...CallRate.maximumPerSecond), default: "0",
    "READ calls that one principal may make a second; further ones are refused with RESOURCE_EXHAUSTED and the time to"
      + " wait. 0 for no limit: connections take turns at reads as it is.")
  static let limitReportsPerSecond = ConfigurationKey(
    "limit-reports-per-second", .whole(0...CallRate.maximumPerSecond), default: "1000",
    "REPORT calls that one principal may make a second; 0 for no limit.")
  static let limitWritesPerSecond = ConfigurationKey(
    "limit-writes-per-second", .whole(0...CallRate.maximumPerSecond), default: "50000",
    "WRITE calls that one principal may make a second; 0 for no limit.")
  static let limitStreamsPerSecond = ConfigurationKey(
    "limit-streams-per-second", .whole(0...CallRate.maximumPerSecond), default: "1000",
    "Streams that one principal may open a second; 0 for no limit.")
  static let limitBurstSeconds = ConfigurationKey(
    "limit-burst-seconds", .whole(1...600), default: "2",
    "How many seconds' worth of calls a principal may make at once after a pause.")
  static let limitOpenStreams = ConfigurationKey(
    "limit-open-streams", .whole(0...1_000_000), default: "1000",
    "Streams that one principal may have open at once; 0 for no limit.")
  static let limitFailedAuthenticationsPerSecond = ConfigurationKey(
    "limit-failed-authentications-per-second", .whole(0...CallRate.maximumPerSecond), default: "2000",
    "Calls without a valid token that one address (IPv6: one /64) may make a second on each loop. Beyond that its"
      + " tokens and certificates are not looked up, but for those that were valid lately. 0 for no limit.")
  static let limitWriteLatencyMilliseconds = ConfigurationKey(
    "limit-write-latency-milliseconds", .whole(0...60_000), default: "100",
    "When more writes come than can be made durable, some are refused so that the others take about this long, or ten"
      + " commits where the disk is slow. 0 for no limit but write-queue.")
  static let limitReportLatencyMilliseconds = ConfigurationKey(
    "limit-report-latency-milliseconds", .whole(0...600_000), default: "500",
    "The same for reports: about this long, or twice what a report takes by itself. 0 for no limit but report-queue."
  )
  static let quotaRowsReturnedPerDay = ConfigurationKey(
    "quota-rows-returned-per-day", .whole(0...1_000_000_000_000_000), default: "0",
    "Rows that one principal may read in a day of China time: entries of lists, and each other reply. 0 for no limit."
  )
  static let quotaRowsReceivedPerDay = ConfigurationKey(
    "quota-rows-received-per-day", .whole(0...1_000_000_000_000_000), default: "0",
    "Rows that one principal may send in a day: entries of imports, and each other write. 0 for no limit.")
  static let quotaBytesSentPerDay = ConfigurationKey(
    "quota-bytes-sent-per-day", .whole(0...1_000_000_000_000_000), default: "0",
    "Bytes of replies that one principal may be sent in a day. 0 for no limit.")
  static let quotaBytesReceivedPerDay = ConfigurationKey(
    "quota-bytes-received-per-day", .whole(0...1_000_000_000_000_000), default: "0",
    "Bytes of requests that one principal may send in a day. 0 for no limit.")
  static let limitOverrides = ConfigurationKey(
    "limit-overrides", .principalLimits, default: "",
    "Limits of single principals, by name: 'meituan-production: writes=2000 rows-returned=1000000; wang.fang: reads=20'."
  )

  /// The keys of limits and quotas.
  static let limits: [ConfigurationKey] = [
    limitReadsPerSecond, limitReportsPerSecond, limitWritesPerSecond, limitStreamsPerSecond,
    limitBurstSeconds, limitOpenStreams, limitFailedAuthenticationsPerSecond,
    limitWriteLatencyMilliseconds, limitReportLatencyMilliseconds,
    quotaRowsReturnedPerDay, quotaRowsReceivedPerDay, quotaBytesSentPerDay, quotaBytesReceivedPerDay,
    limitOverrides,
  ]
}
