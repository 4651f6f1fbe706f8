/// How the host runs a method's handler, declared in its `.proto`.
public enum MethodKind: String, Sendable {
  /// A short read on the connection's own event loop.
  case read
  /// A scan or a figure on a pool of threads with read connections of their own.
  case report
  /// A transaction on the single writer; the reply leaves after its commit is durable.
  case write
  /// A stream of requests, of replies or of both.
  case stream
}

/// The roles that a credential can carry, as a set of bits. Numbers are those of `yizhan.Method.Role`.
public struct Roles: OptionSet, Sendable, Hashable {
  /// Bit n stands for role number n.
  public let rawValue: UInt32
  /// Creates a set from bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Runs the host; may call every method.
  public static let administrator = Roles(rawValue: 1 << 1)
  /// District, street and community staff.
  public static let staff = Roles(rawValue: 1 << 2)
  /// A platform company's own systems.
  public static let platform = Roles(rawValue: 1 << 3)
  /// Merchants, hospitals, law firms, colleges, charities.
  public static let partner = Roles(rawValue: 1 << 4)
  /// Reads records of what was done, changes nothing.
  public static let auditor = Roles(rawValue: 1 << 5)
  /// Whoever holds a valid credential.
  public static let authenticated = Roles(rawValue: 1 << 6)
  /// Everyone, without a credential.
  public static let anyone = Roles(rawValue: 1 << 7)
}

/// Which of the things that exist the callers of a method may reach, declared in its `.proto`. Numbers are those of
/// `yizhan.Method.Scope`.
public enum MethodScope: UInt8, Sendable, CaseIterable {
  /// Whatever there is.
  case any = 1
  /// What belongs to the caller's own organisation.
  case organisation = 2
  /// Workers who are employed with the caller's organisation.
  case employment = 3
  /// What lies in the caller's areas and below them.
  case area = 4
  /// Cases that the caller or the caller's organisation is a party to.
  case `case` = 5
  /// What is one for the whole host: callers who are bound to areas are refused.
  case host = 6
}

/// Who may call a method, declared in its `.proto`.
public struct AccessPolicy: Sendable, Equatable {
  /// The roles that may call. An administrator may call every method.
  public let roles: Roles
  /// Which of the things that exist a caller may reach.
  public let scope: MethodScope

  /// Creates a policy.
  public init(roles: Roles, scope: MethodScope) {
    self.roles = roles
    self.scope = scope
  }
}

/// What is known of a method without its messages' Swift types.
public struct MethodDescriptor: Sendable {
  /// The service's full name: "yizhan.wishes.v1.WishService".
  public let service: String
  /// The method's name: "ClaimWish".
  public let name: String
  /// How the host runs it.
  public let kind: MethodKind
  /// Whether the client sends a stream.
  public let isClientStreaming: Bool
  /// Whether the server sends a stream.
  public let isServerStreaming: Bool
  /// Who may call it.
  public let policy: AccessPolicy
  /// The `:path` of its calls: "/yizhan.wishes.v1.WishService/ClaimWish".
  public let path: String

  /// Creates a descriptor; generated code does.
  public init(
    service: String, name: String, kind: MethodKind, isClientStreaming: Bool = false,
    isServerStreaming: Bool = false, policy: AccessPolicy
  ) {
    self.service = service
    self.name = name
    self.kind = kind
    self.isClientStreaming = isClientStreaming
    self.isServerStreaming = isServerStreaming
    self.policy = policy
    self.path = "/\(service)/\(name)"
  }
}
