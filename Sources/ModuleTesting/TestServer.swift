import Host
import Logging
import ModuleKit
import RPCTransport

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
      let channel = MemoryChannel(core.handler)
      return TestServer(core: core, channel: channel) {
        core.drain()
        await channel.finish()
        await core.close()
      }
    case .live:
      let host = try await RunningHost.start(
        modules: modules, configuration: configuration, logger: logger, clock: clock)
      let client = GRPCClient(GRPCClientConfiguration(host: host.address.host, port: host.address.port))
      return TestServer(core: host.core, channel: client) {
        await client.close()
        _ = await host.stop()
      }
    }
  }

  /// The channel, for a client that has shown a certificate or has none.
  func channel(_ identity: PeerIdentity?) throws(TestHostError) -> any ClientChannel {
    guard let identity else { return channel }
    guard let memory = channel as? MemoryChannel else { throw .certificateNotInMemory }
    return memory.identified(as: identity)
  }

  func stop() async { await end() }
}
