import ModuleKit
import Synchronization

/// The standard health service: SERVING while the host takes calls, NOT_SERVING while it drains.
/// Source: grpc/grpc, doc/health-checking.md.
final class HealthService: Sendable {
  private struct State {
    var isServing = false
    var watchers: [UInt64: AsyncStream<Bool>.Continuation] = [:]
    var nextWatcher: UInt64 = 0
  }

  /// Watches that may be open at once; each costs a little memory for as long as its client likes.
  static let watchersLimit = 1_000
  private let services: Set<String>
  private let state = Mutex(State())

  /// - Parameter services: The full names of the services served; "" stands for the whole host.
  init(services: Set<String>) { self.services = services.union([""]) }

  /// Whether the host takes calls.
  var isServing: Bool { state.withLock { $0.isServing } }

  /// Says to all watchers whether the host takes calls.
  func set(isServing: Bool) {
    let watchers = state.withLock { state -> [AsyncStream<Bool>.Continuation] in
      state.isServing = isServing
      return Array(state.watchers.values)
    }
    for watcher in watchers { watcher.yield(isServing) }
  }

  /// The state of a service; nil for one that is not served here.
  func status(of service: String) -> HealthCheckResponse.ServingStatus? {
    guard services.contains(service) else { return nil }
    return isServing ? .serving : .notServing
  }

  static let check = MethodDescriptor(
    service: "grpc.health.v1.Health", name: "Check", kind: .read,
    policy: AccessPolicy(roles: .anyone, scope: .any))
  static let list = MethodDescriptor(
    service: "grpc.health.v1.Health", name: "List", kind: .read,
    policy: AccessPolicy(roles: .anyone, scope: .any))
  static let watch = MethodDescriptor(
    service: "grpc.health.v1.Health", name: "Watch", kind: .stream, isServerStreaming: true,
    policy: AccessPolicy(roles: .anyone, scope: .any))

  /// Answers Check, which needs no database.
  func check(_ request: HealthCheckRequest) throws(Status) -> HealthCheckResponse {
    guard let status = status(of: request.service) else {
      throw Status(
        .notFound, "this host serves no service of that name", reason: "SERVICE_UNKNOWN", domain: "yizhan")
    }
    return HealthCheckResponse(status: status)
  }

  /// Answers List: the state of every service.
  func list() -> HealthListResponse {
    let status: HealthCheckResponse.ServingStatus = isServing ? .serving : .notServing
    return HealthListResponse(
      statuses: Dictionary(uniqueKeysWithValues: services.map { ($0, HealthCheckResponse(status: status)) }))
  }

  /// The streaming method; ends when the host has drained or the caller goes.
  func boundWatch() -> BoundMethod {
    .serverStream(Self.watch) {
      (request: HealthCheckRequest, responses: ResponseWriter<HealthCheckResponse>, _) in
      guard self.services.contains(request.service) else {
        // An unknown service may appear later, so the watch stays open (doc/health-checking.md).
        try await responses.send(HealthCheckResponse(status: .serviceUnknown))
        for await _ in try self.changes() {}
        return
      }
      var last: Bool?
      for await isServing in try self.changes() where isServing != last {
        last = isServing
        try await responses.send(HealthCheckResponse(status: isServing ? .serving : .notServing))
        // A drain waits for open calls; a watcher that has heard of it need not be one of them.
        if !isServing { return }
      }
    }
  }

  private func changes() throws(Status) -> AsyncStream<Bool> {
    let (stream, continuation) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))
    let number = state.withLock { state -> UInt64? in
      guard state.watchers.count < Self.watchersLimit else { return nil }
      state.nextWatcher += 1
      state.watchers[state.nextWatcher] = continuation
      continuation.yield(state.isServing)
      return state.nextWatcher
    }
    guard let number else {
      throw Status(
        .resourceExhausted, "too many health watches are open; use Check", reason: "WATCHES_EXHAUSTED",
        domain: "yizhan")
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) }
    }
    return stream
  }
}
