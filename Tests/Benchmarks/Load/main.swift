// Load for the benchmark, over the generated clients. Prints one line of JSON: what each phase cost the server.
//
//   BenchmarkLoad --server HOST:PORT --token TOKEN --pid PID import --first N --count N
//   BenchmarkLoad … prepare                        a worker to get and wishes to list
//   BenchmarkLoad … claims --count N --in-flight N  collects, approves and claims N wishes
//   BenchmarkLoad … lay                            the areas that the next two need
//   BenchmarkLoad … peak --seconds N               writes as fast as 256 callers can
//   BenchmarkLoad … open --rate N --seconds N      writes at a rate, answered or not
import Foundation
import ModuleKit
import RPCTransport
import Wishes
import Workers

let words = Array(CommandLine.arguments.dropFirst())
func option(_ name: String, default value: String? = nil) -> String {
  if let at = words.firstIndex(of: "--\(name)"), at + 1 < words.count { return words[at + 1] }
  guard let value else {
    FileHandle.standardError.write(Data("--\(name) is missing\n".utf8))
    exit(64)
  }
  return value
}
func number(_ name: String, default value: Int) -> Int { Int(option(name, default: "\(value)")) ?? value }
func report(_ value: some Encodable) throws {
  print(String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
}

let server = ServerProcess(identifier: number("pid", default: 0))
let channel = try connect(option("server"), token: option("token"))
let charityName = "测速慈善会"
let run = "\(Int(Date().timeIntervalSince1970))"

do {
  try await runPhase()
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
await channel.close()

func runPhase() async throws {
  if words.contains("import") {
    let count = number("count", default: 100_000)
    let first = number("first", default: 0)
    try report(
      try await Phase.measure(calls: count, server) {
        try await importWorkers(channel, first: first, count: count)
      })
  } else if words.contains("prepare") {
    let worker = try await WorkerServiceClient(channel).findWorker(
      FindWorkerRequest(phone: People.phone(4_711)))
    let charity = try await Ground(channel).organisation(charityName, .charity)
    let load = WishLoad(
      wishes: WishServiceClient(channel), workers: try await workerIDs(channel, count: 2_000),
      charity: charity,
      count: 2_000, inFlight: 64)
    try await load.approve(try await load.collect(run: run), run: run)
    try report(["worker_id": worker.id])
  } else if words.contains("claims") {
    let charity = try await Ground(channel).organisation(charityName, .charity)
    let count = number("count", default: 40_000)
    let load = WishLoad(
      wishes: WishServiceClient(channel), workers: try await workerIDs(channel, count: count),
      charity: charity,
      count: count, inFlight: number("in-flight", default: 512))
    var ids: [String] = []
    let collect = try await Phase.measure(calls: count, server) { ids = try await load.collect(run: run) }
    let approve = try await Phase.measure(calls: count, server) { try await load.approve(ids, run: run) }
    let claim = try await Phase.measure(calls: count, server) { try await load.claim(ids, run: run) }
    try report(["collect": collect, "approve": approve, "claim": claim])
  } else if words.contains("lay") {
    try await Ground(channel).lay()
  } else if words.contains("peak") || words.contains("open") {
    try await runWrites()
  } else {
    FileHandle.standardError.write(Data("say import, prepare, claims, lay, peak or open\n".utf8))
    exit(64)
  }
}

func runWrites() async throws {
  let run = "\(getpid())-\(run)"
  let seconds = Double(number("seconds", default: 5))
  let channels = try (0..<4).map { _ in try connect(option("server"), token: option("token")) }
  if words.contains("peak") {
    let rate = try await closedWrites(
      channels, run: run, callers: number("callers", default: 256), seconds: seconds)
    try report(["perSecond": rate])
  } else {
    let load = OpenLoad(
      channels: channels, run: run, perSecond: Double(number("rate", default: 100)), seconds: seconds)
    try report(await load.measure())
  }
  for channel in channels { await channel.close() }
}
