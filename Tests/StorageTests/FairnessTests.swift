import Synchronization
import Testing

@testable import Storage

/// Background work beside calls that never stop coming.
@Suite struct FairnessTests {
  private let directory = TemporaryDirectory()

  private final class Load: Sendable {
    let hasFired = Mutex(false)
    let begun = Atomic(0)
  }

  /// Each batch has time for one call, and there is always another that waits.
  @Test func whatIsDueIsReachedUnderLastingLoad() async throws {
    let database = try open(directory) { $0.maximumBatchDuration = .milliseconds(1) }
    let load = Load()
    try database.start(timers: [
      TimerRegistration(module: wishes, name: "due") { _, _ in load.hasFired.withLock { $0 = true } }
    ])
    let mostCalls = 1_000
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          while !load.hasFired.withLock({ $0 }) {
            let number = load.begun.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < mostCalls else { return }
            try await database.write { transaction in
              // With seven calls behind it by then.
              if number == 50 { try transaction.schedule("due", key: "a", at: transaction.now) }
              let end = ContinuousClock.now + .milliseconds(2)
              while ContinuousClock.now < end {}
              try transaction.insert("row \(number)")
            }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(load.hasFired.withLock { $0 })
    #expect(load.begun.load(ordering: .relaxed) < mostCalls)
    database.close()
  }

  /// Timers that set themselves again take a whole batch each time; calls have the next one.
  @Test func callsAreReachedBesideTimersWithoutEnd() async throws {
    let database = try open(directory) { $0.maximumBatchDuration = .milliseconds(1) }
    let load = Load()
    try database.start(timers: [
      TimerRegistration(module: wishes, name: "again") { transaction, firing in
        let end = ContinuousClock.now + .milliseconds(2)
        while ContinuousClock.now < end {}
        let number = load.begun.wrappingAdd(1, ordering: .relaxed).oldValue
        if number < 1_000 { try transaction.schedule("again", key: firing.key, at: transaction.now) }
      }
    ])
    try await database.write { transaction in
      for key in ["a", "b", "c", "d"] { try transaction.schedule("again", key: key, at: transaction.now) }
    }
    #expect(try await eventually { load.begun.load(ordering: .relaxed) > 10 })
    for number in 0..<5 { try await database.write { try $0.insert("row \(number)") } }
    #expect(load.begun.load(ordering: .relaxed) < 1_000)
    database.close()
  }
}
