import NIOCore
import NIOPosix
import RPC

/// Finds or makes the connection for a client's next call.
///
///     idle ──call──▶ connecting ──▶ ready ──lost, GOAWAY──▶ idle        any ──close──▶ closed
///
/// Confined to its loop, which is what makes `@unchecked Sendable` safe.
final class Connector: @unchecked Sendable {
  typealias Waiter = (Result<ClientConnection, Status>) -> Void

  private enum State {
    case idle
    case connecting(waiters: [Waiter])
    case ready(ClientConnection)
    case closed
  }

  let eventLoop: any EventLoop
  let deadlines: DeadlineQueue
  private let configuration: GRPCClientConfiguration
  private var state = State.idle
  /// Connections that are open, the one in use and those that finish their last calls.
  private var connections: [ObjectIdentifier: ClientConnection] = [:]
  private var closeWaiters: [() -> Void] = []

  init(_ configuration: GRPCClientConfiguration, _ eventLoop: any EventLoop) {
    self.configuration = configuration
    self.eventLoop = eventLoop
    deadlines = DeadlineQueue(eventLoop)
  }

  func onLoop(_ body: @escaping @Sendable () -> Void) {
    if eventLoop.inEventLoop { body() } else { eventLoop.execute(body) }
  }

  /// Hands over the connection, perhaps later.
  func withConnection(_ waiter: @escaping Waiter) {
    switch state {
    case .ready(let connection): waiter(.success(connection))
    case .closed: waiter(.failure(Status(.unavailable, "the client has been closed")))
    case .connecting(let waiters): state = .connecting(waiters: waiters + [waiter])
    case .idle:
      state = .connecting(waiters: [waiter])
      connect()
    }
  }

  private func connect() {
    let configuration = self.configuration
    ClientBootstrap(group: eventLoop)
      .connectTimeout(.nanoseconds(Int64(clamping: configuration.connectTimeout.wholeNanoseconds)))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          try configuration.preparePipeline?(channel)
          let connection = ClientConnection(configuration, self)
          connections[ObjectIdentifier(connection)] = connection
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
      .connect(host: configuration.host, port: configuration.port)
      .whenFailure { [self] error in settle(.failure(unreachable(error))) }
  }

  /// The connection is up.
  func connected(_ connection: ClientConnection) {
    if case .closed = state { return connection.close() }
    settle(.success(connection))
  }

  private func settle(_ outcome: Result<ClientConnection, Status>) {
    guard case .connecting(let waiters) = state else { return }
    switch outcome {
    case .success(let connection): state = .ready(connection)
    case .failure: state = .idle
    }
    for waiter in waiters { waiter(outcome) }
  }

  /// The connection takes no more calls.
  func retire(_ connection: ClientConnection) {
    if case .ready(let current) = state, current === connection { state = .idle }
  }

  /// The connection is gone.
  func disconnected(_ connection: ClientConnection) {
    retire(connection)
    connections[ObjectIdentifier(connection)] = nil
    // It was reached and never got ready: those who wait for it have to hear of it.
    if case .connecting = state, !connection.wasConnected, connection.failure != nil {
      settle(.failure(connection.lostStatus))
    }
    if connections.isEmpty {
      let waiters = closeWaiters
      closeWaiters = []
      for waiter in waiters { waiter() }
    }
  }

  func close(_ done: @escaping () -> Void) {
    let before = state
    state = .closed
    if case .connecting(let waiters) = before {
      for waiter in waiters { waiter(.failure(Status(.unavailable, "the client has been closed"))) }
    }
    if connections.isEmpty { return done() }
    closeWaiters.append(done)
    for connection in connections.values { connection.close("the client was closed") }
  }

  private func unreachable(_ error: any Error) -> Status {
    let address = "\(configuration.host):\(configuration.port)"
    var reason = "\(error)"
    if let failed = error as? NIOConnectionError {
      if let cause = failed.connectionErrors.first?.error { reason = Self.describe(cause) }
      if failed.connectionErrors.isEmpty { reason = "the name \(failed.host) is unknown" }
    } else {
      reason = Self.describe(error)
    }
    return Status(.unavailable, "cannot reach \(address): \(reason); is the server running there?")
  }

  private static func describe(_ error: any Error) -> String {
    switch error {
    case let error as IOError where error.errnoCode == ECONNREFUSED: "connection refused"
    case let error as IOError: "\(String(cString: strerror(error.errnoCode)))"
    case ChannelError.connectTimeout(let limit): "no answer within \(limit.nanoseconds / 1_000_000) ms"
    default: "\(error)"
    }
  }
}
