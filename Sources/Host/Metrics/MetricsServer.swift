import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves `/metrics` and `/healthz` over HTTP/1.1 on a thread of its own, so that a scrape delays no call.
final class MetricsServer: Sendable {
  /// Connections served at once.
  private static let connectionsLimit = 64
  /// How long a connection may be silent.
  private static let idleLimit = TimeAmount.seconds(30)

  /// Where it listens, with the port that it was given.
  let address: HostAndPort
  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel

  private init(address: HostAndPort, group: MultiThreadedEventLoopGroup, channel: any Channel) {
    self.address = address
    self.group = group
    self.channel = channel
  }

  /// Listens.
  /// - Parameters:
  ///   - page: Makes the text of `/metrics`.
  ///   - isHealthy: Whether `/healthz` says 200 or 503.
  /// - Throws: `StartError` when the address cannot be had.
  static func start(
    on address: HostAndPort, page: @escaping @Sendable () -> String, isHealthy: @escaping @Sendable () -> Bool
  ) async throws -> MetricsServer {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let open = ConnectionCount()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard open.value < connectionsLimit else { throw TooManyConnections() }
          open.value += 1
          channel.closeFuture.whenComplete { _ in open.value -= 1 }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandlers([
            IdleStateHandler(readTimeout: idleLimit), MetricsPages(page: page, isHealthy: isHealthy),
          ])
        }
      }
    do {
      let channel = try await bootstrap.bind(host: address.host, port: address.port).get()
      let bound = HostAndPort(host: address.host, port: channel.localAddress?.port ?? address.port)
      return MetricsServer(address: bound, group: group, channel: channel)
    } catch {
      try? await group.shutdownGracefully()
      throw StartError(listening: error, key: .metrics, address: address)
    }
  }

  /// Stops listening and closes what is open.
  func stop() async {
    try? await channel.close()
    try? await group.shutdownGracefully()
  }
}

/// Closes a connection that is one too many.
private struct TooManyConnections: Error {}

/// How many connections are open. Touched from the one event loop of the metrics server only; that makes it safe.
private final class ConnectionCount: @unchecked Sendable {
  var value = 0
}

extension StartError {
  /// Why the metrics' address cannot be had, by the operating system's error number.
  fileprivate init(listening error: any Error, key: ConfigurationKey, address: HostAndPort) {
    guard let error = error as? IOError else {
      self = .addressUnusable(key: key.name, address: "\(address)", reason: "\(error)")
      return
    }
    switch error.errnoCode {
    case EADDRINUSE: self = .addressInUse(key: key.name, address: "\(address)")
    case EACCES:
      self = .addressUnusable(
        key: key.name, address: "\(address)",
        reason: "ports below 1024 are for privileged programs; choose a higher one")
    case EADDRNOTAVAIL:
      self = .addressUnusable(
        key: key.name, address: "\(address)", reason: "this machine has no such address")
    default:
      self = .addressUnusable(
        key: key.name, address: "\(address)", reason: String(cString: strerror(error.errnoCode)))
    }
  }
}

/// Answers requests for the two pages.
private final class MetricsPages: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let page: @Sendable () -> String
  private let isHealthy: @Sendable () -> Bool
  private var head: HTTPRequestHead?

  init(page: @escaping @Sendable () -> String, isHealthy: @escaping @Sendable () -> Bool) {
    self.page = page
    self.isHealthy = isHealthy
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let head else { return }
      self.head = nil
      answer(head, context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let path = head.uri.prefix { $0 != "?" }
    let isKnown = path == "/metrics" || path == "/healthz"
    switch (head.method, isKnown) {
    case (_, false): respond(.notFound, "this port serves /metrics and /healthz\n", head, context)
    case (.GET, true), (.HEAD, true):
      if path == "/metrics" {
        respond(.ok, page(), head, context, type: "text/plain; version=0.0.4; charset=utf-8")
      } else if isHealthy() {
        respond(.ok, "serving\n", head, context)
      } else {
        respond(.serviceUnavailable, "not serving\n", head, context)
      }
    default: respond(.methodNotAllowed, "use GET\n", head, context, allow: "GET, HEAD")
    }
  }

  private func respond(
    _ status: HTTPResponseStatus, _ text: String, _ request: HTTPRequestHead,
    _ context: ChannelHandlerContext,
    type: String = "text/plain; charset=utf-8", allow: String? = nil
  ) {
    var headers = HTTPHeaders()
    headers.add(name: "content-type", value: type)
    headers.add(name: "content-length", value: String(text.utf8.count))
    if let allow { headers.add(name: "allow", value: allow) }
    if !request.isKeepAlive { headers.add(name: "connection", value: "close") }
    context.write(
      wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))),
      promise: nil)
    if request.method != .HEAD {
      context.write(
        wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: text)))), promise: nil)
    }
    let flushed = context.writeAndFlush(wrapOutboundOut(.end(nil)))
    if !request.isKeepAlive {
      let channel = context.channel
      flushed.whenComplete { _ in channel.close(promise: nil) }
    }
  }
}
