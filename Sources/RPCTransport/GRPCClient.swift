import NIOCore
import NIOPosix
public import RPC

/// A client of one server. It connects with the first call, again after the connection was lost or the server
/// said goodbye, and runs all calls over one connection.
///
///     let client = GRPCClient(GRPCClientConfiguration(host: "127.0.0.1", port: 50051, token: token))
///     let reply = try await client.unary("/yizhan.wishes.v1.WishService/GetWish", bytes, CallOptions())
///     await client.close()
public final class GRPCClient: ClientChannel {
  private let configuration: GRPCClientConfiguration
  private let connector: Connector

  /// Creates a client; nothing is connected yet.
  public init(_ configuration: GRPCClientConfiguration) {
    self.configuration = configuration
    connector = Connector(configuration, MultiThreadedEventLoopGroup.singleton.next())
  }

  /// Makes a unary call. A call that the server refused unseen is tried once more.
  /// - Throws: `Status`; UNAVAILABLE with the reason when the server cannot be reached.
  public func unary(_ path: String, _ message: [UInt8], _ options: CallOptions) async throws -> ClientReply {
    let start = ContinuousClock.now
    do {
      return try await attempt(path, message, options, since: start)
    } catch is ClientCall.Refused {
      do {
        return try await attempt(path, message, options, since: start)
      } catch let again as ClientCall.Refused {
        throw again.status
      }
    }
  }

  private func attempt(
    _ path: String, _ message: [UInt8], _ options: CallOptions, since start: ContinuousClock.Instant
  ) async throws -> ClientReply {
    let call = try ClientCall(path, options, configuration, connector, since: start)
    var framed = [UInt8](repeating: 0, count: MessageFraming.prefixSizeBytes)
    framed.reserveCapacity(framed.count + message.count)
    framed.append(contentsOf: message)
    MessageFraming.setLength(of: &framed, at: 0)
    let request = framed
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        connector.onLoop { call.startUnary(request) { continuation.resume(with: $0) } }
      }
    } onCancel: {
      call.cancel()
    }
  }

  /// Opens a streaming call, once there is a connection for it.
  /// - Throws: `Status`; UNAVAILABLE with the reason when the server cannot be reached.
  public func open(_ path: String, _ options: CallOptions) async throws -> any ClientStream {
    let call = try ClientCall(path, options, configuration, connector, since: ContinuousClock.now)
    do {
      try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
          connector.onLoop { call.startStreaming { continuation.resume(with: $0) } }
        }
      } onCancel: {
        call.cancel()
      }
    } catch let refused as ClientCall.Refused {
      throw refused.status
    }
    return call
  }

  /// Closes the connection; calls that are open end with UNAVAILABLE. Later calls fail.
  public func close() async {
    await withCheckedContinuation { continuation in
      connector.onLoop { self.connector.close { continuation.resume() } }
    }
  }
}
