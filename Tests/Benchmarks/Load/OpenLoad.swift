import ModuleKit
import Synchronization
import Workers

/// Writes that come at a fixed rate whether or not earlier ones have been answered, as callers that know nothing of
/// each other make them.
struct OpenLoad: Sendable {
  let channels: [any ClientChannel]
  /// Begins every idempotency key and name.
  let run: String
  let perSecond: Double
  let seconds: Double

  /// What became of the calls. Latencies are in milliseconds, from the moment at which a call was due.
  struct Outcome: Codable {
    var offered = 0
    var answered = 0
    var refused = 0
    var failed = 0
    /// The most that was answered in a second, and the least in one that was not the first.
    var seconds = 0.0
    var answeredMedian = 0.0
    var answeredP99 = 0.0
    var refusedMedian = 0.0
    var refusedP99 = 0.0
    /// Answers in each second.
    var answeredEachSecond: [Int] = []
    /// The first failure that was neither an answer nor a refusal, for whoever reads the figures.
    var firstFailure = ""
  }

  private struct Tally {
    var outcome = Outcome()
    var answered: [Double] = []
    var refused: [Double] = []
  }

  private final class Board: Sendable {
    private let tally = Mutex(Tally())
    func update<Result: Sendable>(_ body: (inout Tally) -> Result) -> Result { tally.withLock { body(&$0) } }
  }

  /// Calls under way beyond which none is made, so that a server that answers nothing does not fill our memory.
  private static let underWayLimit = 50_000

  func measure() async -> Outcome {
    let board = Board()
    let start = ContinuousClock.now
    let total = Int(perSecond * seconds)
    await withDiscardingTaskGroup { group in
      var made = 0
      while made < total {
        let due = Int(Self.seconds(since: start) * perSecond)
        while made < min(due, total) {
          let number = made
          let isRoom = board.update { tally in
            let ended = tally.outcome.answered + tally.outcome.refused + tally.outcome.failed
            defer { tally.outcome.offered += 1 }
            guard tally.outcome.offered - ended < Self.underWayLimit else {
              tally.outcome.failed += 1
              return false
            }
            return true
          }
          if isRoom { group.addTask { await call(number, start, board) } }
          made += 1
        }
        try? await Task.sleep(for: .milliseconds(2))
      }
    }
    return board.update { Self.summary($0, Self.seconds(since: start)) }
  }

  private func call(_ number: Int, _ start: ContinuousClock.Instant, _ board: Board) async {
    let client = OrganisationServiceClient(channels[number % channels.count])
    let due = Double(number) / perSecond
    let request = CreateOrganisationRequest(
      kind: .merchant, name: "商户 \(run)-\(number)", areaCode: People.area)
    do {
      _ = try await client.createOrganisation(
        request, CallOptions(timeout: .seconds(30), idempotencyKey: "\(run)-\(number)"))
      let now = Self.seconds(since: start)
      board.update { tally in
        tally.outcome.answered += 1
        tally.answered.append((now - due) * 1_000)
        while tally.outcome.answeredEachSecond.count <= Int(now) {
          tally.outcome.answeredEachSecond.append(0)
        }
        tally.outcome.answeredEachSecond[Int(now)] += 1
      }
    } catch {
      let now = Self.seconds(since: start)
      let isRefused = (error as? Status)?.code == .resourceExhausted
      board.update { tally in
        if isRefused {
          tally.outcome.refused += 1
          tally.refused.append((now - due) * 1_000)
        } else {
          tally.outcome.failed += 1
          if tally.outcome.firstFailure.isEmpty { tally.outcome.firstFailure = "\(error)" }
        }
      }
    }
  }

  private static func summary(_ tally: Tally, _ seconds: Double) -> Outcome {
    var outcome = tally.outcome
    func quantile(_ values: [Double], _ share: Double) -> Double {
      let sorted = values.sorted()
      return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
    outcome.seconds = seconds
    outcome.answeredMedian = quantile(tally.answered, 0.5)
    outcome.answeredP99 = quantile(tally.answered, 0.99)
    outcome.refusedMedian = quantile(tally.refused, 0.5)
    outcome.refusedP99 = quantile(tally.refused, 0.99)
    return outcome
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}

/// As many of the same writes as a number of callers can make that each wait for their answer: what the host can do.
func closedWrites(_ channels: [any ClientChannel], run: String, callers: Int, seconds: Double) async throws
  -> Double
{
  let answered = Counter()
  let next = Counter()
  let end = ContinuousClock.now + .milliseconds(Int(seconds * 1_000))
  try await withThrowingTaskGroup(of: Void.self) { group in
    for caller in 0..<callers {
      group.addTask {
        let client = OrganisationServiceClient(channels[caller % channels.count])
        while ContinuousClock.now < end {
          let number = next.take()
          do {
            _ = try await client.createOrganisation(
              CreateOrganisationRequest(
                kind: .merchant, name: "商户 \(run)-\(number)", areaCode: People.area),
              CallOptions(timeout: .seconds(30), idempotencyKey: "\(run)-\(number)"))
            // What waits at the end is answered too, but later.
            if ContinuousClock.now < end { _ = answered.take() }
          } catch let status as Status where status.code == .resourceExhausted {
            try await Task.sleep(for: status.retryDelay ?? .milliseconds(50))
          }
        }
      }
    }
    try await group.waitForAll()
  }
  return Double(answered.take()) / seconds
}
