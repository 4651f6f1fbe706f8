/// Which of the things that exist the called method lets its callers reach, as declared. Numbers are those of
/// `yizhan.Method.Scope`.
public enum CallScope: UInt8, Sendable {
  /// Nothing, whoever calls. No method declares it: tests put it in the place of what a method declares.
  case nothing = 0
  /// Whatever there is; also timers, event consumers and the host's own work.
  case any = 1
  /// What belongs to the caller's own organisation.
  case organisation = 2
  /// Workers who are employed with the caller's organisation.
  case employment = 3
  /// What lies in the caller's areas and below them.
  case area = 4
  /// Cases that the caller or the caller's organisation is a party to.
  case `case` = 5
  /// What is one for the whole host; callers who are bound to areas do not get as far as the handler.
  case host = 6

  /// Whether a handler has to ask before it answers or writes.
  public var isToBeAsked: Bool { self != .any && self != .host }
}

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
  /// What the caller wants personal data for, which then is not masked; nil where it stays masked.
  public var purpose: String?
  /// The credential that the caller presented, for the audit record; "" for none.
  public var credentialID: String
  /// What the called method lets its callers reach.
  public var scope: CallScope
  /// The bits of `RPC.Roles` that count in the called method: a role that it is not for widens nobody's reach.
  public var admittedRoles: UInt32

  /// Creates a context.
  public init(
    module: ModuleScope, caller: Caller, requestID: String, method: String,
    deadline: ContinuousClock.Instant? = nil, purpose: String? = nil, credentialID: String = "",
    scope: CallScope = .any, admittedRoles: UInt32 = .max
  ) {
    self.module = module
    self.caller = caller
    self.requestID = requestID
    self.method = method
    self.deadline = deadline
    self.purpose = purpose
    self.credentialID = credentialID
    self.scope = scope
    self.admittedRoles = admittedRoles
  }
}
