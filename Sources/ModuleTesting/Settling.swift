import Host
import ModuleKit

/// Waits until a host has no background work left at its clock's present time.
struct Settling {
  let core: HostCore

  /// - Throws: `TestHostError`.
  func run() async throws {
    let failedBefore = core.statistics.timersFailed
    let end = ContinuousClock.now + .seconds(300)
    var last = try await look()
    var quietRounds = 0
    while quietRounds < 2 {
      guard ContinuousClock.now < end else { throw TestHostError.neverSettles }
      let now = try await look()
      if now.timersFailed > failedBefore { throw TestHostError.timerFailed }
      for consumer in now.consumers where consumer.attempt > 0 {
        throw TestHostError.consumerFailed(name: consumer.name, error: consumer.lastError)
      }
      quietRounds = isQuiet(now) && work(now) == work(last) ? quietRounds + 1 : 0
      last = now
    }
  }

  /// The figures after two more batches of the writer. Each takes along what is due; figures are published after
  /// a batch has been answered, so the second one shows what the first one did.
  private func look() async throws -> StorageStatistics {
    for _ in 0..<2 { try await core.writeNothing() }
    return core.statistics
  }

  private func isQuiet(_ figures: StorageStatistics) -> Bool {
    figures.timersDue == 0 && figures.consumers.allSatisfy { $0.lag == 0 }
  }

  private func work(_ figures: StorageStatistics) -> UInt64 {
    figures.consumers.reduce(figures.timersFired) { $0 + $1.consumed }
  }
}
