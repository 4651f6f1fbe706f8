import ModuleKit

/// A method as the host runs it: everything about it that is the same for each call. A class, so that a call takes
/// hold of it with one reference count instead of one for each part.
final class Route: Sendable {
  /// A method that needs no database.
  typealias Direct =
    @Sendable (_ message: UnsafeRawBufferPointer, _ arena: Arena, _ output: inout [UInt8]) throws -> Void

  /// How it runs.
  enum Work: Sendable {
    case direct(Direct)
    case read(BoundMethod.Read)
    case report(BoundMethod.Read)
    case write(BoundMethod.Prepare)
    case writeUnstored(BoundMethod.Prepare)
    case stream(BoundMethod.Stream)
  }

  let descriptor: MethodDescriptor
  let work: Work
  /// The module whose tables its calls may use.
  let scope: ModuleScope
  /// Its name for storage: "yizhan.wishes.v1.WishService/ClaimWish".
  let method: String
  /// The bits of the roles that may call it, the administrator's among them.
  let allowedRoles: Roles
  /// The purposes for which personal data of its replies can be seen; empty if they hold none.
  let purposes: [PersonalPurpose]
  /// What its callers may reach.
  let callScope: CallScope
  /// The bits of the roles that count in its calls: those that it is for, or all if it is for everybody.
  let admittedRoles: UInt32
  /// Whether everyone may call it, without a token.
  let isOpen: Bool
  /// How long a call may take when its caller says nothing, and at most; nil for no limit.
  let longest: Duration?
  /// Runs when a write is durable, before it is answered.
  let afterCommit: (@Sendable () -> Void)?

  init(
    _ descriptor: MethodDescriptor, _ work: Work, scope: ModuleScope, longest: Duration?,
    purposes: [PersonalPurpose] = [], afterCommit: (@Sendable () -> Void)? = nil
  ) {
    self.descriptor = descriptor
    self.work = work
    self.scope = scope
    method = String(descriptor.path.dropFirst())
    allowedRoles = descriptor.policy.roles.union(.administrator)
    callScope = CallScope(descriptor.policy.scope)
    let isForAll = !descriptor.policy.roles.isDisjoint(with: [.authenticated, .anyone])
    admittedRoles = isForAll ? .max : allowedRoles.rawValue
    isOpen = descriptor.policy.roles.contains(.anyone)
    self.longest = longest
    self.purposes = purposes
    self.afterCommit = afterCommit
  }
}

extension CallScope {
  /// The scope that a method declares, as storage knows it.
  init(_ scope: MethodScope) {
    switch scope {
    case .any: self = .any
    case .organisation: self = .organisation
    case .employment: self = .employment
    case .area: self = .area
    case .case: self = .case
    case .host: self = .host
    }
  }
}
