import HTTP2
public import Logging
public import ModuleKit
import RPCTransport

/// A host that serves calls on a socket.
public final class RunningHost: Sendable {
  /// Where calls are served, with the port that was taken.
  public let address: HostAndPort
  /// Where metrics are served; nil for nowhere.
  public let metricsAddress: HostAndPort?
  /// The administrator's token, if this was the first start on this data directory; nowhere kept in the clear.
  public let firstToken: String?
  /// The names of the modules served.
  public let moduleNames: [String]
  package let core: HostCore
  private let server: GRPCServer
  private let metricsServer: MetricsServer?
  private let tls: HostTLS?
  private let drain: Duration
  private let logger: Logger

  private init(
    core: HostCore, server: GRPCServer, address: HostAndPort, metricsServer: MetricsServer?, tls: HostTLS?,
    firstToken: String?, drain: Duration, logger: Logger
  ) {
    self.tls = tls
    self.core = core
    self.server = server
    self.metricsServer = metricsServer
    self.logger = logger
    self.address = address
    metricsAddress = metricsServer?.address
    self.firstToken = firstToken
    moduleNames = core.moduleNames
    self.drain = drain
  }

  /// Opens storage, assembles the modules and listens.
  /// - Throws: `StartError`, with everything closed again.
  public static func start(
    modules: [any Module], configuration: HostConfiguration, logger: Logger
  ) async throws -> RunningHost {
    try await start(modules: modules, configuration: configuration, logger: logger, clock: .system)
  }

  /// Starts with a clock of the caller's, for tests.
  package static func start(
    modules: [any Module], configuration: HostConfiguration, logger: Logger, clock: StorageClock
  ) async throws -> RunningHost {
    // Before the database: files that cannot be used are told at once.
    let tls = try configuration.tls.map { files throws(StartError) in try HostTLS(files, logger: logger) }
    let core = try await HostCore(
      modules: modules, configuration: configuration, logger: logger, clock: clock)
    var metricsServer: MetricsServer?
    do {
      if let address = configuration.metrics {
        metricsServer = try await MetricsServer.start(
          on: address, page: { core.metricsPage() + (tls?.metricsPage() ?? "") },
          isHealthy: { core.health.isServing })
      }
      let (server, address) = try await listen(configuration, core, tls)
      let firstToken: String?
      do {
        firstToken = try await core.makeFirstToken()
      } catch {
        await server.shutdown(grace: .zero)
        throw StartError.database("\(error)")
      }
      if configuration.isDevelopment {
        logger.warning(
          "development mode: the host may have made its key itself, beside the data; not for real people's data"
        )
      }
      logger.info("serving", metadata: ["address": "\(address)", "tls": "\(tls != nil)"])
      tls?.watch(server, grace: configuration.drain)
      return RunningHost(
        core: core, server: server, address: address, metricsServer: metricsServer, tls: tls,
        firstToken: firstToken, drain: configuration.drain, logger: logger)
    } catch {
      await metricsServer?.stop()
      await core.close()
      throw error
    }
  }

  private static func listen(
    _ configuration: HostConfiguration, _ core: HostCore, _ tls: HostTLS?
  ) async throws -> (GRPCServer, HostAndPort) {
    var settings = GRPCServerConfiguration(host: configuration.listen.host, port: configuration.listen.port)
    settings.loopCount = configuration.loops
    settings.maxConnections = configuration.connections
    settings.maxMessageBytes = configuration.messageSizeBytes
    settings.limits.maxConcurrentStreams = configuration.streamsPerConnection
    settings.limits.maxHeaderListBytes = configuration.metadataSizeBytes
    settings.maxBufferedBytes = configuration.bufferedSizeBytes
    settings.handshakeTimeout = configuration.handshake
    settings.bodyTimeout = configuration.body
    settings.stallTimeout = configuration.stall
    settings.idleTimeout = configuration.idle
    settings.keepaliveTime = configuration.keepalive
    settings.maxConnectionAge = configuration.connectionAge
    if let tls { settings.preparePipeline = { try tls.server.prepare($0) } }
    let server = GRPCServer(settings, handler: core.handler)
    do {
      let address = try await server.start()
      return (server, HostAndPort(host: configuration.listen.host, port: address.port))
    } catch {
      await server.shutdown(grace: .zero)
      throw StartError(listening: error, address: configuration.listen)
    }
  }

  /// Stops: says NOT_SERVING, sends GOAWAY, lets accepted calls end within the configured time, closes the
  /// database.
  /// - Returns: Whether every accepted call ended by itself.
  public func stop() async -> Bool {
    core.drain()
    tls?.stopWatching()
    let start = ContinuousClock.now
    await server.shutdown(grace: drain)
    let isDrained = ContinuousClock.now - start < drain || core.metrics.inFlight == 0
    if !isDrained { logger.warning("calls were still open when the time to drain had passed") }
    await metricsServer?.stop()
    await core.close()
    return isDrained
  }

  /// Reads again what may have been changed for a running host: its keys and the files of TLS. What cannot be used
  /// is left as it was.
  func reload() async {
    do {
      try await core.rereadKeys()
      logger.notice("the host's keys were read again")
    } catch let error as any CustomStringConvertible {
      logger.error("the host's keys stay as they were", metadata: ["reason": "\(error)"])
    } catch {
      logger.error("the host's keys stay as they were")
    }
    await tls?.reload(server, grace: drain)
  }

  /// Forgets the first token, which could not be shown to anybody, so that the next start makes another.
  func takeBackFirstToken() async {
    guard let firstToken else { return }
    do {
      try await FirstToken.takeBack(firstToken, core.storage.database, scope: AccessModule.scope)
    } catch {
      logger.error(
        "the administrator's token was made and could not be shown; 'yizhand reset-administrator' makes another"
      )
    }
  }

  /// Whether the writer answers within that time.
  func isResponsive(within limit: Duration) async -> Bool {
    (try? await core.writeNothing(within: limit)) != nil
  }
}

extension StartError {
  /// Why the server's address cannot be had.
  fileprivate init(listening error: any Error, address: HostAndPort) {
    let key = ConfigurationKey.listen.name
    switch error {
    case GRPCServerError.portInUse: self = .addressInUse(key: key, address: "\(address)")
    case GRPCServerError.notPermitted:
      self = .addressUnusable(
        key: key, address: "\(address)",
        reason: "ports below 1024 are for privileged programs; choose a higher one")
    case GRPCServerError.addressUnavailable(_, let reason):
      self = .addressUnusable(key: key, address: "\(address)", reason: reason)
    default: self = .addressUnusable(key: key, address: "\(address)", reason: "\(error)")
    }
  }
}
