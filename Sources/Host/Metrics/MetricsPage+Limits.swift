extension MetricsPage {
  static func append(_ limits: CallLimits, to text: inout PrometheusText) {
    text.metric("yizhan_limits_refused_total", "counter", "Calls refused, by the limit that they met.")
    for limit in Limit.allCases {
      text.sample(
        "yizhan_limits_refused_total", [("limit", limit.name), ("reason", limit.reason)],
        "\(limits.refusalCount(limit))")
    }
    let adaptive = [("WRITE", limits.writes), ("REPORT", limits.reports)].compactMap { kind, limit in
      limit.map { (labels: [("kind", kind)], limit: $0) }
    }
    func gauge(_ name: String, _ help: String, _ value: (AdaptiveLimit) -> String) {
      guard !adaptive.isEmpty else { return }
      text.metric(name, "gauge", help)
      for (labels, limit) in adaptive { text.sample(name, labels, value(limit)) }
    }
    gauge("yizhan_limits_concurrency", "Calls that may be under way at once now.") { "\($0.current)" }
    gauge("yizhan_limits_under_way", "Calls that are under way.") { "\($0.underWay)" }
    gauge("yizhan_limits_latency_seconds", "How long they took in the last window.") {
      PrometheusText.seconds(nanoseconds: UInt64(clamping: $0.latencyNanoseconds))
    }
    text.single(
      "yizhan_limits_principals", "gauge", "Principals whose calls are counted.", "\(limits.registry.count)")
  }
}
