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
  private let loops: [LoopState]
  private let usesTask: Task<Void, Never>
  private let startedSeconds: Int64

  /// Assembles and opens everything but sockets.
  /// - Parameter clock: Where storage takes the time from.
  /// - Throws: `StartError`. Whatever was opened is closed again.
  package init(
    modules: [any Module], configuration: HostConfiguration, logger: Logger, clock: StorageClock = .system
  ) async throws {
    let own = AccessModule(tokenLifetimeDays: configuration.tokenLifetimeDays)
    let assembly = try ModuleAssembly([own] + modules)
    moduleNames = modules.map { type(of: $0).name }
    startedSeconds = clock.wall().milliseconds / 1_000
    storage = try Self.open(assembly, configuration, logger, clock)
    do {
      let routes = try Self.routes(assembly, configuration)
      health = routes.health
      metrics = CallMetrics(methods: routes.all.map(\.descriptor), loops: configuration.loops)
      let scope = ModuleScope(name: AccessModule.name)
      access = AccessChecker(scope: scope, generation: routes.generation, uses: TokenUses())
      let database = storage.database
      loops = try (0..<configuration.loops).map { _ in
        LoopState(
          reader: try database.makeReader(), arenaLimitBytes: configuration.decodedSizeBytes,
          tokenCache: configuration.tokenCache)
      }
      let journal = CallJournal(metrics: metrics, logger: logger, slowCall: configuration.slowCall)
      handler = try HostCallHandler(
        routes: routes.all, loops: loops, storage: storage, access: access, metrics: metrics, journal: journal
      )
      try database.start(timers: assembly.timers, consumers: assembly.consumers)
      usesTask = Task { [access, storage] in await Self.writeUses(access, storage, scope) }
    } catch {
      storage.database.close()
      if let error = error as? MethodTableError { throw StartError.methods(error) }
      if let error = error as? StorageError {
        throw StartError(error, directory: configuration.dataDirectory)
      }
      throw error
    }
    health.set(isServing: true)
  }

  /// Makes the administrator's token if there has never been a token. Called once the host listens: a token made
  /// by a start that fails afterwards would never be shown to anybody.
  func makeFirstToken() async throws -> String? {
    try await FirstToken.makeIfNeeded(storage.database, scope: ModuleScope(name: AccessModule.name))
  }

  /// Makes a token for a test.
  package func makeToken(
    principalName: String, roles: Roles, organisationID: String?, areaCode: String?
  ) async throws -> String {
    let call = CallContext(
      module: ModuleScope(name: AccessModule.name), caller: .system, requestID: "test", method: "test")
    return try await storage.database.writer.perform(call: call) { transaction in
      let secret = TokenText.make()
      _ = try AccessStore.insert(
        hash: TokenText.hash(secret.utf8), principalName: principalName, roles: roles,
        organisationID: organisationID, areaCode: areaCode, expiresAt: nil, in: transaction)
      return secret
    }
  }

  /// Forgets what was checked against the time before; for tests that move the clock.
  package func clockMoved() { access.generation.advance() }

  /// A transaction that does nothing: it takes its turn on the writer, with whatever is due.
  package func writeNothing(within limit: Duration? = nil) async throws {
    let call = CallContext(
      module: ModuleScope(name: AccessModule.name), caller: .system, requestID: "nothing", method: "nothing",
      deadline: limit.map { .now + $0 })
    try await storage.database.writer.perform(call: call) { _ in }
  }

  /// What storage has done and what waits.
  package var statistics: StorageStatistics { storage.database.statistics }

  /// Says to health checks that the host takes no more calls.
  package func drain() { health.set(isServing: false) }

  /// Ends what runs in the background and closes the database. No call may be in flight.
  package func close() async {
    usesTask.cancel()
    await usesTask.value
    for loop in loops { loop.close() }
    storage.database.close()
  }

  /// Opens the database with the schemas of all modules.
  static func open(
    _ assembly: ModuleAssembly, _ configuration: HostConfiguration, _ logger: Logger, _ clock: StorageClock
  ) throws(StartError) -> HostStorage {
    var options = StorageOptions()
    options.clock = clock
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
    MetricsPage.append(ProcessStatistics.now(), startedSeconds: startedSeconds, to: &text)
    return text.page
  }

  /// Writes down every half minute, and once more at the end, when tokens were last seen.
  private static func writeUses(_ access: AccessChecker, _ storage: HostStorage, _ scope: ModuleScope) async {
    while true {
      let isCancelled = (try? await Task.sleep(for: .seconds(30))) == nil
      let uses = access.uses.take()
      if !uses.isEmpty {
        let call = CallContext(module: scope, caller: .system, requestID: "token-uses", method: "token-uses")
        // In a task of its own, because a cancelled one writes nothing. A use that is not written down is noted
        // again when the token is seen again.
        _ = await Task {
          try await storage.database.writer.perform(call: call) { transaction in
            for (id, time) in uses { try AccessStore.touch(id: id, at: time, in: transaction) }
          }
        }.result
      }
      if isCancelled { return }
    }
  }
}
