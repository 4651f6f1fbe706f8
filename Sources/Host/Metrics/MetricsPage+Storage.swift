import ModuleKit

extension MetricsPage {
  static func append(_ storage: StorageStatistics, to text: inout PrometheusText) {
    func counter(_ name: String, _ help: String, _ value: UInt64) {
      text.single(name, "counter", help, "\(value)")
    }
    func gauge(_ name: String, _ help: String, _ value: Int) { text.single(name, "gauge", help, "\(value)") }

    counter("yizhan_storage_commits_total", "Commits that made something durable.", storage.commits)
    text.metric("yizhan_storage_writes_total", "counter", "Writes that ended, by outcome.")
    for (outcome, count) in [
      ("succeeded", storage.jobsSucceeded), ("failed", storage.jobsFailed),
      ("replayed", storage.jobsReplayed),
      ("refused", storage.jobsRefused),
    ] {
      text.sample("yizhan_storage_writes_total", [("outcome", outcome)], "\(count)")
    }
    counter(
      "yizhan_storage_batches_repeated_total", "Commits begun again because one of their writes failed.",
      storage.batchesRepeated)
    histogram(
      "yizhan_storage_commit_writes", "Writes, timers and events that shared a commit.", storage.batchSizes,
      in: &text
    ) { "\($0)" }
    histogram(
      "yizhan_storage_commit_duration_seconds", "How long COMMIT took.", storage.commitMicroseconds, in: &text
    ) { PrometheusText.seconds(nanoseconds: UInt64(max(0, $0)) * 1_000) }
    gauge("yizhan_storage_writes_waiting", "Writes that wait or run.", storage.waitingJobs)
    gauge("yizhan_storage_writes_waiting_bytes", "The memory that they hold.", storage.waitingBytes)
    gauge(
      "yizhan_storage_reports_waiting", "Reports and streams' reads that wait or run.", storage.waitingReports
    )
    gauge("yizhan_storage_wal_bytes", "The write-ahead log in use.", storage.walSizeBytes)
    counter("yizhan_storage_checkpoints_total", "Checkpoints.", storage.checkpoints)
    counter("yizhan_storage_reads_total", "Snapshots taken by calls.", storage.reads)
    counter("yizhan_storage_statement_hits_total", "Statements found prepared.", storage.statementHits)
    counter(
      "yizhan_storage_statement_misses_total", "Statements that had to be prepared.", storage.statementMisses)
    counter("yizhan_timers_fired_total", "Timers that fired.", storage.timersFired)
    counter("yizhan_timers_failed_total", "Attempts of timers that failed.", storage.timersFailed)
    gauge(
      "yizhan_timers_due", "Timers that are due and have not fired, counted up to 10,000.", storage.timersDue)
    text.metric("yizhan_consumer_lag_events", "gauge", "Events that a consumer has not consumed.")
    for consumer in storage.consumers {
      text.sample("yizhan_consumer_lag_events", [("consumer", consumer.name)], "\(consumer.lag)")
    }
    text.metric("yizhan_consumer_events_total", "counter", "Events consumed since the start.")
    for consumer in storage.consumers {
      text.sample("yizhan_consumer_events_total", [("consumer", consumer.name)], "\(consumer.consumed)")
    }
    text.metric(
      "yizhan_consumer_failed_attempts", "gauge", "How often the event that a consumer is at has failed.")
    for consumer in storage.consumers {
      text.sample("yizhan_consumer_failed_attempts", [("consumer", consumer.name)], "\(consumer.attempt)")
    }
  }

  private static func histogram(
    _ name: String, _ help: String, _ histogram: Histogram, in text: inout PrometheusText,
    unit: (Int64) -> String
  ) {
    text.metric(name, "histogram", help)
    var total: UInt64 = 0
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      total += count
      text.sample(name + "_bucket", [("le", unit(bound))], "\(total)")
    }
    text.sample(name + "_bucket", [("le", "+Inf")], "\(histogram.count)")
    text.sample(name + "_sum", [], unit(histogram.sum))
    text.sample(name + "_count", [], "\(histogram.count)")
  }
}
