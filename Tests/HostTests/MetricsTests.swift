import Logging
import ModuleTesting
import RPC
import Testing

@testable import Host

@Suite struct MetricsTests {
  /// Reads the text format: samples by name and labels. Fails the test for a line that is neither a sample nor a
  /// comment, and for a sample before its TYPE.
  private func samples(_ page: String) -> [String: Double] {
    var found: [String: Double] = [:]
    var types: Set<String> = []
    for line in page.split(separator: "\n") {
      if line.hasPrefix("# HELP ") { continue }
      if line.hasPrefix("# TYPE ") {
        let words = line.split(separator: " ")
        #expect(words.count == 4)
        #expect(types.insert(String(words[2])).inserted, "\(words[2]) is declared twice")
        continue
      }
      guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
        #expect(Bool(false), "\(line)")
        continue
      }
      let key = String(line[..<space])
      let name = String(key.prefix { $0 != "{" })
      let family = ["_bucket", "_sum", "_count"].first {
        name.hasSuffix($0) && types.contains(String(name.dropLast($0.count)))
      }
      #expect(types.contains(name) || family != nil, "\(name) has no TYPE")
      #expect(found.updateValue(value, forKey: key) == nil, "\(key) stands twice")
    }
    return found
  }

  @Test(arguments: TestHost.Way.allCases)
  func countsCallsByMethodAndStatus(way: TestHost.Way) async throws {
    try await TestHost.run([EchoModule.self], way: way) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      for _ in 0..<3 { _ = try await echo.call("Get", "x") }
      _ = await echo.failure("Get", "asked")
      for number in 0..<5 { _ = try await echo.call("Put", "\(number)") }
      _ = try await echo.call("Report", "x")
      _ = await EchoClient(try await host.anonymousChannel()).failure("Get", "x")
      try await host.settle()
      let samples = samples(try host.metricsPage())
      let service = #"service="test.echo.v1.EchoService""#
      func calls(_ method: String, _ status: String) -> Double? {
        samples[#"yizhan_calls_total{\#(service),method="\#(method)",status="\#(status)"}"#]
      }
      #expect(calls("Get", "OK") == 3)
      #expect(calls("Get", "FAILED_PRECONDITION") == 1)
      #expect(calls("Get", "UNAUTHENTICATED") == 1)
      #expect(calls("Put", "OK") == 5)
      #expect(calls("Report", "OK") == 1)
      #expect(calls("Repeat", "OK") == 0)

      let labels = #"{\#(service),method="Get""#
      let buckets = samples.filter { $0.key.hasPrefix("yizhan_call_duration_seconds_bucket\(labels)") }
      #expect(buckets.count == 18)
      #expect(samples["yizhan_call_duration_seconds_bucket\(labels),le=\"+Inf\"}"] == 5)
      #expect(samples["yizhan_call_duration_seconds_count\(labels)}"] == 5)
      #expect(try #require(samples["yizhan_call_duration_seconds_sum\(labels)}"]) > 0)
      #expect(samples["yizhan_calls_in_flight"] == 0)
      #expect(try #require(samples["yizhan_storage_commits_total"]) >= 5)
      #expect(try #require(samples["yizhan_storage_wal_bytes"]) > 0)
      #expect(samples["yizhan_storage_writes_waiting"] == 0)
      let commits = try #require(samples["yizhan_storage_commits_total"])
      #expect(try #require(samples["yizhan_storage_commit_writes_sum"]) >= 5)
      #expect(samples["yizhan_storage_commit_writes_count"] == commits)
      #expect(samples["yizhan_storage_commit_duration_seconds_count"] == commits)
      #expect(samples[#"yizhan_storage_commit_duration_seconds_bucket{le="+Inf"}"#] == commits)
      #expect(try #require(samples["yizhan_storage_commit_duration_seconds_sum"]) > 0)
      #expect(try #require(samples["process_resident_memory_bytes"]) > 1_000_000)
      #expect(samples[#"yizhan_build_info{version="\#(Version.text)"}"#] == 1)
    }
  }

  @Test func showsWhatWaits() async throws {
    let settings = [
      "report-threads": "1", "write-deadline-milliseconds": "600000",
      "report-deadline-milliseconds": "600000",
    ]
    try await TestHost.run([EchoModule.self], settings: settings) { host in
      let echo = EchoClient(try await host.channel(as: .staff))
      EchoGate.writes.close()
      EchoGate.reports.close()
      defer {
        EchoGate.writes.open()
        EchoGate.reports.open()
      }
      async let held = echo.call("Put", "queue")
      async let report = echo.call("Report", "queue")
      while !EchoGate.writes.isReached || !EchoGate.reports.isReached {
        try await Task.sleep(for: .milliseconds(2))
      }
      async let puts = [echo.call("Put", "a"), echo.call("Put", "b")]
      async let reports = [echo.call("Report", "x"), echo.call("Report", "x"), echo.call("Report", "x")]
      func waiting(_ what: String) throws -> Double {
        samples(try host.metricsPage())["yizhan_storage_\(what)_waiting"] ?? -1
      }
      // One is held, and one of those that are called in turn is behind it; the host may want to write too.
      let end = ContinuousClock.now + .seconds(60)
      while try waiting("writes") < 2 || waiting("reports") < 2, ContinuousClock.now < end {
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(try waiting("writes") >= 2)
      #expect(try waiting("reports") == 2)
      EchoGate.writes.open()
      EchoGate.reports.open()
      _ = try await (held, report, puts, reports)
      #expect(try waiting("writes") == 0)
      #expect(try waiting("reports") == 0)
    }
  }

  @Test func writesSecondsWithoutRounding() {
    #expect(PrometheusText.seconds(nanoseconds: 0) == "0")
    #expect(PrometheusText.seconds(nanoseconds: 50_000) == "0.00005")
    #expect(PrometheusText.seconds(nanoseconds: 1_000_000_000) == "1")
    #expect(PrometheusText.seconds(nanoseconds: 2_500_000_001) == "2.500000001")
  }

  @Test func sortsDurationsIntoBuckets() {
    let metrics = CallMetrics(methods: [EchoModule.method("Get", .read)], loops: 1)
    metrics.ended(shard: 0, method: 0, code: .ok, nanoseconds: 50_000)
    metrics.ended(shard: 1, method: 0, code: .ok, nanoseconds: 50_001)
    metrics.ended(shard: 0, method: 0, code: .notFound, nanoseconds: 3_600_000_000_000)
    let buckets = metrics.cumulativeBuckets(method: 0)
    #expect(buckets.prefix(2) == [1, 2])
    #expect(buckets[buckets.count - 2] == 2)
    #expect(buckets.last == 3)
    #expect(metrics.sumNanoseconds(method: 0) == 3_600_000_100_001)
    #expect(metrics.count(method: 0, code: .ok) == 2)
  }

  @Test func servesPagesOverHTTP() async throws {
    try await Scratch.with { directory in
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      let host = try await RunningHost.start(
        modules: [EchoModule()],
        configuration: try HostConfiguration(testing: ["metrics": "127.0.0.1:0"], directory: directory),
        logger: logger)
      let port = try #require(host.metricsAddress).port
      let metrics = try PlainHTTP.get("/metrics", port: port)
      #expect(metrics.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(metrics.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
      let page = try #require(metrics.firstRange(of: "\r\n\r\n").map { String(metrics[$0.upperBound...]) })
      #expect(!samples(page).isEmpty)
      #expect(try PlainHTTP.get("/healthz", port: port).hasSuffix("\r\n\r\nserving\n"))
      #expect(try PlainHTTP.get("/secret", port: port).hasPrefix("HTTP/1.1 404 "))
      #expect(try PlainHTTP.get("/metrics", method: "POST", port: port).hasPrefix("HTTP/1.1 405 "))
      host.core.drain()
      #expect(try PlainHTTP.get("/healthz", port: port).hasPrefix("HTTP/1.1 503 "))
      #expect(await host.stop())
    }
  }
}
