package import Logging
package import ModuleKit
package import RPC

/// A host without sockets: modules, storage, policy and the handler that runs calls. The program puts a server in
/// front of it; tests call the handler straight.
package final class HostCore: Sendable {
  /// Runs calls.
  package let handler: any CallHandler
  /// The names of the modules served, the host's own left out.
  package let moduleNames: [String]
  let health: HealthService
  let storage: HostStorage
  let metrics: CallMetrics
  let access: AccessChecker
  private let keeper: HostKeyKeeper
  private let vault: Vault
  let limits: CallLimits
  let loops: [LoopState]
  private let usesTask: Task<Void, Never>
  private let usageTask: Task<Void, Never>
  private let startedSeconds: Int64

  /// Assembles and opens everything but sockets.
  /// - Parameter clock: Where storage takes the time from.
  /// - Throws: `StartError`. Whatever was opened is closed again.
  package init(
    modules: [any Module], configuration: HostConfiguration, logger: Logger, clock: StorageClock = .system
  ) async throws {
    let reader = HostKeyReader(configuration)
    keeper = HostKeyKeeper(reader)
    let accounts = AccountRegistry(configuration.limits, loops: configuration.loops)
    let policies = PolicyBook()
    let register = PersonalDataRegister()
    let assembly = try ModuleAssembly(
      Self.ownModules(keeper, register, accounts, policies, configuration) + modules)
    register.settle(assembly.personal)
    vault = assembly.vault
    // Before anything is made or opened: without a key nothing may come into being that wants one.
    let keys: HostKeyRing?
    do { keys = try await reader.read() } catch {
      throw StartError.reason(of: error, directory: configuration.dataDirectory)
    }
    moduleNames = modules.map { type(of: $0).name }
    startedSeconds = clock.wall().milliseconds / 1_000
    storage = try Self.open(assembly, configuration, logger, clock)
    do {
      try await keeper.unlock(vault, with: keys, of: storage.database)
      let routes = try Self.routes(assembly, configuration)
      policies.fill(routes.all)
      health = routes.health
      metrics = CallMetrics(methods: routes.all.map(\.descriptor), loops: configuration.loops)
      access = AccessChecker(scope: AccessModule.scope, generation: routes.generation, uses: CredentialUses())
      let database = storage.database
      loops = try (0..<configuration.loops).map { _ in
        LoopState(
          reader: try database.makeReader(), arenaLimitBytes: configuration.decodedSizeBytes,
          tokenCache: configuration.tokenCache,
          failedCallers: FailedCallers(configuration.limits.failedAuthentications))
      }
      limits = CallLimits(
        configuration, methods: routes.methods, registry: accounts, storage: storage, clock: clock)
      let journal = CallJournal(metrics: metrics, logger: logger, slowCall: configuration.slowCall)
      handler = try HostCallHandler(
        routes: routes.all, loops: loops, storage: storage, access: access, limits: limits, metrics: metrics,
        journal: journal, digest: try RequestDigest(vault))
      try database.start(timers: assembly.timers, consumers: assembly.consumers)
      usesTask = Task { [access, storage] in
        await PeriodicWork.run(every: .seconds(30)) { try await Self.writeUses(access, storage) }
      }
      let usage = UsageWriter(registry: accounts, storage: storage, clock: clock)
      usageTask = Task { await PeriodicWork.run(every: UsageWriter.interval) { try await usage.write() } }
    } catch {
      storage.database.close()
      throw StartError.reason(of: error, directory: configuration.dataDirectory)
    }
    health.set(isServing: true)
  }

  /// Reads the host's keys again and takes them over, or leaves everything as it is.
  /// - Throws: `HostKeyError`, `StartError`, `StorageError`.
  package func rereadKeys() async throws { try await keeper.reread(into: vault, of: storage.database) }

  /// Makes the administrator's token if there has never been a token. Called once the host listens: a token made
  /// by a start that fails afterwards would never be shown to anybody.
  func makeFirstToken() async throws -> String? {
    try await FirstToken.makeIfNeeded(storage.database, scope: AccessModule.scope)
  }

  /// Forgets what was checked against the time before; for tests that move the clock.
  package func clockMoved() { access.generation.advance() }

  /// A transaction that does nothing: it takes its turn on the writer, with whatever is due.
  package func writeNothing(within limit: Duration? = nil) async throws {
    let call = CallContext.host("nothing", in: AccessModule.scope, deadline: limit.map { .now + $0 })
    try await storage.database.writer.perform(call: call) { _ in }
  }

  /// What storage has done and what waits.
  package var statistics: StorageStatistics { storage.database.statistics }

  /// Says to health checks that the host takes no more calls.
  package func drain() { health.set(isServing: false) }

  /// Ends what runs in the background and closes the database. No call may be in flight.
  package func close() async {
    usesTask.cancel()
    usageTask.cancel()
    await usesTask.value
    await usageTask.value
    for loop in loops { loop.close() }
    storage.database.close()
  }

  /// The host's own modules, which come before all others and are always there.
  static func ownModules(
    _ keeper: HostKeyKeeper, _ register: PersonalDataRegister, _ accounts: AccountRegistry,
    _ policies: PolicyBook,
    _ configuration: HostConfiguration
  ) -> [any Module] {
    [
      PrivacyModule(keeper: keeper, register: register),
      AccessModule(tokenLifetimeDays: configuration.tokenLifetimeDays, policies: policies), AuditModule(),
      LimitsModule(accounts, configuration.limits),
    ]
  }

  /// Opens the database with the schemas of all modules.
  static func open(
    _ assembly: ModuleAssembly, _ configuration: HostConfiguration, _ logger: Logger, _ clock: StorageClock
  ) throws(StartError) -> HostStorage {
    var options = StorageOptions()
    options.clock = clock
    options.sealer = assembly.vault
    options.maximumWaitingJobs = configuration.writeQueue
    options.maximumWaitingBytes = configuration.writeQueueSizeBytes
    options.writerCacheBytes = configuration.writerCacheSizeBytes
    options.readerCacheBytes = configuration.readerCacheSizeBytes
    options.checkpointSizeBytes = configuration.walCheckpointSizeBytes
    options.restartSizeBytes = configuration.walRestartSizeBytes
    options.maximumBatchJobs = configuration.writesPerCommit
    options.maximumReadDuration = configuration.reportDeadline
    options.maximumWriteDuration = configuration.writeDeadline
    options.idempotencyLifetime = .seconds(configuration.idempotencyRetentionHours * 3_600)
    options.reportThreads = configuration.reportThreads
    options.maximumWaitingReports = configuration.reportQueue
    options.settleBatch = { Gathering.gather($0) }
    options.log = { line in
      let level: Logger.Level =
        switch line.level {
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
      logger.log(level: level, "\(line.message)")
    }
    do {
      let database = try Database.open(
        directory: configuration.dataDirectory, options: options, schemas: assembly.schemas)
      return HostStorage(database: database, arenaLimitBytes: configuration.decodedSizeBytes)
    } catch let error as StorageError {
      throw StartError(error, directory: configuration.dataDirectory)
    } catch {
      throw .database("\(error)")
    }
  }

  /// The text of `/metrics`.
  package func metricsPage() -> String {
    var text = PrometheusText()
    MetricsPage.append(metrics, to: &text)
    MetricsPage.append(storage.database.statistics, to: &text)
    MetricsPage.append(limits, to: &text)
    MetricsPage.append(ProcessStatistics.now(), startedSeconds: startedSeconds, to: &text)
    return text.page
  }

  /// Writes down when credentials were last seen. A use that is not written down is noted again when the credential
  /// is seen again.
  private static func writeUses(_ access: AccessChecker, _ storage: HostStorage) async throws {
    let uses = access.uses.take()
    if uses.isEmpty { return }
    let call = CallContext.host("credential-uses", in: AccessModule.scope)
    try await storage.database.writer.perform(call: call) { transaction in
      for (id, time) in uses where try !TokenStore.touch(id: id, at: time, in: transaction) {
        try CertificateStore.touch(id: id, at: time, in: transaction)
      }
    }
  }
}
