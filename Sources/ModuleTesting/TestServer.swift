import Host
import Logging
import ModuleKit

/// A started host and the way to it.
struct TestServer: Sendable {
  let core: HostCore
  let channel: any ClientChannel
  private let end: @Sendable () async -> Void

  static func start(
    modules: [any Module], way: TestHost.Way, directory: String, settings: [String: String], logger: Logger,
    clock: StorageClock
  ) async throws -> TestServer {
    let configuration = try HostConfiguration(testing: settings, directory: directory)
    switch way {
    case .inMemory:
      let core = try await HostCore(
        modules: modules, configuration: configuration, logger: logger, clock: clock)
      return TestServer(core: core, channel: MemoryChannel(core.handler)) {
        core.drain()
        await core.close()
      }
    case .live:
      let host = try await RunningHost.start(
        modules: modules, configuration: configuration, logger: logger, clock: clock)
      return TestServer(core: host.core, channel: MemoryChannel(host.core.handler)) {
        _ = await host.stop()
      }
    }
  }

  func stop() async { await end() }
}
