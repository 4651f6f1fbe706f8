import Host
import Logging
public import ModuleKit
import Synchronization

/// A host for tests: real modules, real storage in a temporary directory, a clock that the test moves.
///
/// One test body runs in memory, where calls go straight into the host's handler, and live, over HTTP/2 on
/// loopback:
/// ```swift
/// @Test(arguments: TestHost.Way.allCases)
/// func claims(way: TestHost.Way) async throws {
///   try await TestHost.run([WorkersModule.self, WishesModule.self], way: way) { host in
///     let wishes = WishServiceClient(try await host.channel(as: .staff))
///     …
///   }
/// }
/// ```
public final class TestHost: Sendable {
  /// How calls reach the host.
  public enum Way: String, CaseIterable, Sendable {
    /// Straight into the handler.
    case inMemory
    /// Over HTTP/2 on 127.0.0.1.
    case live
  }

  /// 2026-01-05T01:00:00Z: a Monday, nine in the morning in Shanghai.
  public static let defaultStart = Instant(milliseconds: 1_767_574_800_000)

  /// The data directory; removed when `run` ends.
  public let directory: String
  private let modules: [any Module.Type]
  private let way: Way
  private let settings: [String: String]
  private let clock: TestClock
  private let logger: Logger
  private let log: LogKeeper
  private let running: Mutex<TestServer?> = Mutex(nil)

  private init(
    _ modules: [any Module.Type], _ way: Way, _ directory: String, _ settings: [String: String],
    _ clock: TestClock
  ) {
    self.modules = modules
    self.way = way
    self.directory = directory
    self.settings = settings
    self.clock = clock
    let level = settings["log-level"].flatMap { Logger.Level(rawValue: $0) } ?? .critical
    let log = LogKeeper()
    self.log = log
    logger = Logger(label: "yizhan.test") { _ in LineLogHandler(level: level) { log.add($0) } }
  }

  /// Starts a host, runs the body, stops the host and removes its directory, also when the body throws.
  /// - Parameters:
  ///   - modules: The modules to serve, in order.
  ///   - way: How calls reach the host.
  ///   - startingAt: What the host's clock shows at first.
  ///   - settings: Configuration keys and values, as in the configuration file; `log-level` is critical unless set.
  /// - Throws: `StartError` when the host refuses to start; what the body throws.
  public static func run<Result>(
    _ modules: [any Module.Type], way: Way = .inMemory, startingAt: Instant = TestHost.defaultStart,
    settings: [String: String] = [:], _ body: (TestHost) async throws -> Result
  ) async throws -> Result {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let host = TestHost(modules, way, directory.path + "/data", settings, TestClock(startingAt))
    try await host.start()
    do {
      let result = try await body(host)
      await host.stop()
      return result
    } catch {
      await host.stop()
      throw error
    }
  }

  /// What the host's clock shows.
  public var now: Instant { clock.now }

  /// A channel with a new token of a principal.
  /// - Parameters:
  ///   - roles: The token's roles.
  ///   - name: The principal's name; unless given, one that stands for everything else. Tokens of one name belong to
  ///     one principal, so all else has to be the same.
  ///   - organisationID: The organisation that the token acts for.
  ///   - areaCode: An area that the token is bound to.
  ///   - areaCodes: Further areas that it is bound to; with none at all it acts everywhere.
  ///   - purpose: What personal data in replies is wanted for; nil leaves it masked.
  ///   - identity: Whom the client's certificate names; in memory only, nil for a client without one.
  /// - Throws: `TestHostError.certificateNotInMemory` for an identity over HTTP/2.
  public func channel(
    as roles: Roles = .administrator, name: String? = nil, organisationID: String? = nil,
    areaCode: String? = nil, areaCodes: [String] = [], purpose: String? = nil, identity: PeerIdentity? = nil
  ) async throws -> any ClientChannel {
    let server = try server()
    let areas = (areaCode.map { [$0] } ?? []) + areaCodes
    let facts = [organisationID ?? ""] + areas
    let token = try await server.core.makeToken(
      TestCredential(
        principalName: name ?? "test-\(roles.rawValue) \(facts.joined(separator: " "))".trimmed,
        roles: roles, organisationID: organisationID, areaCodes: areas))
    return AuthorizedChannel(channel: try server.channel(identity), token: token, purpose: purpose)
  }

  /// Why a credential no longer counts.
  enum Ending { case expired, revoked, disabled }

  /// A channel with a token that counts no longer, for nil one that does.
  func channel(
    as roles: Roles, name: String, organisationID: String, areaCodes: [String], ending: Ending?
  ) async throws -> any ClientChannel {
    let server = try server()
    let credential = TestCredential(
      principalName: name, roles: roles, organisationID: organisationID, areaCodes: areaCodes)
    let token = try await server.core.makeToken(
      credential, isExpired: ending == .expired, isRevoked: ending == .revoked)
    if ending == .disabled { try await server.core.disable(principalNamed: name) }
    return AuthorizedChannel(channel: server.channel, token: token)
  }

  /// A channel of a client that shows a certificate, which is bound to a principal, and no token.
  func certificateChannel(
    as roles: Roles, name: String, organisationID: String, areaCode: String
  ) async throws -> any ClientChannel {
    let server = try server()
    let identity = PeerIdentity(publicKeyHash: (0..<32).map { _ in UInt8.random(in: 0...255) })
    try await server.core.bind(
      publicKeyHash: identity.publicKeyHash,
      to: TestCredential(
        principalName: name, roles: roles, organisationID: organisationID, areaCodes: [areaCode]))
    return try server.channel(identity)
  }

  /// A channel without a token, or with exactly this one.
  /// - Parameter identity: Whom the client's certificate names; in memory only, nil for a client without one.
  /// - Throws: `TestHostError.certificateNotInMemory` for an identity over HTTP/2.
  public func anonymousChannel(
    token: String? = nil, identity: PeerIdentity? = nil
  ) async throws -> any ClientChannel {
    AuthorizedChannel(channel: try server().channel(identity), token: token)
  }

  /// Moves the clock forward; returns when every timer that is due by then and every event consumer has run.
  /// - Throws: `TestHostError` when one fails or they do not come to an end.
  public func advance(by duration: Duration) async throws {
    clock.advance(by: duration)
    try server().core.clockMoved()
    try await settle()
  }

  /// Returns when every event consumer and every due timer has run.
  /// - Throws: `TestHostError` when one fails or they do not come to an end.
  public func settle() async throws {
    try await Settling(core: try server().core).run()
  }

  /// Stops the host and starts it over the same data directory. Channels made before are dead.
  public func restart() async throws {
    await stop()
    try await start()
  }

  /// What the host has logged so far, at the level of the setting `log-level`; the latest four million characters.
  public var logText: String { log.text }

  /// Every method that the host serves, its own included.
  public var methods: [MethodDescriptor] {
    get throws { try server().core.handler.methods.descriptors }
  }

  /// The text of the host's metrics page.
  public func metricsPage() throws -> String { try server().core.metricsPage() }

  func server() throws -> TestServer {
    guard let server = running.withLock({ $0 }) else { throw TestHostError.notRunning }
    return server
  }

  private func start() async throws {
    let server = try await TestServer.start(
      modules: modules.map { $0.init() }, way: way, directory: directory, settings: settings, logger: logger,
      clock: clock.storageClock)
    running.withLock { $0 = server }
  }

  private func stop() async {
    let server = running.withLock { running in
      defer { running = nil }
      return running
    }
    await server?.stop()
  }
}

/// What a test host itself cannot do.
public enum TestHostError: Error, CustomStringConvertible {
  /// A restart failed before, so there is no host.
  case notRunning
  /// A client of the in-memory channel alone can be given an identity; over HTTP/2 it shows a certificate.
  case certificateNotInMemory
  /// An event consumer fails.
  case consumerFailed(name: String, error: String)
  /// A timer's handler fails; the host's log says which (settings: ["log-level": "info"]).
  case timerFailed
  /// Timers or consumers keep making work for each other.
  case neverSettles

  /// One line for the developer.
  public var description: String {
    switch self {
    case .notRunning: "the test host is not running"
    case .certificateNotInMemory:
      "a client over HTTP/2 cannot be given an identity: run the test in memory, or connect with a certificate"
    case .consumerFailed(let name, let error): "the event consumer \(name) failed: \(error)"
    case .timerFailed:
      "a timer's handler failed; run the test with settings [\"log-level\": \"info\"] to see which"
    case .neverSettles: "timers and consumers made work for each other for half a minute"
    }
  }
}

extension String {
  /// The text without spaces at its end.
  fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}
