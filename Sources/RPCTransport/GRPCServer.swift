import NIOCore
import NIOPosix
public import RPC
import Synchronization

/// Why a server could not start.
public enum GRPCServerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another program listens there.
  case portInUse(host: String, port: Int)
  /// The system does not let this user listen there.
  case notPermitted(host: String, port: Int)
  /// The address is not one of this machine, or has no such name.
  case addressUnavailable(host: String, reason: String)
  /// `start` was called a second time, or after `shutdown`.
  case alreadyStarted

  /// One line for the operator.
  public var description: String {
    switch self {
    case .portInUse(let host, let port):
      "another program listens on \(host):\(port); stop it or choose another port"
    case .notPermitted(let host, let port):
      "listening on \(host):\(port) is not permitted; choose a port above 1023 or grant CAP_NET_BIND_SERVICE"
    case .addressUnavailable(let host, let reason):
      "\(host) cannot be listened on: \(reason); use an address of this machine"
    case .alreadyStarted: "the server has been started before"
    }
  }
}

/// Where a server listens.
public struct ListeningAddress: Sendable, Equatable, CustomStringConvertible {
  /// The IP address.
  public let host: String
  /// The port.
  public let port: Int

  /// "127.0.0.1:50051", "[::1]:50051".
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// A gRPC server over HTTP/2: it accepts connections, keeps them within limits and hands calls to a handler.
///
///     let server = GRPCServer(GRPCServerConfiguration(host: "127.0.0.1", port: 0), handler: handler)
///     let address = try await server.start()
///     …
///     await server.shutdown(grace: .seconds(30))
public final class GRPCServer: Sendable {
  private let configuration: GRPCServerConfiguration
  private let group: MultiThreadedEventLoopGroup
  private let loops: [ServerLoop]
  private let connectionCount = Atomic<Int>(0)
  private let listener = Mutex<Listener>(.new)

  private enum Listener {
    case new
    case listening(any Channel)
    case stopped
  }

  /// Creates the threads of a server that does not listen yet.
  public init(_ configuration: GRPCServerConfiguration, handler: any CallHandler) {
    self.configuration = configuration
    group = MultiThreadedEventLoopGroup(numberOfThreads: max(configuration.loopCount, 1))
    loops = group.makeIterator().enumerated().map { index, eventLoop in
      ServerLoop(index: index, eventLoop: eventLoop, handler: handler)
    }
  }

  /// How many connections are open.
  public var openConnectionCount: Int { connectionCount.load(ordering: .relaxed) }

  /// Listens.
  /// - Returns: the address that was bound, with the port that the system chose for port 0.
  /// - Throws: `GRPCServerError`, or the system's own error for anything else.
  public func start() async throws -> ListeningAddress {
    let isNew = listener.withLock { listener in
      if case .new = listener { return true }
      return false
    }
    guard isNew else { throw GRPCServerError.alreadyStarted }
    for loop in loops {
      try await loop.eventLoop.submit {
        loop.connections.watch(every: self.configuration.timeoutCheckInterval)
      }
      .get()
    }
    let channel = try await bind()
    listener.withLock { $0 = .listening(channel) }
    guard let address = channel.localAddress else {
      throw GRPCServerError.addressUnavailable(host: configuration.host, reason: "it was closed at once")
    }
    return ListeningAddress(host: address.ipAddress ?? configuration.host, port: address.port ?? 0)
  }

  private func bind() async throws -> any Channel {
    let loopByID = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
    do {
      return try await ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: GRPCServerConfiguration.backlog)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { [self] channel in
          channel.eventLoop.makeCompletedFuture {
            guard let loop = loopByID[ObjectIdentifier(channel.eventLoop)] else {
              preconditionFailure("a connection came on a loop that is not the server's")
            }
            try accept(channel, on: loop)
          }
        }
        .bind(host: configuration.host, port: configuration.port).get()
    } catch let error as IOError {
      switch error.errnoCode {
      case EADDRINUSE: throw GRPCServerError.portInUse(host: configuration.host, port: configuration.port)
      case EACCES: throw GRPCServerError.notPermitted(host: configuration.host, port: configuration.port)
      case EADDRNOTAVAIL:
        throw GRPCServerError.addressUnavailable(
          host: configuration.host, reason: "this machine does not have it")
      default: throw error
      }
    } catch let error as SocketAddressError {
      throw GRPCServerError.addressUnavailable(host: configuration.host, reason: "\(error)")
    }
  }

  private func accept(_ channel: any Channel, on loop: ServerLoop) throws {
    guard connectionCount.add(1, ordering: .relaxed).newValue <= configuration.maxConnections else {
      connectionCount.subtract(1, ordering: .relaxed)
      channel.close(promise: nil)
      return
    }
    try configuration.preparePipeline?(channel)
    let connection = ServerConnection(
      loop, configuration, peer: channel.remoteAddress?.hostAndPort ?? "unknown"
    ) { [self] connection in
      connectionCount.subtract(1, ordering: .relaxed)
      loop.connections.remove(connection)
    }
    loop.connections.add(connection)
    try channel.pipeline.syncOperations.addHandler(connection)
  }

  /// Ends the connections of clients whose certificate is no longer accepted, after a reload or as time passes: with
  /// GOAWAY, so that calls which are open can end.
  /// - Parameter grace: after which what is still open is cut.
  /// - Returns: what was begun to end.
  public func endRefusedConnections(_ tls: ServerTLS, grace: Duration) async -> [PeerEnded] {
    let grace = TimeAmount.nanoseconds(Int64(clamping: grace.wholeNanoseconds))
    var ended: [PeerEnded] = []
    for loop in loops {
      let some = try? await loop.eventLoop.submit {
        loop.connections.endRefused(closingAfter: grace) { tls.refusal(of: $0) }
      }.get()
      ended += some ?? []
    }
    return ended
  }

  /// Stops listening, lets the calls that clients have opened finish, and closes the connections.
  /// - Parameter grace: how long to wait for them; what is left then ends with UNAVAILABLE.
  public func shutdown(grace: Duration) async {
    let stopped = listener.withLock { listener -> Listener in
      let before = listener
      listener = .stopped
      return before
    }
    if case .stopped = stopped { return }
    if case .listening(let channel) = stopped { try? await channel.close() }
    onEachLoop { $0.beginDrain() }
    await waitForConnections(upTo: grace)
    onEachLoop { $0.giveUpCalls() }
    await waitForConnections(upTo: .seconds(1))
    onEachLoop { $0.closeAll() }
    await waitForConnections(upTo: .seconds(1))
    // A handler that does not heed its cancellation keeps its loop: its task would otherwise be resumed on a loop
    // that has ended. The threads then end with the process.
    guard await streamsHaveEnded(within: .seconds(1)) else { return }
    for loop in loops { loop.inbox.close() }
    try? await group.shutdownGracefully()
  }

  private func onEachLoop(_ body: @escaping @Sendable (ConnectionSet) -> Void) {
    for loop in loops { loop.eventLoop.execute { body(loop.connections) } }
  }

  private func streamsHaveEnded(within limit: Duration) async -> Bool {
    let end = ContinuousClock.now.advanced(by: limit)
    while loops.contains(where: { $0.runningStreams.load(ordering: .acquiring) > 0 }) {
      if ContinuousClock.now >= end { return false }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return true
  }

  private func waitForConnections(upTo limit: Duration) async {
    let end = ContinuousClock.now.advanced(by: limit)
    while openConnectionCount > 0, ContinuousClock.now < end {
      try? await Task.sleep(for: .milliseconds(10))
    }
  }
}

extension SocketAddress {
  /// "127.0.0.1:50051", "[::1]:50051", or a socket's path.
  var hostAndPort: String {
    switch self {
    case .v4: "\(ipAddress ?? "?"):\(port ?? 0)"
    case .v6: "[\(ipAddress ?? "?")]:\(port ?? 0)"
    case .unixDomainSocket: pathname ?? "unix"
    }
  }
}
