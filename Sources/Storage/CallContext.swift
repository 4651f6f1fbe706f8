/// What storage needs to know of a call.
public struct CallContext: Sendable {
  /// The module whose tables the call may use.
  public var module: ModuleScope
  /// On whose behalf it runs.
  public var caller: Caller
  /// The call's identifier in the log.
  public var requestID: String
  /// The method's full name, for the audit record and for idempotency: "yizhan.wishes.v1.WishService/ClaimWish".
  public var method: String
  /// When the caller stops waiting; nil for never. Statements are stopped then.
  public var deadline: ContinuousClock.Instant?

  /// Creates a context.
  public init(
    module: ModuleScope, caller: Caller, requestID: String, method: String,
    deadline: ContinuousClock.Instant? = nil
  ) {
    self.module = module
    self.caller = caller
    self.requestID = requestID
    self.method = method
    self.deadline = deadline
  }
}
