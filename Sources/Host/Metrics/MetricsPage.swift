import RPC

/// What `/metrics` says of calls and of the process; storage's part stands in `MetricsPage+Storage.swift`.
enum MetricsPage {
  static func append(_ metrics: CallMetrics, to text: inout PrometheusText) {
    text.metric("yizhan_calls_total", "counter", "Calls that ended, by method and gRPC status.")
    for (index, method) in metrics.methods.enumerated() {
      for code in Status.Code.allCases {
        let count = metrics.count(method: index, code: code)
        // OK stands there from the start, so that a rate can be taken from the first call on.
        guard count > 0 || code == .ok else { continue }
        text.sample("yizhan_calls_total", labels(method) + [("status", code.protocolName)], "\(count)")
      }
    }
    text.metric("yizhan_call_duration_seconds", "histogram", "From a call's whole request to its end.")
    for (index, method) in metrics.methods.enumerated() {
      let buckets = metrics.cumulativeBuckets(method: index)
      guard let all = buckets.last, all > 0 else { continue }
      let labels = labels(method)
      for (bound, count) in zip(CallMetrics.boundsNanoseconds, buckets) {
        let limit = PrometheusText.seconds(nanoseconds: bound)
        text.sample("yizhan_call_duration_seconds_bucket", labels + [("le", limit)], "\(count)")
      }
      text.sample("yizhan_call_duration_seconds_bucket", labels + [("le", "+Inf")], "\(all)")
      text.sample(
        "yizhan_call_duration_seconds_sum", labels,
        PrometheusText.seconds(nanoseconds: metrics.sumNanoseconds(method: index)))
      text.sample("yizhan_call_duration_seconds_count", labels, "\(all)")
    }
    text.single(
      "yizhan_calls_in_flight", "gauge", "Writes, reports and streams that have begun and not ended.",
      "\(metrics.inFlight)")
  }

  static func append(_ process: ProcessStatistics, startedSeconds: Int64, to text: inout PrometheusText) {
    text.single(
      "process_resident_memory_bytes", "gauge", "Memory in use.", "\(process.residentBytes)")
    text.single(
      "process_cpu_seconds_total", "counter", "Processor time used, user and system.",
      PrometheusText.seconds(nanoseconds: process.processorNanoseconds))
    text.single("process_open_fds", "gauge", "Open file descriptors.", "\(process.openFiles)")
    text.single(
      "process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.",
      "\(startedSeconds)")
    text.metric("yizhan_build_info", "gauge", "The program's version.")
    text.sample("yizhan_build_info", [("version", Version.text)], "1")
  }

  private static func labels(_ method: MethodDescriptor) -> [(String, String)] {
    [("service", method.service), ("method", method.name)]
  }
}

extension Status.Code {
  /// The code as gRPC's documents write it: "DEADLINE_EXCEEDED".
  var protocolName: String {
    if self == .internalError { return "INTERNAL" }
    var name = ""
    for character in "\(self)" {
      if character.isUppercase { name += "_" }
      name += character.uppercased()
    }
    return name
  }
}
