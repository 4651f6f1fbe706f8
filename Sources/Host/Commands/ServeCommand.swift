import ArgumentParser
import Glibc
import Logging
import ModuleKit
import RPC
import UnixSignals

/// `yizhand serve`: runs until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serves the modules until SIGTERM or SIGINT.",
    discussion: """
      Settings come from defaults, then the configuration file, then YIZHAN_… in the environment, then flags \
      such as --data DIR, --listen HOST:PORT, --metrics HOST:PORT, --log-level LEVEL. 'yizhand config' prints \
      every key. A first SIGTERM or SIGINT drains: accepted calls end, new ones are refused; a second one stops \
      at once. SIGHUP reads the host's keys and the files of TLS again.
      """)

  @Option(
    name: .customLong("token-file"),
    help:
      "Writes the first administrator's token to this file, readable by its owner only, instead of printing it."
  )
  var tokenFile: String?

  @OptionGroup var options: ConfigurationOptions

  func run() async throws {
    let configuration = try HostConfiguration(try options.resolve())
    let notifier = ServiceNotifier(environment: ProcessEnvironment.variables)
    // Signals are trapped before anything is opened, so that none finds the process half started.
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    // Before any key is read.
    if !configuration.isDevelopment { MemoryDumps.disable() }
    if let tokenFile { try TokenFile.check(tokenFile) }
    let logger = Logger(label: "yizhan") { _ in LineLogHandler(level: configuration.logLevel) }
    let host = try await RunningHost.start(
      modules: YizhanHost.modules.map { $0.init() }, configuration: configuration, logger: logger)
    if !configuration.listen.isLoopback, configuration.tls == nil {
      logger.warning(
        "calls on an address that other machines reach are not encrypted",
        metadata: ["listen": "\(host.address)"])
    }
    do { try announce(host, configuration) } catch {
      // Nobody has seen the first token: the next start makes another.
      await host.takeBackFirstToken()
      _ = await host.stop()
      throw error
    }
    notifier.ready(status: "serving \(host.address)")

    let watchdog = Task { try await beat(notifier, host) }
    let reloads = Task { for await _ in hangups { await host.reload() } }
    var received = signals.makeAsyncIterator()
    let first = await received.next()
    logger.notice("stopping", metadata: ["signal": "\(first.map { "\($0)" } ?? "none")"])
    notifier.stopping()
    Task {
      guard await received.next() != nil else { return }
      logger.error("stopped at once by a second signal")
      _exit(1)
    }
    let isDrained = await host.stop()
    watchdog.cancel()
    reloads.cancel()
    logger.notice("stopped", metadata: ["drained": "\(isDrained)"])
    if !isDrained { throw ExitCode(1) }
  }

  /// Tells systemd that the host lives, as long as its writer answers: one whose writer is stuck is not alive. A full
  /// disk is no reason to stop, because the host still reads, and another start would not make room.
  private func beat(_ notifier: ServiceNotifier, _ host: RunningHost) async throws {
    guard let interval = notifier.watchdogInterval else { return }
    while true {
      try await Task.sleep(for: interval)
      if await host.isResponsive(within: interval) { notifier.alive() }
    }
  }

  private func announce(_ host: RunningHost, _ configuration: HostConfiguration) throws {
    print("yizhand \(Version.text) serves \(host.moduleNames.joined(separator: ", ")) on \(host.address)")
    print(
      "data in \(configuration.dataDirectory)"
        + (host.metricsAddress.map { ", metrics on http://\($0)/metrics" } ?? ""))
    if configuration.isDevelopment {
      print("Development mode: for trying things out, not for real people's data.")
    }
    if let token = host.firstToken {
      if let tokenFile {
        try TokenFile.write(token, to: tokenFile)
        print("The administrator's token, made at this first start, is in \(tokenFile).")
      } else {
        print("")
        print("This is the administrator's token. It is shown this once; keep it safe:")
        print("  \(token)")
        let server = "\(configuration.tls == nil ? "" : "https://")\(host.address)"
        print("Use it with the CLI:   yizhan --server \(server) --token TOKEN access get-caller")
        print("or from any client, as metadata:   authorization: Bearer TOKEN")
      }
    }
    fflush(nil)
  }
}
