import ModuleKit

/// Writes down what principals use, now and then: a write for each call would cost more than the calls. A host that
/// is killed forgets what came since the last time.
struct UsageWriter: Sendable {
  /// How often use is written down.
  static let interval = Duration.seconds(60)
  /// Principals written down in one transaction.
  private static let batch = 500

  let registry: AccountRegistry
  let storage: HostStorage
  let clock: StorageClock

  /// Writes down all use that is not.
  /// - Throws: `StorageError`.
  func write() async throws {
    let today = ChinaDay.number(of: clock.wall())
    let accounts = registry.all
    let call = CallContext.host("usage", in: UsageStore.scope)
    var rest = accounts.compactMap { account in account.unwritten(today: today).map { (account, $0) } }[...]
    while !rest.isEmpty {
      let batch = rest.prefix(Self.batch)
      rest = rest.dropFirst(Self.batch)
      let rows = batch.map { account, use in
        UsageStore.UsageRow(
          principalID: account.id, principalName: account.name, day: use.day, usage: use.usage)
      }
      try await storage.database.writer.perform(call: call) { transaction in
        for row in rows { try UsageStore.write(row, in: transaction) }
        try UsageStore.dropOld(today: today, in: transaction)
      }
      for (account, use) in batch { account.wrote(use.usage, today: today) }
    }
    registry.dropIdle(at: LimitClock.nanoseconds())
  }
}
