import ModuleKit

extension CallContext {
  /// The host's own work in one of its modules, by the name that the audit log shows.
  static func host(
    _ method: String, in scope: ModuleScope, deadline: ContinuousClock.Instant? = nil
  ) -> CallContext {
    CallContext(module: scope, caller: .system, requestID: method, method: method, deadline: deadline)
  }
}
